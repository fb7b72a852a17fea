import { readFileSync, readdirSync } from 'node:fs';

/** In the environment of every process of a demo host, and of what they start: how its own are told from all others. */
export const MARK = 'UNDERSTUDY_DEMO_HOST';

/** Processes whose environment carries the mark with this root. Others' processes can't be read, and so never match. */
function marked(root: string): readonly number[] {
  const wanted = `${MARK}=${root}`;
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && environmentOf(pid).includes(wanted));
}

function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  } catch {
    return [];
  }
}

/** Passes over the list until it stays empty: a process may have started another while it was being killed. */
const PASSES = 5;

/** Kills every process of a demo host, as if its plug were pulled: no signal that could be handled, no order. */
export function killMarked(root: string): void {
  for (let pass = 0; pass < PASSES; pass += 1) {
    const pids = marked(root);
    if (pids.length === 0) return;
    for (const pid of pids) kill(pid);
  }
}

/** A process that is gone already is what was wanted. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (fault) {
    if (!(fault instanceof Error && 'code' in fault && fault.code === 'ESRCH')) throw fault;
  }
}
