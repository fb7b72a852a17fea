import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killMarked } from './markedProcesses.ts';

const PREFIX = 'understudy-demo-';
const OWNER = 'owner.json';
/** Leaves room for `/alpha/run/watchdog.sock` within the 107 bytes of a unix socket's path. */
const MAX_FOLDER_CHARS = 72;

/** Start of a process in clock ticks: with the pid it names a process for ever. Null when there is none. */
function startTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

/** A folder for one demo group, private to this user. An earlier one whose app is gone is swept first. */
export function createDemoFolder(): string {
  const base = tmpdir().length <= MAX_FOLDER_CHARS - 24 ? tmpdir() : '/tmp';
  sweep(base);
  const folder = mkdtempSync(join(base, PREFIX));
  const owner = { pid: process.pid, startTicks: startTicks(process.pid) };
  writeFileSync(join(folder, OWNER), JSON.stringify(owner), { mode: 0o600 });
  mkdirSync(join(folder, 'store'), { mode: 0o700 });
  return folder;
}

/** Ends what is left of demo groups whose app is gone. Only folders of this user, marked as its own, are touched. */
function sweep(base: string): void {
  for (const name of readdirSync(base)) {
    if (!name.startsWith(PREFIX)) continue;
    const folder = join(base, name);
    const found = lstatSync(folder, { throwIfNoEntry: false });
    if (found?.isDirectory() !== true || found.uid !== process.getuid?.()) continue;
    if (isAbandoned(folder)) removeDemoFolder(folder);
  }
}

function isAbandoned(folder: string): boolean {
  try {
    const owner: unknown = JSON.parse(readFileSync(join(folder, OWNER), 'utf8'));
    if (typeof owner !== 'object' || owner === null || !('pid' in owner) || !('startTicks' in owner))
      return false;
    return typeof owner.pid === 'number' && startTicks(owner.pid) !== owner.startTicks;
  } catch {
    return false;
  }
}

/** Kills what still runs from it, then removes it. */
export function removeDemoFolder(folder: string): void {
  for (const name of readdirSync(folder)) killMarked(join(folder, name));
  rmSync(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 100 });
}
