import type { Failure } from '../../protocol/failure.ts';
import type { ProtectedVm } from '../../protocol/group.ts';
import type { KeeperView } from '../../protocol/keeperLink.ts';
import { isEnding, isInMaintenance, nextHost, slotsGoingDown } from './candidates.ts';
import { type Draft, type EngineState, patchVm, tell, tokenOf, type VmState, vmState } from './state.ts';

/** After a move that failed its guest may have been restarted once: it is left in peace for a while, then for good. */
const EVACUATION_PAUSE_MS = 60_000;
export const MAX_EVACUATION_FAILURES = 3;
const NOWHERE_SETTLE_MS = 5000;
/** A host that goes has no time for pauses; what failed may be a store that hiccuped. */
const ENDING_PAUSE_MS = 3000;

/** That no host is ready counts after a while: each has to read the new configuration first. */
export const isStuck = (nowhereSinceMs: number | null, nowMs: number): boolean =>
  nowhereSinceMs !== null && nowMs - nowhereSinceMs >= NOWHERE_SETTLE_MS;

/** Paused by back-off or not: it is to be tried again. */
export const evacuationIsDue = ({ failures }: VmState['evacuation']): boolean =>
  failures < MAX_EVACUATION_FAILURES;

/** Paused and frozen guests are left where they are: they can't be asked to shut down. */
export function runsHere(state: Pick<EngineState, 'view' | 'domains'>, vm: ProtectedVm): boolean {
  return tokenOf(state, vm)?.mine === true && state.domains.get(vm.vm)?.state === 'running';
}

/** A move that this host began by itself came to nothing: the guest is here, or here again. */
export function evacuationFailed(draft: Draft, vm: ProtectedVm, { message }: Failure): void {
  const failures = vmState(draft, vm.vm).evacuation.failures + 1;
  const pauseMs = isEnding(draft) ? ENDING_PAUSE_MS : EVACUATION_PAUSE_MS * 2 ** Math.min(failures - 1, 4);
  const notBeforeMs = draft.nowMs + pauseMs;
  patchVm(draft, vm.vm, { evacuation: { failures, notBeforeMs, nowhereSinceMs: null, because: message } });
  if (failures !== MAX_EVACUATION_FAILURES) return;
  tell(draft, {
    code: 'vm.evacuation-failed',
    level: 'alarm',
    vm: vm.name,
    text: `${vm.name} could not be moved away from ${draft.setup.hostName} in ${failures} attempts: ${message} It stays there; "understudy switchover ${vm.name}" tries again.`,
    facts: { failures },
  });
}

/** Why a VM that should leave this host does not; null: it does, or need not. */
export function staysBecause(state: EngineState, view: KeeperView, vm: ProtectedVm): Failure | null {
  if (!isInMaintenance(view, view.slot) || !runsHere(state, vm)) return null;
  const { failures, because, nowhereSinceMs } = vmState(state, vm.vm).evacuation;
  if (failures >= MAX_EVACUATION_FAILURES) {
    const here = state.setup.hostName;
    return {
      code: 'vm.evacuation-failed',
      message:
        because === null
          ? `${vm.name} was kept on ${here} by hand.`
          : `${vm.name} could not be moved away from ${here}: ${because}`,
      fix: `To shut it down and start it elsewhere: understudy switchover ${vm.name}`,
    };
  }
  if (
    nextHost(view, vm, [view.slot, ...slotsGoingDown(state)]) !== null ||
    !isStuck(nowhereSinceMs, view.nowMs)
  )
    return null;
  return {
    code: 'vm.nowhere-to-go',
    message: `No other host is ready to run ${vm.name}.`,
    fix: 'Bring one of its other hosts back, or shut the VM down.',
  };
}
