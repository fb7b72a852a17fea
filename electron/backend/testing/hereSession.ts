import { spawnSync } from 'node:child_process';
import type { HostSession, RootRun } from '../ssh/session.ts';

/** Scripts of the backend in this machine's own sh, as the test's user: for scripts that only read. */
export const hereSession: HostSession = {
  hostName: 'here',
  user: 'root',
  runAsRoot: async ({ script, args = [], stdin }: RootRun) => {
    const input = typeof stdin === 'string' ? stdin : '';
    const run = spawnSync('sh', ['-c', `set -eu\n${script}`, 'understudy', ...args], {
      encoding: 'utf8',
      input,
      timeout: 30_000,
      maxBuffer: 16 * 1_048_576,
    });
    return { exitCode: run.status, signal: run.signal, stdout: run.stdout, stderr: run.stderr };
  },
  openControl: () => Promise.reject(new Error('there is no agent here')),
  closed: new Promise(() => undefined),
  close: () => undefined,
};

/** What sh says to the syntax of a script; empty: nothing. */
export function shellSyntax(script: string): string {
  return spawnSync('sh', ['-n'], { encoding: 'utf8', input: script, timeout: 10_000 }).stderr;
}
