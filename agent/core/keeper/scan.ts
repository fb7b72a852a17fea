import type { DrainMethod } from '../../protocol/group.ts';
import { CLOCK_RATE_ERROR } from '../timing.ts';
import { guarded, marginMs } from './rights.ts';
import { type Presence, type State, type Stop, type Turn, withEntry, without } from './state.ts';
import { tell } from './turn.ts';
import type { Scan, SeenProcess } from './types.ts';

/**
 * What runs here, and how it is brought to an end so that it is known to be over (rules 8 and 9). A killed QEMU's
 * writes can still land, so "drained" needs a proof by the VM's method: `threads-stopped`, every thread was seen stopped
 * (outside of any write) before the kill; `exit-waits`, the transport keeps the process until its I/O is over.
 */

export function drainOf(s: State, vm: string): DrainMethod {
  for (const held of s.held.values()) {
    if (held.vm === vm) {
      return held.drain;
    }
  }
  return s.config?.vms.find((entry) => entry.vm === vm)?.drain ?? 'threads-stopped';
}

/** Takes in a scan: notes who is there, who is gone, and moves the stops on. */
export function applyScan(turn: Turn, scan: Scan): void {
  const { s } = turn;
  const before = s.scan;
  s.scan = scan;
  const byVm = processesByVm(scan);
  for (const [vm, processes] of byVm) {
    notePresent(s, vm, processes, scan.startedAtMs);
  }
  for (const [vm, presence] of s.presence) {
    if (presence.present && !byVm.has(vm)) {
      noteGone(turn, vm, presence);
    }
  }
  applyCleanEnds(s, scan);
  for (const [vm, stop] of s.stops) {
    moveStop(turn, vm, stop, scan, byVm.get(vm) ?? []);
  }
  s.viewDirty ||= before === null || processKey(before) !== processKey(scan);
}

function processKey(scan: Scan): string {
  return scan.processes.map((one) => `${one.vm} ${one.pid} ${one.stopped}`).join();
}

function processesByVm(scan: Scan): Map<string, SeenProcess[]> {
  const byVm = new Map<string, SeenProcess[]>();
  for (const process of scan.processes) {
    const list = byVm.get(process.vm);
    if (list === undefined) {
      byVm.set(process.vm, [process]);
    } else {
      list.push(process);
    }
  }
  return byVm;
}

function notePresent(s: State, vm: string, processes: readonly SeenProcess[], scanMs: number): void {
  const stop = s.stops.get(vm);
  // A killed process may show running threads again on its way out, but none returns to user space to write.
  const stoppedNow = scanMs > s.thawedAtMs && processes.every((process) => process.stopped);
  const stopped = stop !== undefined && stop.killedAtMs !== null ? stop.sawStopped : stoppedNow;
  const known = s.presence.get(vm);
  if (known?.present !== true || known.stopped !== stopped) {
    s.presence = withEntry(s.presence, vm, { present: true, stopped, goneAtMs: null });
  }
}

function noteGone(turn: Turn, vm: string, presence: Presence): void {
  const { s } = turn;
  // A copy that was being received has run nothing and so has written nothing.
  const isUnrunCopy = [...s.incoming.values()].some((copy) => copy.vm === vm);
  if (presence.stopped || isUnrunCopy || drainOf(s, vm) === 'exit-waits') {
    s.presence = without(s.presence, vm);
    return;
  }
  s.presence = withEntry(s.presence, vm, { present: false, stopped: false, goneAtMs: turn.nowMs });
}

/**
 * Of these VMs the agent has said that their QEMU ended with all its I/O done. The first scan begun after that shows whether
 * it is gone; one that it still sees is another one, of which nothing was said. Also when the release that the word came
 * with is cut off by a lost lease: a host is not reset for what is known to be over. But not of a QEMU that was gone
 * before the store had answered in time for d: it may have been killed with writes that hung, which land up to d after the
 * store is back, and then only time tells (`drainWithTime`).
 */
