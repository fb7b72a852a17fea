import { execFile } from 'node:child_process';

/** What a program printed, whatever its exit status; null: it is not there, hung, or printed too much. */
export async function runBounded(
  program: string,
  args: readonly string[],
  deadlineMs: number,
  maxBytes: number,
): Promise<string | null> {
  return await new Promise((resolve) => {
    const options = {
      timeout: deadlineMs,
      killSignal: 'SIGKILL',
      maxBuffer: maxBytes,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    } as const;
    // One that the kernel does not let end is answered for as well: the callback may never come.
    const late = setTimeout(() => resolve(null), deadlineMs + 1000);
    execFile(program, [...args], options, (error, stdout) => {
      clearTimeout(late);
      // smartctl tells of a failing disk in its exit status: what it printed counts.
      const isWhole = error === null || (typeof error.code === 'number' && !error.killed);
      resolve(isWhole ? stdout : null);
    });
  });
}
