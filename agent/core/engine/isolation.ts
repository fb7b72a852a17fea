import type { GroupConfig, ProtectedVm } from '../../protocol/group.ts';
import type { KeeperView } from '../../protocol/keeperLink.ts';
import { isInMaintenance, isUsableHost, slotsGoingDown } from './candidates.ts';
import { runsHere } from './evacuation.ts';
import { byBenefit, MAX_PARALLEL_LIVE } from './planEvacuation.ts';
import { type Draft, type EngineState, tellOnce, vmState } from './state.ts';
import { beginSwitchover } from './switchover.ts';
import { bridgesOf } from './uplinks.ts';

/**
 * A VM whose bridge has lost its way out here is moved to a host whose bridge has it, if its policy says so. Nothing is
 * taken: it is a planned move by the host that runs the VM, which may always be left undone.
 */

/** Links that come and go must not send a VM back and forth: so often in an hour from one host, counting attempts. */
export const MAX_MOVES_PER_HOUR = 2;
const HOUR_MS = 3_600_000;
/** After an attempt, before the next one. */
const RETRY_AFTER_MS = 60_000;

/** Hosts of the VM that say of themselves that every bridge it needs has its way out. Unknown counts as no. */
function whole(
  state: EngineState,
  view: KeeperView,
  vm: ProtectedVm,
  needed: readonly string[],
): number | null {
  const fits = vm.hosts.filter((slot) => {
    if (slot === view.slot || !isUsableHost(view, slot) || isInMaintenance(view, slot)) return false;
    if (slotsGoingDown(state).includes(slot)) return false;
    const up = state.peers.find((peer) => peer.slot === slot && peer.heard === 'up')?.condition?.uplinksUp;
    return up !== undefined && needed.every((bridge) => up.includes(bridge));
  });
  return fits[0] ?? null;
}

/** Moves VMs to where they can be reached. A host that is to be emptied anyway leaves that to the evacuation. */
export function leaveIsolation(draft: Draft, view: KeeperView, config: GroupConfig): void {
  if (view.phase !== 'alive' || !draft.hypervisor.connected || config.disarmed) return;
  if (draft.goingDown !== null || isInMaintenance(view, view.slot)) return;
  let free =
    MAX_PARALLEL_LIVE - config.vms.filter((vm) => isMoving(vmState(draft, vm.vm).activity?.kind)).length;
  for (const vm of config.vms.toSorted(byBenefit)) {
    if (free <= 0) return;
    if (leave(draft, view, vm)) free -= 1;
  }
}

const isMoving = (kind: string | undefined): boolean => kind === 'stop' || kind === 'move';

function leave(draft: Draft, view: KeeperView, vm: ProtectedVm): boolean {
  const { onIsolation = 'tell' } = vm.policy;
  const isBusy = vmState(draft, vm.vm).activity !== null || draft.admin?.vm?.vm === vm.vm;
  if (onIsolation === 'tell' || isBusy || !runsHere(draft, vm)) return false;
  const { needed, dead, sinceMs } = bridgesOf(draft, vm.vm, draft.nowMs);
  const [bridge] = dead;
  if (bridge === undefined) return false;
  const to = whole(draft, view, vm, needed);
  const made = (draft.uplinks.movesMs.get(vm.vm) ?? []).filter((atMs) => draft.nowMs - atMs < HOUR_MS);
  if (to === null || made.length >= MAX_MOVES_PER_HOUR) {
    const why =
      to === null
        ? 'no other host says that its bridges have their way out'
        : `it was moved for that ${made.length} times within an hour`;
    tellOnce(draft, vm.vm, `isolated since ${sinceMs}`, {
      code: 'vm.isolated-stays',
      level: 'warning',
      vm: vm.name,
      text: `${vm.name} can't be reached on ${draft.setup.hostName} (bridge "${bridge}") and stays there: ${why}.`,
      facts: { bridge },
    });
    return false;
  }
  const lastMs = made.at(-1);
  if (lastMs !== undefined && draft.nowMs - lastMs < RETRY_AFTER_MS) return false;
  const movesMs = new Map(draft.uplinks.movesMs).set(vm.vm, [...made, draft.nowMs]);
  draft.uplinks = { ...draft.uplinks, movesMs };
  beginSwitchover(draft, vm, {
    to,
    command: null,
    why: `because the bridge "${bridge}" has lost its way out there`,
    reason: 'vm.isolated',
    how: onIsolation === 'live' ? 'live' : 'live-or-shutdown',
  });
  return true;
}
