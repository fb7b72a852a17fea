import type { IncidentVm } from '../../ipc/daily/views.ts';
import type { EventView } from '../../ipc/views.ts';
import { count, listed } from '../../ipc/words.ts';
import { seconds } from './seconds.ts';
import { fact, numberFact } from './threads.ts';
import type { Told } from './told.ts';

/** Clocks that are further apart than a failover takes are wrong, or the host came back much later. */
const LONGEST_BY_WALL_CLOCKS_MS = 3_600_000;

const named = (vms: readonly IncidentVm[]): string =>
  vms.length > 3 ? count(vms.length, 'VM') : listed(vms.map(({ vmName }) => vmName));
const are = (vms: readonly IncidentVm[]): string => (vms.length === 1 ? 'is' : 'are');

/**
 * How long a VM was down that its host stopped itself when it lost its lease: by the wall clocks of both hosts, because
 * only the one knows when it stopped and only the other when it ran. null: they can't both be right.
 */
function byWallClocks(host: string, events: readonly EventView[], started: EventView): number | null {
  const lapsed = events.find(({ code, host: at }) => code === 'keeper.lapsed' && at === host);
  const downMs = lapsed === undefined ? -1 : Date.parse(started.wallTime) - Date.parse(lapsed.wallTime);
  return downMs > 0 && downMs < LONGEST_BY_WALL_CLOCKS_MS ? downMs : null;
}

/** What became of each VM that the other hosts took, or tried to. */
function rescued(host: string, events: readonly EventView[]): readonly IncidentVm[] {
  const vms = new Map<string, IncidentVm>();
  for (const event of events) {
    if (event.vm === undefined || event.host === host) continue;
    const before = vms.get(event.vm);
    const vm = { vmName: event.vm, from: host, to: event.host, downMs: before?.downMs ?? null };
    if (event.code === 'vm.started') {
      vms.set(event.vm, {
        ...vm,
        outcome: 'moved',
        downMs: numberFact(event, 'downMs') ?? byWallClocks(host, events, event),
      });
    } else if (event.code === 'vm.taken-over' && before?.outcome !== 'moved') {
      vms.set(event.vm, { ...vm, outcome: 'under-way' });
    } else if (event.code === 'vm.start-failed' || event.code === 'vm.gave-up') {
      vms.set(event.vm, { ...vm, outcome: 'down' });
    }
  }
  return [...vms.values()];
}

function causeOf(host: string, events: readonly EventView[]): string {
  const has = (code: string): boolean => events.some((event) => event.code === code);
  if (has('keeper.condemned')) {
    return `${host} could not renew its lease on the store, and not confirm that its VMs were stopped: its watchdog reset it.`;
  }
  if (has('keeper.lapsed')) {
    const error = events.find(({ code, host: at }) => code === 'store.lost' && at === host);
    const because = error === undefined ? '' : ` (${fact(error, 'error') ?? 'no answer'})`;
    return `${host} could not reach the store in time${because} and stopped its VMs, so that another host could run them.`;
  }
  const dead = events.find(({ code }) => code === 'host.dead-up-to');
  if (dead?.facts?.['byTime'] === true) {
    return `${host} gave no sign of life on the store for its time T: its power, its system or its way to the store failed.`;
  }
  return dead === undefined
    ? `${host} stopped renewing its lease.`
    : `${host} was restarted without having given its VMs up.`;
}

/** The end of a host, or of its right to run VMs, and what the others made of it. */
export function hostStory(host: string, events: readonly EventView[]): Told {
  const vms = rescued(host, events);
  const moved = vms.filter(({ outcome }) => outcome === 'moved');
  const down = vms.filter(({ outcome }) => outcome === 'down');
  const busy = vms.filter(({ outcome }) => outcome === 'under-way');
  const isBack = events.some(({ code, host: at }) => code === 'keeper.alive' && at === host);
  const takers = [...new Set(vms.flatMap(({ to }) => to ?? []))].toSorted();
  const longest = Math.max(0, ...moved.flatMap(({ downMs }) => downMs ?? []));
  const outcomes = [
    ...(moved.length === 0
      ? []
      : [
          `${named(moved)} ${are(moved)} running on ${listed([...new Set(moved.flatMap(({ to }) => to ?? []))])}${longest === 0 ? '' : ` after ${seconds(longest)}`}.`,
        ]),
    ...(busy.length === 0 ? [] : [`${named(busy)} ${are(busy)} being started.`]),
    ...(down.length === 0 ? [] : [`${named(down)} could not be started.`]),
    ...(vms.length === 0 ? ['No VM had to be moved.'] : []),
    ...(isBack ? [`${host} is back.`] : []),
  ];
  const needs =
    down.length > 0
      ? `Start ${named(down)} by hand, after reading why it failed.`
      : isBack
        ? null
        : `Bring ${host} back: check its power, its network and its storage. It joins by itself.`;
  return {
    kind: 'host-lost',
    word: down.length > 0 ? 'not-protected' : busy.length > 0 ? 'working' : isBack ? 'protected' : 'at-risk',
    title:
      moved.length > 0
        ? `${listed(takers)} took over ${count(moved.length, 'VM')} from ${host}`
        : `${host} was lost`,
    cause: causeOf(host, events),
    decision: decisionOf(events, takers),
    outcome: outcomes.join(' '),
    needs,
    vms,
    isOver: busy.length === 0 && (moved.length > 0 || down.length > 0 || isBack),
  };
}

function decisionOf(events: readonly EventView[], takers: readonly string[]): string | null {
  const taken = events.find(({ code }) => code === 'vm.taken-over');
  const why = taken === undefined ? null : fact(taken, 'why');
  if (taken === undefined || takers.length === 0) return null;
  return `${listed(takers)} decided to take over${why === null ? '' : `, because ${why}`}.`;
}
