import type { GroupConfig } from '../../protocol/group.ts';
import type { KeeperView } from '../../protocol/keeperLink.ts';
import { isInMaintenance, nextHost } from './candidates.ts';
import { isStuck, MAX_EVACUATION_FAILURES, runsHere } from './evacuation.ts';
import { type Draft, newVmState, patchVm, tellOnce, vmState } from './state.ts';
import { beginSwitchover } from './switchover.ts';

/** Moves this host's running VMs away while it is in maintenance: one at a time, in start order. */
export function evacuate(draft: Draft, view: KeeperView, config: GroupConfig): void {
  if (!isInMaintenance(view, view.slot)) {
    for (const [vm, { evacuation }] of draft.vms) {
      if (evacuation !== newVmState.evacuation) patchVm(draft, vm, { evacuation: newVmState.evacuation });
    }
    return;
  }
  if (view.phase !== 'alive' || config.disarmed || !draft.hypervisor.connected) return;
  if (config.vms.some((vm) => vmState(draft, vm.vm).activity !== null || draft.admin?.vm?.vm === vm.vm))
    return;
  const inOrder = config.vms.toSorted((a, b) => a.policy.order - b.policy.order || a.token - b.token);
  for (const vm of inOrder) {
    const { evacuation } = vmState(draft, vm.vm);
    const isDue = evacuation.failures < MAX_EVACUATION_FAILURES && draft.nowMs >= evacuation.notBeforeMs;
    if (!isDue || !runsHere(draft, vm)) continue;
    const to = nextHost(view, vm, [view.slot]);
    const nowhereSinceMs = to === null ? (evacuation.nowhereSinceMs ?? draft.nowMs) : null;
    patchVm(draft, vm.vm, { evacuation: { ...evacuation, nowhereSinceMs } });
    if (to !== null) {
      const why = `because ${draft.setup.hostName} is in maintenance`;
      return beginSwitchover(draft, vm, { to, command: null, why, reason: 'host.maintenance' });
    }
    if (!isStuck(nowhereSinceMs, draft.nowMs)) continue;
    tellOnce(draft, vm.vm, 'nowhere to go', {
      code: 'vm.nowhere-to-go',
      level: 'warning',
      vm: vm.name,
      text: `${vm.name} stays on ${draft.setup.hostName}, which is in maintenance: no other host is ready to run it.`,
    });
  }
}
