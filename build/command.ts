import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

export interface CommandRun {
  readonly exitCode: number;
  readonly output: string;
  readonly timedOut: boolean;
}

/** Output kept of one command: enough for any report, bounded so that a babbling tool can't fill memory. */
const OUTPUT_LIMIT_BYTES = 8 * 1024 * 1024;

/**
 * Runs a command in the project's root with a deadline. `show` passes its output through as it comes.
 * A command that passes its deadline is killed with its process group and reported as `timedOut`.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  options: { readonly deadlineMs: number; readonly show?: boolean; readonly env?: Record<string, string> },
): Promise<CommandRun> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
    });
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    let timedOut = false;
    const keep = (into: NodeJS.WriteStream) => (chunk: Buffer) => {
      if (options.show === true) into.write(chunk);
      sizeBytes += chunk.length;
      if (sizeBytes <= OUTPUT_LIMIT_BYTES) chunks.push(chunk);
    };
    child.stdout.on('data', keep(process.stdout));
    child.stderr.on('data', keep(process.stderr));
    const timer = setTimeout(() => {
      timedOut = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, options.deadlineMs);
    const finish = (exitCode: number, extra: string): void => {
      clearTimeout(timer);
      resolve({ exitCode, output: Buffer.concat(chunks).toString('utf8') + extra, timedOut });
    };
    child.on('error', (fault) => finish(127, fault.message));
    child.on('close', (code) => finish(code ?? 1, ''));
  });
}
