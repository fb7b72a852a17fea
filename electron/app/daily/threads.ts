import type { EventView } from '../../ipc/views.ts';

/** Events that are about one thing, oldest first. */
export interface Thread {
  readonly groupId: string;
  /** `host ALPHA 7`, `vm web 12`, `change 14`, `links`, `store` or `trouble`: what it is about. */
  readonly about: About;
  readonly events: EventView[];
}
export type About =
  | { readonly kind: 'host'; readonly host: string }
  | { readonly kind: 'vm'; readonly vm: string }
  | { readonly kind: 'change' | 'links' | 'store' | 'trouble' };

/** The same thing again after so long is another story. */
const NEW_STORY_AFTER_MS = 15 * 60_000;
/** What a host's links and store did so shortly before its end belongs to its end. */
const LEADS_TO_MS = 120_000;
/** A host that comes back within this time is the end of the story of its loss. */
const COMES_BACK_WITHIN_MS = 14 * 86_400_000;

const STORE_CODES: ReadonlySet<string> = new Set([
  'store.lost',
  'store.back',
  'store.regressed',
  'store.regression-over',
  'keeper.store-lost-by-all',
  'keeper.thawed',
]);

/** A second switchover is a second story, also when the first came to nothing a moment ago. */
const BEGINS = 'vm.switchover-begun';
/** What leads to the end of a host; what its links and store do otherwise is another matter. */
const LEADS_TO: ReadonlySet<string> = new Set(['link.down', 'link.unsteady', 'store.lost']);
/** A part of a host that was away for less is not worth a story: services that start, daemons that are restarted. */
const BLINK_MS = 30_000;

const atMs = ({ wallTime }: EventView): number => Date.parse(wallTime) || 0;

export function fact(event: EventView, name: string): string | null {
  const value = event.facts?.[name];
  return value === undefined || value === null ? null : String(value);
}

export function numberFact(event: EventView, name: string): number | null {
  const value = event.facts?.[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** The name under which an event is gathered; null: it is no part of a story. */
function keyOf(event: EventView): { readonly key: string; readonly about: About } | null {
  const incident = fact(event, 'incident');
  if (incident !== null) return { key: incident, about: aboutOf(event, incident) };
  if (event.code.startsWith('link.')) {
    const pair = [event.host, fact(event, 'host') ?? ''].toSorted().join(' ');
    return { key: `links ${pair}`, about: { kind: 'links' } };
  }
  const part = /^(keeper|hypervisor)\.(?:lost|connected)$/.exec(event.code)?.[1];
  if (part !== undefined) return { key: `${part} ${event.host}`, about: { kind: 'trouble' } };
  if (STORE_CODES.has(event.code)) return { key: 'store', about: { kind: 'store' } };
  if (event.level === 'info' || event.level === 'notice') return null;
  return { key: `${event.code} ${event.host} ${event.vm ?? ''}`, about: { kind: 'trouble' } };
}

function aboutOf(event: EventView, incident: string): About {
  const match = /^(.+)-([ecg])\d+$/.exec(incident);
  const name = match?.[1] ?? '';
  if (match?.[2] === 'e') return { kind: 'host', host: name };
  if (match?.[2] === 'g') return { kind: 'vm', vm: name };
  return event.code.startsWith('vm.') && match === null ? { kind: 'trouble' } : { kind: 'change' };
}

/** Gathers the events of one group, oldest first, into what belongs together. Pure. */
export function threads(events: readonly EventView[]): readonly Thread[] {
  const all: Thread[] = [];
  const last = new Map<string, Thread>();
  for (const event of events) {
    const returned = returnOf(event, last);
    if (returned !== null) {
      returned.events.push(event);
      continue;
    }
    const found = keyOf(event);
    if (found === null) continue;
    const known = last.get(found.key);
    const newest = known?.events.at(-1);
    // The begin and the end of a pause are one story, however long it lasts.
    const isSame =
      newest !== undefined &&
      !newest.code.endsWith('.connected') &&
      !(event.code === BEGINS && known?.events.some(({ code }) => code === BEGINS)) &&
      (found.about.kind === 'change' || atMs(event) - atMs(newest) <= NEW_STORY_AFTER_MS);
    if (known !== undefined && isSame) known.events.push(event);
    else {
      const thread: Thread = { groupId: event.groupId, about: found.about, events: [event] };
      all.push(thread);
      last.set(found.key, thread);
    }
  }
  return withBeginnings(all);
}

/** A host that lives again under the epoch after the one that ended: the last word of that story. */
function returnOf(event: EventView, last: ReadonlyMap<string, Thread>): Thread | null {
  const epoch = event.code === 'keeper.alive' ? numberFact(event, 'epoch') : null;
  if (epoch === null) return null;
  const thread = last.get(`${event.host}-e${epoch - 1}`);
  const first = thread?.events[0];
  return thread && first && atMs(event) - atMs(first) <= COMES_BACK_WITHIN_MS ? thread : null;
}

/** Gives the story of a host's end what its links and its store did just before, and what they did when it came back. */
function withBeginnings(all: readonly Thread[]): readonly Thread[] {
  for (const { about, events } of all) {
    const [first, newest] = [events[0], events.at(-1)];
    if (about.kind !== 'host' || first === undefined || newest === undefined) continue;
    const { host } = about;
    const [fromMs, toMs] = [atMs(first) - LEADS_TO_MS, atMs(newest) + LEADS_TO_MS];
    for (const other of all) {
      if (other.about.kind !== 'links' && other.about.kind !== 'store') continue;
      const belongs = (event: EventView): boolean =>
        (event.host === host || fact(event, 'host') === host) &&
        atMs(event) <= toMs &&
        (atMs(event) >= atMs(first) || (atMs(event) >= fromMs && LEADS_TO.has(event.code)));
      events.push(...other.events.filter(belongs));
      other.events.splice(0, other.events.length, ...other.events.filter((event) => !belongs(event)));
    }
    events.sort((a, b) => atMs(a) - atMs(b));
  }
  // What nobody need notice is no story: a definition that was copied, a guest that restarted itself.
  return all.filter((thread) => thread.events.some(({ level }) => level !== 'info') && !isBlink(thread));
}

function isBlink({ about, events }: Thread): boolean {
  const [first, last] = [events[0], events.at(-1)];
  // Links come up when hosts start: that is no end of anything.
  if (about.kind === 'links') return events.every(({ code }) => code === 'link.up');
  if (about.kind !== 'trouble' || first === undefined || last === undefined) return false;
  return last.code.endsWith('.connected') && atMs(last) - atMs(first) < BLINK_MS;
}
