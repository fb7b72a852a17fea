import type { Scan } from '../core/keeper/types.ts';
import type { Paths } from '../paths.ts';
import type { GroupConfig } from '../protocol/group.ts';
import type { RunFile } from '../protocol/keeperLink.ts';
import { makeRunFolders, loadRunFile } from './runFiles.ts';
import type { VmProcesses } from './vmProcesses.ts';

/** A process that is found for the first time is identified within milliseconds, or hangs. */
const MAX_SCANS = 40;
const SCAN_EVERY_MS = 25;

/** Whether the run file leaves room for a protected VM: one held and not proven gone, or a start in flight. */
function mayHoldVms(run: RunFile): boolean {
  return run.pendingStarts.length > 0 || (run.held.length > 0 && run.drainedEpoch < run.epoch);
}

/**
 * Whether certainly no protected VM runs or starts on this host, so that its watchdog guards nothing now. Any doubt
 * says no. Takes at most a second.
 */
export async function nothingProtectedRuns(
  paths: Paths,
  bootId: string,
  config: GroupConfig | null,
  processes: VmProcesses,
): Promise<boolean> {
  makeRunFolders(paths);
  const run = loadRunFile(paths, bootId);
  if (run.kind === 'unreadable' || (run.kind === 'loaded' && mayHoldVms(run.file))) return false;
  const names = new Set(config?.vms.map((vm) => vm.vm));
  for (let count = 0; count < MAX_SCANS; count += 1) {
    const scan = processes.scan(count);
    if (scan !== null) return showsNone(scan, config === null ? null : names);
    await new Promise((resolve) => setTimeout(resolve, SCAN_EVERY_MS));
  }
  return false;
}

/** Without a configuration every VM counts as protected. */
function showsNone(scan: Scan, names: ReadonlySet<string> | null): boolean {
  return (
    scan.hookStarts.length === 0 && !scan.processes.some((process) => names === null || names.has(process.vm))
  );
}