function applyCleanEnds(s: State, scan: Scan): void {
  for (const [vm, { saidMs, isMigrated }] of s.cleanEnds) {
    if (scan.startedAtMs <= saidMs) {
      continue;
    }
    s.cleanEnds = without(s.cleanEnds, vm);
    const goneMs = s.presence.get(vm)?.goneAtMs ?? scan.startedAtMs;
    const timelyMs = Math.max(s.watch.timelySinceMs ?? Number.POSITIVE_INFINITY, s.slowRenewMs);
    const landMs = s.timing.landWithinMs * (1 + CLOCK_RATE_ERROR);
    const inTime = isMigrated || goneMs >= timelyMs + landMs;
    if (inTime && !scan.processes.some((process) => process.vm === vm)) {
      s.presence = without(s.presence, vm);
    }
  }
}

/**
 * A QEMU that died by itself: with the store answering every read and taking every renewal in time for d after it was
 * gone, the kernel had its writes through. Not after a kill for a lost lease: then the store is not healthy, and only the method counts.
 */
export function drainWithTime(s: State, readStartedMs: number): void {
  const { timelySinceMs } = s.watch;
  if (s.phase === 'stopping' || s.phase === 'condemned' || timelySinceMs === null) {
    return;
  }
  const landMs = s.timing.landWithinMs * (1 + CLOCK_RATE_ERROR);
  for (const [vm, presence] of s.presence) {
    const sinceMs = Math.max(presence.goneAtMs ?? 0, timelySinceMs, s.slowRenewMs);
    if (presence.goneAtMs !== null && sinceMs + landMs <= Math.min(readStartedMs, s.lastGoodMs ?? 0)) {
      s.presence = without(s.presence, vm);
    }
  }
}

/** How long a VM's threads may take to be seen stopped before it is killed without that proof, in ms. */
export const STOP_PATIENCE_MS = 5000;

/** Freezes a VM's processes at once; the kill follows when they were seen stopped, or at `killByMs` at the latest. */
export function beginStop(turn: Turn, vm: string, killByMs: number): void {
  const { s } = turn;
  if (s.stops.has(vm)) {
    return;
  }
  const drain = drainOf(s, vm);
  turn.effects.push({ kind: 'freeze', vms: [vm] });
  const atOnce = drain === 'exit-waits';
  if (atOnce) {
    turn.effects.push({ kind: 'kill', vms: [vm] });
  }
  const killedAtMs = atOnce ? turn.nowMs : null;
  const sawStopped = s.presence.get(vm)?.stopped ?? false;
  const here = s.scan?.processes.filter((process) => process.vm === vm) ?? [];
  const stoppedIds = new Set(sawStopped ? here.map(processId) : []);
  const stop = { frozenAtMs: turn.nowMs, killByMs, killedAtMs, sawStopped, stoppedIds };
  s.stops = withEntry(s.stops, vm, stop);
}

function moveStop(turn: Turn, vm: string, stop: Stop, scan: Scan, processes: readonly SeenProcess[]): void {
  const { s, nowMs } = turn;
  if (scan.startedAtMs <= stop.frozenAtMs) {
    return;
  }
  const starting = scan.hookStarts.includes(vm);
  if (processes.length === 0) {
    if (!starting && (stop.killedAtMs === null || scan.startedAtMs > stop.killedAtMs)) {
      s.stops = without(s.stops, vm);
    }
    return;
  }
  if (
    stop.killedAtMs !== null &&
    stop.sawStopped &&
    processes.some((one) => !stop.stoppedIds.has(processId(one)))
  ) {
    stopNewcomer(turn, vm, stop);
    return;
  }
  const stoppedNow = processes.every((process) => process.stopped);
  const sawStopped = stop.sawStopped || stoppedNow;
  if (stop.killedAtMs === null && !sawStopped && nowMs < stop.killByMs) {
    turn.effects.push({ kind: 'freeze', vms: [vm] });
    return;
  }
  // Sent again with every scan that still sees one: a start in flight may have brought a new process.
  turn.effects.push({ kind: 'kill', vms: [vm] });
  const proven = stop.killedAtMs === null ? sawStopped : stop.sawStopped;
  const presence = s.presence.get(vm);
  if (presence !== undefined) {
    s.presence = withEntry(s.presence, vm, { ...presence, stopped: proven });
  }
  const stoppedIds = stoppedNow ? new Set(processes.map(processId)) : stop.stoppedIds;
  const killedAtMs = stop.killedAtMs ?? nowMs;
  s.stops = withEntry(s.stops, vm, { ...stop, sawStopped: proven, killedAtMs, stoppedIds });
}

