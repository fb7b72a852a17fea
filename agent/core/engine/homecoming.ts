import type { ProtectedVm } from '../../protocol/group.ts';
import type { KeeperView } from '../../protocol/keeperLink.ts';
import { isInMaintenance, isUsableHost, slotsGoingDown } from './candidates.ts';
import { evacuationIsDue, runsHere } from './evacuation.ts';
import { isAstray } from './failback.ts';
import { wantDesired } from './intent.ts';
import { configOf, type Draft, type EngineState, hostName, patchVm, tell, vmState } from './state.ts';
import { newVmState } from './vmState.ts';
import { beginSwitchover } from './switchover.ts';

/** A host that has just been let back in gets this long to read the definitions that it missed. */
const HOME_SETTLE_MS = 10_000;

/** It is here because of another host's maintenance, and is to go back when that is over. */
function isAway(state: Pick<EngineState, 'vms'>, view: KeeperView, vm: ProtectedVm): boolean {
  return vmState(state, vm.vm).wanted?.note.comesBack !== undefined && vm.hosts[0] !== view.slot;
}

/** Attempts to empty this host count no more once it may have VMs again; those to bring one home still do. */
export function forgetEvacuation(draft: Draft, view: KeeperView): void {
  for (const [uuid, { evacuation }] of draft.vms) {
    const vm = configOf(draft)?.vms.find((one) => one.vm === uuid);
    const isGoingHome = vm !== undefined && (isAway(draft, view, vm) || isAstray(draft, view, vm));
    if (!isGoingHome && evacuation !== newVmState.evacuation) {
      patchVm(draft, uuid, { evacuation: newVmState.evacuation });
    }
  }
}

/** Gives a VM that a maintenance took away back to its preferred host. */
export function bringHome(draft: Draft, view: KeeperView, vm: ProtectedVm): void {
  const [home] = vm.hosts;
  const { evacuation, homeReadySinceMs, wanted } = vmState(draft, vm.vm);
  // At home again, by whatever way: a later absence is another story.
  if (home === view.slot && wanted?.note.comesBack !== undefined)
    wantDesired(draft, vm, wanted.note.desired, null);
  if (home === undefined || !isAway(draft, view, vm) || !runsHere(draft, vm)) return;
  if (!evacuationIsDue(evacuation)) {
    wantDesired(draft, vm, wanted?.note.desired ?? 'running', null);
    tell(draft, {
      code: 'vm.stays-away',
      level: 'warning',
      vm: vm.name,
      text: `${vm.name} could not be brought back to ${hostName(draft, home)}. It stays on ${draft.setup.hostName}; "understudy switchover ${vm.name}" tries again.`,
    });
    return;
  }
  const mayTake =
    isUsableHost(view, home) && !isInMaintenance(view, home) && !slotsGoingDown(draft).includes(home);
  const sinceMs = mayTake ? (homeReadySinceMs ?? draft.nowMs) : null;
  patchVm(draft, vm.vm, { homeReadySinceMs: sinceMs });
  if (sinceMs === null || draft.nowMs - sinceMs < HOME_SETTLE_MS) return;
  const why = `because the maintenance of ${hostName(draft, home)} is over`;
  const how = wanted?.note.comesBack ?? 'shutdown';
  beginSwitchover(draft, vm, { to: home, command: null, why, reason: 'host.maintenance-over', how });
}
