import { readdirSync, readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessId } from './procfs.ts';

/** Markers looked at: a host has at most as many protected VMs as the group. */
const MAX_MARKERS = 256;
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface HookStart {
  readonly vm: string;
  /** libvirt's daemon that called the hook; null when the marker can't be read: it then stays. */
  readonly daemon: ProcessId | null;
}

/** Starts that the libvirt hook has let pass and libvirt has not finished. Throws when the folder can't be read. */
export function readHookStarts(startsDir: string): readonly HookStart[] {
  return readdirSync(startsDir)
    .filter((name) => uuid.test(name))
    .slice(0, MAX_MARKERS)
    .map((vm) => ({ vm, daemon: readDaemon(join(startsDir, vm)) }));
}

export function removeHookStart(startsDir: string, vm: string): void {
  try {
    unlinkSync(join(startsDir, vm));
  } catch {
    // The hook itself removed it in the meantime.
  }
}

function readDaemon(path: string): ProcessId | null {
  try {
    const [pid, startTicks] = readFileSync(path, 'latin1').trim().split(' ').map(Number);
    if (pid === undefined || startTicks === undefined) return null;
    return Number.isSafeInteger(pid) && Number.isSafeInteger(startTicks) ? { pid, startTicks } : null;
  } catch {
    return null;
  }
}