function processId(process: SeenProcess): string {
  return `${process.pid}:${process.startTicks}`;
}

/** A start in flight has brought a process after the proven ones were killed: it has to be seen stopped itself. */
function stopNewcomer(turn: Turn, vm: string, stop: Stop): void {
  const { s, nowMs } = turn;
  turn.effects.push({ kind: 'freeze', vms: [vm] });
  const fresh = { frozenAtMs: nowMs, killedAtMs: null, sawStopped: false, stoppedIds: new Set<string>() };
  s.stops = withEntry(s.stops, vm, { ...stop, ...fresh });
  s.presence = withEntry(s.presence, vm, { present: true, stopped: false, goneAtMs: null });
}

/** VMs that may have a process here now or in a moment. */
export function vmsToStop(s: State): readonly string[] {
  const vms = new Set<string>();
  for (const held of s.held.values()) {
    vms.add(held.vm);
  }
  for (const vm of s.presence.keys()) {
    vms.add(vm);
  }
  for (const { vm } of s.scan?.processes ?? []) {
    vms.add(vm);
  }
  for (const vm of s.scan?.hookStarts ?? []) {
    vms.add(vm);
  }
  return [...vms].filter((vm) => guarded(s, vm));
}

/**
 * Whether everything protected here is dead and drained, by a scan begun after `sinceMs` and no older than g. Starts
 * in flight count as running QEMUs.
 */
export function quiet(s: State, nowMs: number, sinceMs: number): boolean {
  const { scan } = s;
  if (scan === null || scan.startedAtMs <= sinceMs || nowMs - scan.startedAtMs > s.timing.tickMs) {
    return false;
  }
  return (
    s.pendingStarts.size === 0 &&
    s.stops.size === 0 &&
    !scan.processes.some((process) => guarded(s, process.vm)) &&
    !scan.hookStarts.some((vm) => guarded(s, vm)) &&
    ![...s.presence.keys()].some((vm) => guarded(s, vm))
  );
}

/** Whether this one VM has nothing running, starting or still draining, by a scan begun after `sinceMs`. */
export function quietVm(s: State, vm: string, sinceMs: number): boolean {
  const { scan } = s;
  return (
    scan !== null &&
    scan.startedAtMs > sinceMs &&
    !s.stops.has(vm) &&
    !s.presence.has(vm) &&
    !scan.hookStarts.includes(vm) &&
    !scan.processes.some((process) => process.vm === vm)
  );
}

/**
 * Kills what runs here without a right: a QEMU of a protected VM whose token this host does not hold. Before the epoch
 * is raised nothing of an earlier one may be left; later, somebody went around the start gate.
 */
export function stopStrays(turn: Turn): void {
  const { s, nowMs } = turn;
  if (s.scan === null) {
    return;
  }
  for (const { vm } of s.scan.processes) {
    const entry = s.config?.vms.find((candidate) => candidate.vm === vm);
    const decided = entry === undefined ? null : (s.tokens.get(entry.token)?.decided ?? null);
    const held = [...s.held.values()].some((one) => one.vm === vm);
    const isExpected = [...s.incoming.values()].some((copy) => copy.vm === vm && copy.untilMs > 0);
    if (decided?.value.vm === vm && !held && !isExpected && !s.stops.has(vm)) {
      tell(turn, 'vm.stray-killed', { vm, holder: decided.value.holder, generation: decided.generation });
      beginStop(turn, vm, nowMs + marginMs(s));
    }
  }
}
