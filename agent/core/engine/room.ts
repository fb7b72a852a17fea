import type { Failure } from '../../protocol/failure.ts';
import type { GroupConfig, ProtectedVm } from '../../protocol/group.ts';
import type { KeeperView } from '../../protocol/keeperLink.ts';
import { ifHostsFail, type PlannedVm } from '../capacity.ts';
import { isInMaintenance, isUsableHost, slotsGoingDown } from './candidates.ts';
import { type EngineState, hostName } from './state.ts';

type Seen = Pick<EngineState, 'setup' | 'host' | 'peers' | 'view' | 'domains' | 'vms'>;

/** Free memory of each host that could take VMs now; null: not known, and then it is taken to have room. */
function freeMemory(state: Seen, view: KeeperView, config: GroupConfig): ReadonlyMap<number, number | null> {
  const going = slotsGoingDown(state);
  const fit = config.hosts.filter(
    ({ slot }) => isUsableHost(view, slot) && !isInMaintenance(view, slot) && !going.includes(slot),
  );
  return new Map(
    fit.map(({ slot }) => {
      const peer = state.peers.find((one) => one.slot === slot);
      return [slot, slot === view.slot ? (state.host?.freeMiB ?? null) : (peer?.freeMiB ?? null)];
    }),
  );
}

function plannedVm(state: Seen, view: KeeperView, vm: ProtectedVm): PlannedVm<number> {
  const token = view.tokens.find((one) => one.token === vm.token);
  const isHeld = token?.value?.vm === vm.vm && !token.free;
  const isOff = isHeld && token.note?.desired === 'stopped';
  // One that is just being protected has no token yet: it is where it runs.
  const isHere = (state.domains.get(vm.vm)?.state ?? 'stopped') !== 'stopped';
  const holder = isHeld ? (token.value?.holder ?? null) : isHere ? view.slot : null;
  return {
    vmId: vm.vm,
    name: vm.name,
    memoryMiB: vm.memoryMiB,
    runsOn: isOff ? null : holder,
    hosts: vm.hosts,
    order: vm.policy.order,
  };
}

export interface WithoutRoom {
  readonly vm: ProtectedVm;
  /** The host whose loss would leave it down. */
  readonly ifLost: number;
}

/**
 * VMs that would find no room if their host were lost, by what each of the others has free now and what starts before them.
 * One that no other host could take at all is told of elsewhere, with why.
 */
export function withoutRoom(state: Seen, view: KeeperView, config: GroupConfig): readonly WithoutRoom[] {
  const free = freeMemory(state, view, config);
  const planned = config.vms.map((vm) => plannedVm(state, view, vm));
  return ifHostsFail(planned, withHolders(free, planned)).flatMap(({ host, left }) =>
    config.vms
      .filter((vm) => left.includes(vm.name) && vm.hosts.some((slot) => slot !== host && free.has(slot)))
      .map((vm) => ({ vm, ifLost: host })),
  );
}

/** The loss of a host that takes nothing now is looked at as well, but it has room for nobody. */
function withHolders(
  free: ReadonlyMap<number, number | null>,
  planned: readonly PlannedVm<number>[],
): ReadonlyMap<number, number | null> {
  const holders = planned.flatMap(({ runsOn }) => (runsOn === null || free.has(runsOn) ? [] : [runsOn]));
  return new Map([...holders.map((slot) => [slot, 0] as const), ...free]);
}

export function roomText(state: Seen, { vm, ifLost }: WithoutRoom): string {
  return `If ${hostName(state, ifLost)} were lost, ${vm.name} (${vm.memoryMiB} MiB) would find no room: the memory of its other hosts would be used up.`;
}

export const ROOM_FIX =
  'Free memory on one of its other hosts, make VMs smaller, or give it a lower start order.';

/** Why the configuration may not become `next`: a VM whose policy says so would lose its room. null: it may. */
export function roomFault(state: Seen, before: GroupConfig, next: GroupConfig): Failure | null {
  const { view } = state;
  if (view === null || next.vms.every(({ policy }) => policy.needsRoom !== true)) return null;
  const mustHaveIt = (config: GroupConfig): readonly WithoutRoom[] =>
    withoutRoom(state, view, config).filter(({ vm }) => vm.policy.needsRoom === true);
  const had = new Set(mustHaveIt(before).map(({ vm }) => vm.vm));
  const lost = mustHaveIt(next).find(({ vm }) => !had.has(vm.vm));
  if (lost === undefined) return null;
  return {
    code: 'vm.no-room',
    message: roomText(state, lost),
    meaning: 'Its policy says that nothing may be protected or changed then.',
    fix: `${ROOM_FIX} Or let it only be said: understudy policy ${lost.vm.name} --room warn`,
    field: 'policy.needsRoom',
  };
}
