import type { Failback, ProtectedVm } from '../../protocol/group.ts';
import type { KeeperView } from '../../protocol/keeperLink.ts';
import { isInMaintenance, isUsableHost, slotsGoingDown } from './candidates.ts';
import { isApart } from './company.ts';
import { evacuationIsDue, runsHere } from './evacuation.ts';
import { readiness } from './readiness.ts';
import { configOf, type Draft, type EngineState, hostName, patchVm, vmState } from './state.ts';
import { beginSwitchover } from './switchover.ts';
import { bridgesOf } from './uplinks.ts';
import { newVmState, type VmState } from './vmState.ts';
import { localHour } from './wallClock.ts';

/** Why it is moved, in events and notes. */
export const FAILBACK = 'vm.failback';
/** The preferred host must have been fit for so long without a break: one that has just come back often goes again. */
export const FIT_FOR_MS = 300_000;
/** A VM that was given back and is here again is not given back sooner; each time within a day doubles it. */
export const FAILBACK_PAUSE_MS = 1_800_000;
const DAY_MS = 86_400_000;
/** The pause is a day by then. */
const MOST_COUNTED = 6;

export const isInHours = ({ from, to }: NonNullable<Failback['hours']>, hour: number): boolean =>
  from < to ? from <= hour && hour < to : from <= hour || hour < to;

/** Whether the policy lets it go back now; a host without a clock does not know its idle hours. */
function isTime(draft: Draft, { when, hours }: Failback): boolean {
  if (when === 'at-once') return true;
  const hour = localHour(draft);
  return when === 'idle-hours' && hours !== undefined && hour !== null && isInHours(hours, hour);
}

/**
 * It runs here, prefers another host, and is here for no reason that should keep it: no administrator placed it here, it did
 * not fail over there, and it is well.
 */
export function isAstray(state: EngineState, view: KeeperView, vm: ProtectedVm): boolean {
  const [home] = vm.hosts;
  if (home === undefined || home === view.slot || vm.policy.failback === undefined) return false;
  const { wanted, health } = vmState(state, vm.vm);
  if (wanted === null || wanted.note.isPlaced === true || wanted.note.comesBack !== undefined) return false;
  return !wanted.note.failedOn.includes(home) && health.failedSinceMs === null && runsHere(state, vm);
}

function isFit(draft: Draft, view: KeeperView, vm: ProtectedVm, home: number): boolean {
  const peer = draft.peers.find(({ slot }) => slot === home);
  if ((peer !== undefined && peer.heard !== 'up') || !isUsableHost(view, home)) return false;
  const { needed } = bridgesOf(draft, vm.vm, draft.nowMs);
  if (needed.some((bridge) => peer?.condition?.uplinksDown.includes(bridge) === true)) return false;
  if (isInMaintenance(view, home) || slotsGoingDown(draft).includes(home)) return false;
  const hasUnwanted = configOf(draft)?.vms.some((other) => {
    const token = view.tokens.find((one) => one.token === other.token);
    return isApart(vm, other) && token?.value?.holder === home && !token.free;
  });
  return hasUnwanted !== true && readiness(draft, vm, draft.nowMs).level !== 'unprotected';
}

/** Looks at each preferred host all the time, also while nothing may be moved: a break in its fitness must be seen. */
export function notePreferredHosts(draft: Draft, view: KeeperView, vms: readonly ProtectedVm[]): void {
  for (const vm of vms) {
    const [home] = vm.hosts;
    const { failback } = vm.policy;
    if (home === undefined || failback === undefined) continue;
    const { activity, homeReadySinceMs, evacuation, wanted } = vmState(draft, vm.vm);
    if (!isAstray(draft, view, vm)) {
      const isOver = activity === null && wanted?.note.comesBack === undefined && homeReadySinceMs !== null;
      if (isOver) patchVm(draft, vm.vm, { homeReadySinceMs: null });
      continue;
    }
    const sinceMs = isFit(draft, view, vm, home) ? (homeReadySinceMs ?? draft.nowMs) : null;
    // What failed is tried anew when the host was away, or in the next idle hours.
    const isAnew = activity === null && (sinceMs === null || !isTime(draft, failback));
    if (sinceMs === homeReadySinceMs && !isAnew) continue;
    patchVm(draft, vm.vm, {
      homeReadySinceMs: sinceMs,
      evacuation: isAnew ? newVmState.evacuation : evacuation,
    });
  }
}

/** Gives a VM back to the host that it prefers, as its policy says. */
export function failBack(draft: Draft, view: KeeperView, vm: ProtectedVm): void {
  const [home] = vm.hosts;
  const { failback } = vm.policy;
  const { activity, homeReadySinceMs: sinceMs, evacuation, failbacks } = vmState(draft, vm.vm);
  if (home === undefined || failback === undefined || sinceMs === null || activity !== null) return;
  if (!isAstray(draft, view, vm) || !isTime(draft, failback)) return;
  if (draft.nowMs - sinceMs < FIT_FOR_MS || !evacuationIsDue(evacuation)) return;
  // What failed before it had left is no second time.
  const isRetry = evacuation.failures > 0;
  if (isMoving(draft) || (!isRetry && draft.nowMs < failbacks.notBeforeMs)) return;
  if (!isRetry) patchVm(draft, vm.vm, { failbacks: counted(failbacks, draft.nowMs) });
  beginSwitchover(draft, vm, {
    to: home,
    command: null,
    why: `because it prefers ${hostName(draft, home)}, which is well again`,
    reason: FAILBACK,
    // Not at once after a move that broke off: the host to which it was going may be what broke.
    how: isRetry && failback.orShutDown ? 'shutdown' : 'live',
  });
}

function counted({ lastMs, count: before }: VmState['failbacks'], nowMs: number): VmState['failbacks'] {
  const isAgain = lastMs !== null && nowMs - lastMs < DAY_MS;
  const count = isAgain ? Math.min(before + 1, MOST_COUNTED) : 0;
  return { count, lastMs: nowMs, notBeforeMs: nowMs + Math.min(FAILBACK_PAUSE_MS * 2 ** count, DAY_MS) };
}

/** One at a time: nothing is urgent about it, and guests work meanwhile. */
const isMoving = (draft: Draft): boolean =>
  [...draft.vms.values()].some(({ activity }) => activity?.kind === 'move' || activity?.kind === 'stop');
