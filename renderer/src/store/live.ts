import type { GroupView, HostView, LinkView, VmView, Word } from '../../../electron/ipc/views.ts';
import type { DailyGroup } from '../../../electron/ipc/daily/views.ts';
import { hostWords } from '../text/en.ts';

/** Something that carries durations, and when by this window's clock they were true: they go on from there. */
export type Live<Value> = Value & { readonly atMs: number };

/** A VM without its report's age: that is its reporter's, and would make every row new with every report. */
export type LiveVm = Live<Omit<VmView, 'ageMs'>>;
export type LiveHost = Live<HostView>;
export type LiveLink = Live<LinkView>;

/** How a host stands, in as little as a VM's row needs of it. */
export interface Standing {
  readonly name: string;
  readonly up: boolean;
  readonly word: Word;
  readonly label: string;
}

/** A group as the window keeps it: what did not change keeps its identity from view to view, so that it is not drawn again. */
export interface LiveGroup extends Omit<GroupView, 'hosts' | 'links' | 'vms'> {
  readonly hosts: readonly LiveHost[];
  readonly links: readonly LiveLink[];
  readonly vms: readonly LiveVm[];
  readonly standing: readonly Standing[];
}

/** How a duration moves while nothing happens: 1 counts up with time, -1 counts down. */
const drifts: ReadonlyMap<string, number> = new Map([
  ['forMs', 1],
  ['takeoverInMs', -1],
  ['endsInMs', -1],
]);
/** A duration may jump by this much and still be the same one: reports of different hosts are not of one moment. */
const JITTER_MS = 900;

/** Whether `next` says the same as `old` said `passedMs` earlier. */
export function saysTheSame(old: unknown, next: unknown, passedMs: number): boolean {
  if (Object.is(old, next)) return true;
  if (typeof old !== 'object' || typeof next !== 'object' || old === null || next === null) return false;
  const oldEntries = Object.entries(old);
  if (oldEntries.length !== Object.keys(next).length) return false;
  const fields = next as Readonly<Record<string, unknown>>;
  return oldEntries.every(([name, value]) => {
    const drift = drifts.get(name);
    const newer = fields[name];
    if (drift !== undefined && typeof value === 'number' && typeof newer === 'number') {
      return Math.abs(newer - value - drift * passedMs) <= JITTER_MS;
    }
    return Object.hasOwn(fields, name) && saysTheSame(value, newer, passedMs);
  });
}

function liveVm({ ageMs: _ageMs, ...vm }: VmView, atMs: number, old: LiveVm | undefined): LiveVm {
  const next: LiveVm = { ...vm, atMs };
  if (old === undefined) return next;
  return saysTheSame({ ...old, atMs }, next, atMs - old.atMs) ? old : next;
}

function liveVms(vms: readonly VmView[], atMs: number, old: readonly LiveVm[]): readonly LiveVm[] {
  const known = new Map(old.map((vm) => [vm.id, vm]));
  const next = vms.map((vm) => liveVm(vm, atMs, known.get(vm.id)));
  return next.length === old.length && next.every((vm, index) => vm === old[index]) ? old : next;
}

/** Keeps `old` where `next` says the same: for small parts without durations. */
const keep = <Value>(old: Value | undefined, next: Value): Value =>
  old !== undefined && saysTheSame(old, next, 0) ? old : next;

export type LiveDaily = Live<DailyGroup>;

/** The same for what is told of a group day by day. */
export function liveDaily(view: DailyGroup, atMs: number, old: LiveDaily | undefined): LiveDaily {
  if (old === undefined) return { ...view, atMs };
  if (saysTheSame({ ...old, atMs }, { ...view, atMs }, atMs - old.atMs)) return old;
  return { ...view, atMs, ifHostDied: keep(old.ifHostDied, view.ifHostDied), vms: keep(old.vms, view.vms) };
}

/** The next state of a group in the window, made of the view that came in at `atMs` and of what was there before. */
export function liveGroup(view: GroupView, atMs: number, old: LiveGroup | undefined): LiveGroup {
  return {
    ...view,
    verdict: keep(old?.verdict, view.verdict),
    whatIf: keep(old?.whatIf, view.whatIf),
    hosts: view.hosts.map((host) => ({ ...host, atMs })),
    links: view.links.map((link) => ({ ...link, atMs })),
    standing: keep(
      old?.standing,
      view.hosts.map((host) => ({ name: host.name, up: host.state === 'alive', ...hostWords(host) })),
    ),
    vms: liveVms(view.vms, atMs, old?.vms ?? []),
  };
}
