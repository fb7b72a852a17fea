import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** What went wrong in the lab, and what to do about it. */
export class LabError extends Error {
  readonly code: string;
  readonly fix: string | undefined;

  constructor(code: string, message: string, fix?: string) {
    super(fix === undefined ? message : `${message} ${fix}`);
    this.name = 'LabError';
    this.code = code;
    this.fix = fix;
  }
}

export interface RunOptions {
  /** After this the program is killed, milliseconds. */
  readonly deadlineMs?: number;
  /** Output beyond this is dropped, bytes for stdout and stderr each. */
  readonly maxOutputBytes?: number;
  readonly input?: string | Buffer;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
}

export interface RunResult {
  /** Exit status; null when a signal or the deadline ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  readonly durationMs: number;
}

/** Enough for every tool that the lab calls by itself; builds say more. */
const defaultDeadlineMs = 20_000;
/** A log line storm must not fill the test's memory. */
const defaultMaxOutputBytes = 1024 * 1024;
/** A killed program's children may keep its pipes open for ever: wait this long for the rest of the output. */
const lastOutputMs = 500;

class BoundedText {
  readonly #chunks: Buffer[] = [];
  readonly #limitBytes: number;
  #size = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  add(chunk: Buffer): void {
    const room = this.#limitBytes - this.#size;
    if (room <= 0) return;
    const part = chunk.subarray(0, room);
    this.#size += part.length;
    this.#chunks.push(part);
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}

/** Runs a program to its end or its deadline. Never throws for an exit status: see `mustRun`. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const { promise, resolve } = Promise.withResolvers<RunResult>();
  const limit = options.maxOutputBytes ?? defaultMaxOutputBytes;
  const stdout = new BoundedText(limit);
  const stderr = new BoundedText(limit);
  const started = performance.now();
  let timedOut = false;
  const child = spawn(command, args, {
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: options.env ?? process.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const finish = (code: number | null): void => {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', stop);
    resolve({
      code,
      stdout: stdout.text(),
      stderr: stderr.text(),
      timedOut,
      durationMs: performance.now() - started,
    });
  };
  const stop = (): void => {
    timedOut = true;
    child.kill('SIGKILL');
    setTimeout(() => finish(null), lastOutputMs).unref();
  };
  const timer = setTimeout(stop, options.deadlineMs ?? defaultDeadlineMs);
  options.signal?.addEventListener('abort', stop, { once: true });
  child.stdout?.on('data', (chunk: Buffer) => stdout.add(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.add(chunk));
  child.on('error', (error) => {
    stderr.add(Buffer.from(error.message));
    finish(127);
  });
  child.on('close', (code) => finish(code));
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input);
  return promise;
}

/** Like `run`, and an exit status other than 0 is an error that shows the program's last words. Resolves to its stdout. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const result = await run(command, args, options);
  if (result.code === 0) return result.stdout;
  const ending = result.timedOut ? 'did not end in time' : `ended with status ${result.code}`;
  const words = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-8).join('\n');
  throw new LabError('command-failed', `\`${command} ${args.join(' ').slice(0, 300)}\` ${ending}: ${words}`);
}

/** Start time of a process in clock ticks, which with its id names it for good; null when it is gone. */
function startTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

/** Starts a program that outlives this one, and notes who it is in `pidFile`. */
export function startDaemon(
  command: string,
  args: readonly string[],
  files: { readonly log: string; readonly pid: string },
): void {
  const log = openSync(files.log, 'a');
  const child = spawn(command, args, { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  child.on('error', () => undefined);
  child.unref();
  if (child.pid === undefined) throw new LabError('command-missing', `${command} could not be started.`);
  writeFileSync(files.pid, `${child.pid} ${startTicks(child.pid) ?? ''}`);
}

/** The process that `startDaemon` noted, if it still is that process. */
export function daemonPid(pidFile: string): number | null {
  let text: string;
  try {
    text = readFileSync(pidFile, 'utf8');
  } catch {
    return null;
  }
  const [pid = '', ticks = ''] = text.split(' ');
  return ticks !== '' && startTicks(Number(pid)) === ticks ? Number(pid) : null;
}

export function signalDaemon(pidFile: string, signal: NodeJS.Signals): boolean {
  const pid = daemonPid(pidFile);
  if (pid === null) return false;
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Ends a daemon of the lab at once and forgets it. */
export async function stopDaemon(pidFile: string): Promise<void> {
  if (signalDaemon(pidFile, 'SIGKILL')) {
    await waitFor(`the process in ${pidFile} to end`, 5_000, () => daemonPid(pidFile) === null);
  }
  rmSync(pidFile, { force: true });
}

/** Waits until `isTrue`, asking every 10 ms. After `deadlineMs` it is an error that names `what`. */
export async function waitFor(
  what: string,
  deadlineMs: number,
  isTrue: () => boolean | Promise<boolean>,
  intervalMs = 10,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await isTrue())) {
    if (performance.now() > end)
      throw new LabError('timed-out', `Waited ${deadlineMs} ms in vain for ${what}.`);
    await pause(intervalMs);
  }
}
