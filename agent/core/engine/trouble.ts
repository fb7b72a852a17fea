import type { GroupConfig, ProtectedVm } from '../../protocol/group.ts';
import type { HostCondition, OnTrouble } from '../../protocol/hostCondition.ts';
import type { KeeperView } from '../../protocol/keeperLink.ts';
import { isInMaintenance, isUsableHost, slotsGoingDown } from './candidates.ts';
import { runsHere } from './evacuation.ts';
import { byBenefit, MAX_PARALLEL_LIVE } from './planEvacuation.ts';
import { hardwareLevel } from './signs.ts';
import { type Draft, tellOnce, vmState } from './state.ts';
import { beginSwitchover } from './switchover.ts';
import { bridgesOf } from './uplinks.ts';

/**
 * A VM whose bridge has lost its way out here, or whose host shows that it may fail, is moved to a host that says of itself
 * that it is better off, if its policy says so. Nothing is taken: it is a planned move by the host that runs the VM, which
 * may always be left undone.
 */

/** What comes and goes must not send a VM back and forth: so often in an hour from one host, counting attempts. */
export const MAX_MOVES_PER_HOUR = 2;
const HOUR_MS = 3_600_000;
/** After an attempt, before the next one. */
const RETRY_AFTER_MS = 60_000;

interface Cause {
  readonly how: OnTrouble;
  readonly why: string;
  readonly reason: 'vm.isolated' | 'vm.host-degraded';
  /** What is said when it stays. */
  readonly stays: { readonly code: string; readonly text: string; readonly key: string };
  /** Whether a host that says this of itself is better off. */
  readonly isBetter: (there: HostCondition) => boolean;
}

/** Moves VMs to where they are better off. A host that is to be emptied anyway leaves that to the evacuation. */
export function leaveTrouble(draft: Draft, view: KeeperView, config: GroupConfig): void {
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
  const isBusy = vmState(draft, vm.vm).activity !== null || draft.admin?.vm?.vm === vm.vm;
  if (isBusy || !runsHere(draft, vm)) return false;
  const cause = isolated(draft, vm) ?? degraded(draft, vm);
  if (cause === null) return false;
  const to = betterHost(draft, view, vm, cause);
  const made = (draft.uplinks.movesMs.get(vm.vm) ?? []).filter((atMs) => draft.nowMs - atMs < HOUR_MS);
  if (to === null || made.length >= MAX_MOVES_PER_HOUR) {
    const { code, text, key } = cause.stays;
    const why =
      to === null
        ? 'no other host says of itself that it is better off'
        : `it was moved for such a reason ${made.length} times within an hour`;
    tellOnce(draft, vm.vm, key, {
      code,
      level: 'warning',
      vm: vm.name,
      text: `${text} and stays there: ${why}.`,
    });
    return false;
  }
  const lastMs = made.at(-1);
  if (lastMs !== undefined && draft.nowMs - lastMs < RETRY_AFTER_MS) return false;
  const movesMs = new Map(draft.uplinks.movesMs).set(vm.vm, [...made, draft.nowMs]);
  draft.uplinks = { ...draft.uplinks, movesMs };
  const how = cause.how === 'live' ? 'live' : 'live-or-shutdown';
  beginSwitchover(draft, vm, { to, command: null, why: cause.why, reason: cause.reason, how });
  return true;
}

function isolated(draft: Draft, vm: ProtectedVm): Cause | null {
  const { onIsolation: how = 'tell' } = vm.policy;
  const { dead, sinceMs } = bridgesOf(draft, vm.vm, draft.nowMs);
  const [bridge] = dead;
  if (how === 'tell' || bridge === undefined) return null;
  return {
    how,
    why: `because the bridge "${bridge}" has lost its way out there`,
    reason: 'vm.isolated',
    stays: {
      code: 'vm.isolated-stays',
      text: `${vm.name} can't be reached on ${draft.setup.hostName} (bridge "${bridge}")`,
      key: `isolated since ${sinceMs}`,
    },
    isBetter: ({ hardware }) => hardware !== 'failing',
  };
}

function degraded(draft: Draft, vm: ProtectedVm): Cause | null {
  const { onDegraded: how = 'tell' } = vm.policy;
  if (how === 'tell' || hardwareLevel(draft, draft.nowMs) !== 'failing') return null;
  return {
    how,
    why: 'because the hardware there shows that it may fail',
    reason: 'vm.host-degraded',
    stays: {
      code: 'vm.degraded-stays',
      text: `${vm.name} runs on ${draft.setup.hostName}, whose hardware shows that it may fail,`,
      key: 'degraded',
    },
    // Of which nothing is known is not better.
    isBetter: ({ hardware }) => hardware === 'fine' || hardware === 'worrying',
  };
}

/** The first of the VM's hosts that says of itself that it is better, and that every bridge the VM needs leads out. */
function betterHost(draft: Draft, view: KeeperView, vm: ProtectedVm, { isBetter }: Cause): number | null {
  const { needed } = bridgesOf(draft, vm.vm, draft.nowMs);
  const fits = vm.hosts.filter((slot) => {
    if (slot === view.slot || !isUsableHost(view, slot) || isInMaintenance(view, slot)) return false;
    if (slotsGoingDown(draft).includes(slot)) return false;
    const there = draft.peers.find((peer) => peer.slot === slot && peer.heard === 'up')?.condition ?? null;
    return there !== null && isBetter(there) && needed.every((bridge) => there.uplinksUp.includes(bridge));
  });
  return fits[0] ?? null;
}
