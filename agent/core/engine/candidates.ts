import type { ProtectedVm } from '../../protocol/group.ts';
import type { KeeperView } from '../../protocol/keeperLink.ts';
import type { HolderNote } from '../../protocol/store.ts';
import { type Around, byCompany } from './company.ts';
import type { EngineState } from './state.ts';

/**
 * A candidate waits this long for each better candidate that is alive, so that two do not start the same Paxos
 * instance at once. It costs time only when the better one does not take; safety never depends on it.
 */
export const RANK_DELAY_MS = 4000;

/** The host's lease is being renewed, as this host sees it. Guides choices only; it is never a proof of death. */
export function isUsableHost(view: KeeperView, slot: number): boolean {
  if (slot === view.slot) return view.phase === 'alive';
  const peer = view.peers.find((one) => one.slot === slot);
  if (!peer?.lease || peer.unreadable !== null || peer.unchangedSinceMs === null) return false;
  return (
    peer.lease.state === 'alive' &&
    peer.deadUpToEpoch < peer.lease.epoch &&
    view.nowMs - peer.unchangedSinceMs <= peer.lease.timing.loseAfterMs
  );
}

/** The host is to be emptied and given nothing, unless somebody asks for it by name. */
export function isInMaintenance(view: KeeperView, slot: number): boolean {
  return view.config?.maintenance?.some((one) => one.slot === slot) === true;
}

/** This host goes for good: nothing is started here any more, and what nobody takes is shut down. */
export function isEnding(state: Pick<EngineState, 'goingDown'>): boolean {
  return state.goingDown !== null && state.goingDown.reason !== 'on-battery';
}

/** Hosts that say of themselves that they are about to go: they are given nothing. */
export function slotsGoingDown(state: Pick<EngineState, 'peers'>): readonly number[] {
  return state.peers.flatMap(({ slot, goingDown }) => (goingDown == null ? [] : [slot]));
}

/** Hosts in the order in which they should take the VM: whom it was released to, the preferred, those that failed. */
export function candidateOrder(vm: ProtectedVm, note: HolderNote | null): readonly number[] {
  const failed = new Set(note?.failedOn ?? []);
  const first = note?.releasedTo ?? null;
  const rest = vm.hosts.filter((slot) => slot !== first);
  return [
    ...(first !== null && vm.hosts.includes(first) ? [first] : []),
    ...rest.filter((slot) => !failed.has(slot)),
    ...rest.filter((slot) => failed.has(slot)),
  ];
}

/** How long this host leaves a free token to better candidates, in ms. */
export function takeDelayMs(
  view: KeeperView,
  vm: ProtectedVm,
  note: HolderNote | null,
  begins: Around['begins'],
): number {
  const isBad = (slot: number): boolean => note?.failedOn.includes(slot) === true;
  const [first, ...rest] = candidateOrder(vm, note);
  const isGiven = first !== undefined && first === note?.releasedTo;
  const open = isGiven || first === undefined ? rest : [first, ...rest];
  const mayTake = (slot: number): boolean => isUsableHost(view, slot) && !isInMaintenance(view, slot);
  const suited = byCompany(view, vm, open, { begins, mayTake });
  const order = [
    ...(isGiven ? [first] : []),
    ...suited.filter((slot) => !isBad(slot)),
    ...suited.filter(isBad),
  ];
  const better = order.slice(0, Math.max(0, order.indexOf(view.slot)));
  return better.filter(mayTake).length * RANK_DELAY_MS;
}

/** The best usable host for the VM other than those in `not` and those in maintenance; null when there is none. */
export function nextHost(view: KeeperView, vm: ProtectedVm, not: readonly number[]): number | null {
  const mayTake = (slot: number): boolean => isUsableHost(view, slot) && !isInMaintenance(view, slot);
  const usable = vm.hosts.filter((slot) => !not.includes(slot) && mayTake(slot));
  return byCompany(view, vm, usable, { begins: () => false, mayTake })[0] ?? null;
}
