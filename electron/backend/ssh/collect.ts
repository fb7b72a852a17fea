import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import { fail } from '../failures.ts';
import type { RootChannel } from './rootChannel.ts';

export interface CommandResult {
  /** null when the command was ended by a signal. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CollectOptions {
  readonly hostName: string;
  /** What runs, for failures: "the checks". */
  readonly what: string;
  readonly deadlineMs: number;
  readonly outputLimitBytes: number;
  readonly stdin?: string | Buffer | Readable;
}

/**
 * Feeds a command and gathers its output until it ends. Throws a FailureError at the deadline, past the output limit,
 * and when the connection ends first; the channel is then closed, and `abandon` is called if it does not go.
 */
export async function collect(
  root: RootChannel,
  options: CollectOptions,
  abandon: () => void,
): Promise<CommandResult> {
  const ended = gather(root, options, abandon);
  const fed = feed(root.channel, options.stdin);
  // A command may end without reading its input: its own result says more than the broken pipe.
  fed.catch(() => undefined);
  return ended;
}

async function feed(channel: ClientChannel, stdin: string | Buffer | Readable | undefined): Promise<void> {
  if (stdin === undefined || typeof stdin === 'string' || Buffer.isBuffer(stdin)) channel.end(stdin ?? '');
  else await pipeline(stdin, channel);
}

/** Time for the other side to confirm that a channel is closed; a host that does not is cut off whole. */
const CLOSE_DEADLINE_MS = 5_000;

function gather(root: RootChannel, options: CollectOptions, abandon: () => void): Promise<CommandResult> {
  const { channel } = root;
  return new Promise((resolve, reject) => {
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [root.earlyError];
    let sizeBytes = root.earlyError.length;
    let stopped = false;
    let abandonTimer: NodeJS.Timeout | undefined;
    const stop = (code: string, message: string, fix: string): void => {
      if (stopped) return;
      stopped = true;
      clearTimeout(timer);
      reject(fail({ code, message, fix }));
      abandonTimer = setTimeout(abandon, CLOSE_DEADLINE_MS);
      channel.close();
    };
    const timer = setTimeout(
      () =>
        stop(
          'ssh.deadline',
          `On ${options.hostName}, ${options.what} did not end within ${Math.round(options.deadlineMs / 1000)} s.`,
          'Look for a hung disk, mount or service on that host, then try again.',
        ),
      options.deadlineMs,
    );
    const keep = (into: Buffer[]) => (chunk: Buffer) => {
      if (stopped) return;
      sizeBytes += chunk.length;
      if (sizeBytes <= options.outputLimitBytes) into.push(chunk);
      else {
        stop(
          'ssh.output-limit',
          `On ${options.hostName}, ${options.what} printed more than ${options.outputLimitBytes} bytes.`,
          'The host may be damaged or hostile; look at what its login shell prints.',
        );
      }
    };
    channel.on('data', keep(stdout));
    channel.stderr.on('data', keep(stderr));
    channel.on('error', () => undefined);
    channel.stderr.resume();
    channel.on('close', () => {
      clearTimeout(timer);
      clearTimeout(abandonTimer);
      if (stopped) return;
      const exit = root.exit();
      if (exit === null) return reject(connectionCut(options));
      resolve({
        exitCode: exit.code,
        signal: exit.signal,
        stdout: Buffer.concat(stdout).toString('utf8'),
        stderr: Buffer.concat(stderr).toString('utf8'),
      });
    });
  });
}

function connectionCut(options: CollectOptions): Error {
  return fail({
    code: 'ssh.connection-lost',
    message: `The connection to ${options.hostName} ended while ${options.what} ran.`,
    meaning: 'It is not known how far it came. Every step can be repeated safely.',
    fix: 'Start the same command again: it goes on where it stopped.',
  });
}
