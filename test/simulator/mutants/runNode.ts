import { execFile } from 'node:child_process';
import { root } from './bundle.ts';

const MAX_OUTPUT_BYTES = 4_000_000;

/** What a process of Node printed; null when it had to be killed at its deadline. */
export function runNode(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  timeout: number,
): Promise<string | null> {
  const options = {
    cwd: root,
    timeout,
    killSignal: 'SIGKILL',
    maxBuffer: MAX_OUTPUT_BYTES,
    env: { ...process.env, ...environment },
  } as const;
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      const ended = error?.killed !== true;
      if (ended && stdout.trim() === '') {
        reject(new Error(`it printed nothing: ${stderr.slice(0, 2000)}`));
      } else {
        resolve(ended ? stdout : null);
      }
    });
  });
}
