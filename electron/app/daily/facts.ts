import type { PauseStatus, Status } from '../../../agent/protocol/control.ts';
import type { GroupConfig } from '../../../agent/protocol/group.ts';
import type { EventView, GroupView, VmView } from '../../ipc/views.ts';
import type { HostSnapshot } from '../hostSnapshot.ts';
import { reporters } from '../hostSnapshot.ts';

/** A pause as the freshest host tells it; times are as of now. */
export type PauseNow = Omit<PauseStatus, 'slot'> & { readonly host: string | null };

/** What the daily views are made from: the picture of a group, and what the picture leaves out. */
export interface GroupFacts {
  readonly view: GroupView;
  readonly config: GroupConfig | null;
  readonly pauses: readonly PauseNow[];
  /** What answering hosts say, by name. */
  readonly statuses: ReadonlyMap<string, Status>;
  /** What each VM's last start took, by VM name. */
  readonly startMs: ReadonlyMap<string, number>;
  /** What each VM's last switchover took from asking its guest until the guest was off, by VM name. */
  readonly shutdownMs: ReadonlyMap<string, number>;
}

/** Both ends are told by the host that the VM left, on its own clock. */
function lastShutdowns(events: readonly EventView[], groupId: string): ReadonlyMap<string, number> {
  const begun = new Map<string, EventView>();
  const shutdowns = new Map<string, number>();
  for (const event of events) {
    const { vm, code, facts } = event;
    if (event.groupId !== groupId || vm === undefined) continue;
    if (code === 'vm.switchover-begun') begun.set(vm, event);
    const from = begun.get(vm);
    const offForMs = facts?.['offForMs'];
    if (code !== 'vm.released' || from?.bootId !== event.bootId || typeof offForMs !== 'number') continue;
    shutdowns.set(vm, Math.max(0, event.atBootMs - offForMs - from.atBootMs));
  }
  return shutdowns;
}

/** Starts that were seen tell how long the next will take, better than any default. */
function lastStarts(events: readonly EventView[], groupId: string): ReadonlyMap<string, number> {
  const starts = new Map<string, number>();
  for (const { groupId: of, code, vm, facts } of events) {
    const tookMs = facts?.['tookMs'];
    const isStart = code === 'vm.started' || code === 'vm.restarted';
    if (of === groupId && isStart && vm !== undefined && typeof tookMs === 'number') starts.set(vm, tookMs);
  }
  return starts;
}

/** Facts from what the app holds of a group now. Pure. */
export function groupFacts(
  view: GroupView,
  snapshots: readonly HostSnapshot[],
  events: readonly EventView[],
): GroupFacts {
  const all = reporters(snapshots);
  const fresh = all.filter((reporter) => reporter.fresh);
  const [config = null] = (fresh.length > 0 ? fresh : all)
    .flatMap(({ status }) => status.group ?? [])
    .toSorted((a, b) => b.generation - a.generation);
  const newest = fresh.find(({ status }) => status.group?.generation === config?.generation);
  const names = new Map(config?.hosts.map(({ slot, name }) => [slot, name]));
  return {
    view,
    config,
    pauses: (newest?.status.pauses ?? []).map(({ slot, endsInMs, untilWallMs }) => ({
      host: slot === null ? null : (names.get(slot) ?? `slot ${slot}`),
      endsInMs: endsInMs === null ? null : Math.max(0, endsInMs - (newest?.ageMs ?? 0)),
      untilWallMs,
    })),
    statuses: new Map(fresh.map(({ name, status }) => [name, status])),
    startMs: lastStarts(events, view.id),
    shutdownMs: lastShutdowns(events, view.id),
  };
}

/** A guest that nobody has seen start: a small Linux server, as a guess that is called one. */
const ASSUMED_START_MS = 10_000;

export function startOf(facts: Pick<GroupFacts, 'startMs'>, vm: Pick<VmView, 'name'>) {
  const seenMs = facts.startMs.get(vm.name);
  return { ms: seenMs ?? ASSUMED_START_MS, basis: seenMs === undefined ? 'assumed' : 'seen' } as const;
}

/** The host on which a VM is now; null: on none that answers. */
export const hostOf = ({ place }: VmView): string | null => ('host' in place ? place.host : null);

export const isInMaintenance = ({ pauses }: Pick<GroupFacts, 'pauses'>, host: string): boolean =>
  pauses.some((pause) => pause.host === host);

/** Hosts that would be given this VM now, best first, without `not`. */
export function takersOf(facts: GroupFacts, vm: VmView, not: string): readonly string[] {
  const isReady = (name: string): boolean =>
    facts.view.hosts.some((host) => host.name === name && host.state === 'alive') &&
    !isInMaintenance(facts, name);
  return vm.hosts.filter((name) => name !== not && isReady(name));
}
