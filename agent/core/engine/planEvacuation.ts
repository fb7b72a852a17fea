import type { GroupConfig, ProtectedVm, SwitchoverHow } from '../../protocol/group.ts';
import type { KeeperView } from '../../protocol/keeperLink.ts';
import { isEnding, nextHost, slotsGoingDown } from './candidates.ts';
import { evacuationIsDue, isStuck } from './evacuation.ts';
import { failBack, notePreferredHosts } from './failback.ts';
import { goesBecause, mustLeave } from './goingDown.ts';
import { bringHome, forgetEvacuation } from './homecoming.ts';
import { type Draft, patchVm, tellOnce, vmState } from './state.ts';
import { beginSwitchover } from './switchover.ts';

/**
 * Moves under way at once. Guests spend most of a move shutting down and starting, each on its own; more of them would
 * only wait for each other's disks, and the other host starts two at a time anyway.
 */
const MAX_PARALLEL_MOVES = 4;
/** Running guests share one link, and the longer each takes the more of its memory is sent twice: one more keeps it busy. */
export const MAX_PARALLEL_LIVE = 2;

/**
 * Most failures of the mains are over sooner. It also lets hosts that lose them together hear of each other, so that none
 * gives its VMs to another one on battery.
 */
const ON_BATTERY_GRACE_MS = 30_000;

interface WishToBeEmpty {
  readonly why: string;
  readonly reason: string;
  readonly how: SwitchoverHow;
  /** VMs that prefer this host are to come back. */
  readonly bringBack: boolean;
}

/** Why this host's VMs should leave; null: they may stay. */
function wish(draft: Draft, view: KeeperView): WishToBeEmpty | null {
  const { goingDown } = draft;
  const isBrief = goingDown?.reason === 'on-battery' && draft.nowMs - goingDown.sinceMs < ON_BATTERY_GRACE_MS;
  if (goingDown !== null && !isBrief) {
    const why = goesBecause(draft, goingDown.reason);
    return { why, reason: 'host.going-down', how: 'shutdown', bringBack: false };
  }
  const maintenance = view.config?.maintenance?.find(({ slot }) => slot === view.slot);
  if (maintenance === undefined) return null;
  return {
    why: `because ${draft.setup.hostName} is in maintenance`,
    reason: 'host.maintenance',
    how: maintenance.how ?? 'shutdown',
    bringBack: maintenance.bringBack === true,
  };
}

/** The most important VMs first, by start order; among equals the one that frees most memory. */
export const byBenefit = (a: ProtectedVm, b: ProtectedVm): number =>
  a.policy.order - b.policy.order || b.memoryMiB - a.memoryMiB || a.token - b.token;

/** Moves this host's running VMs away while it wants to be empty, and afterwards back those that belong elsewhere. */
export function evacuate(draft: Draft, view: KeeperView, config: GroupConfig): void {
  const wanted = wish(draft, view);
  if (wanted === null) {
    forgetEvacuation(draft, view);
    notePreferredHosts(draft, view, config.vms);
  }
  if (view.phase !== 'alive' || !draft.hypervisor.connected) return;
  if (config.disarmed && !isEnding(draft)) return;
  for (const vm of config.vms.toSorted(byBenefit)) {
    if (!hasRoom(draft, config, vm, wanted)) continue;
    const { activity, evacuation } = vmState(draft, vm.vm);
    if (activity !== null || draft.admin?.vm?.vm === vm.vm || draft.nowMs < evacuation.notBeforeMs) continue;
    if (wanted !== null) moveAway(draft, view, config, vm, wanted);
    else {
      bringHome(draft, view, vm);
      failBack(draft, view, vm);
    }
  }
}

/** Whether one more may be under way. */
function hasRoom(draft: Draft, { vms }: GroupConfig, vm: ProtectedVm, wanted: WishToBeEmpty | null): boolean {
  const kinds = vms.map((one) => vmState(draft, one.vm).activity?.kind);
  const live = kinds.filter((kind) => kind === 'move').length;
  const how = wanted?.how ?? vmState(draft, vm.vm).wanted?.note.comesBack ?? 'shutdown';
  if (how !== 'shutdown' && live >= MAX_PARALLEL_LIVE) return false;
  return live + kinds.filter((kind) => kind === 'stop').length < MAX_PARALLEL_MOVES;
}

function moveAway(
  draft: Draft,
  view: KeeperView,
  config: GroupConfig,
  vm: ProtectedVm,
  { why, reason, how, bringBack }: WishToBeEmpty,
): void {
  const { evacuation } = vmState(draft, vm.vm);
  if (!evacuationIsDue(evacuation) || !mustLeave(draft, vm)) return;
  const to = config.disarmed ? null : nextHost(view, vm, [view.slot, ...slotsGoingDown(draft)]);
  const nowhereSinceMs = to === null ? (evacuation.nowhereSinceMs ?? draft.nowMs) : null;
  patchVm(draft, vm.vm, { evacuation: { ...evacuation, nowhereSinceMs } });
  if (to !== null || isEnding(draft)) {
    const comesBack = bringBack && vm.hosts[0] === view.slot ? how : null;
    return beginSwitchover(draft, vm, { to, command: null, why, reason, how, comesBack });
  }
  if (!isStuck(nowhereSinceMs, draft.nowMs)) return;
  tellOnce(draft, vm.vm, 'nowhere to go', {
    code: 'vm.nowhere-to-go',
    level: 'warning',
    vm: vm.name,
    text: `${vm.name} should leave, ${why}, but stays: no other host is ready to run it.`,
  });
}
