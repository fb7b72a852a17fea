import type { IncidentStory, Settings } from '../../ipc/daily/views.ts';
import type { GroupView, LinkView, RunView } from '../../ipc/views.ts';
import { count, duration } from '../../ipc/words.ts';
import { noRescues, nextRescues, type Rescues } from './rescues.ts';
import { FLAPPING_WINDOW_MS, isNews, observe, recent, type Signal } from './signal.ts';
import { nowhere, type Place } from './tray.ts';

export interface Alert {
  /** A later alert of the same key takes the place of the earlier. */
  readonly key: string;
  readonly kind: keyof Settings['notifications'];
  readonly title: string;
  readonly body: string;
  readonly place: Place;
  /** Told however often it happens. */
  readonly grave: boolean;
}

/** What the app knows at one moment. */
export interface AlertInput {
  readonly nowMs: number;
  readonly groups: readonly GroupView[];
  readonly runs: readonly RunView[];
  readonly incidents: readonly IncidentStory[];
}

/** What was seen and told so far. It holds nothing of groups, links and runs that are gone. */
export interface AlertMemory {
  readonly rescues: Rescues;
  readonly protection: ReadonlyMap<string, Signal>;
  readonly links: ReadonlyMap<string, Signal>;
  readonly told: ReadonlyMap<string, readonly number[]>;
}

export const noMemory: AlertMemory = {
  rescues: noRescues,
  protection: new Map(),
  links: new Map(),
  told: new Map(),
};

/** A state that lasts shorter is a passage between two others. */
const PROTECTION_SETTLES_MS = 5_000;
/** A link that was away for less is in the heartbeat strip; nobody has to do anything about it. */
const LINK_SETTLES_MS = 60_000;
/** Alerts of one key within the flapping window; the next one says how often it happened, and then there is quiet. */
const MAX_TOLD = 4;

const minutes = duration(FLAPPING_WINDOW_MS);

/** Protected or not; null where that can't be said, is being worked on, or is the user's own wish. */
function isProtected({ verdict, vms }: GroupView): boolean | null {
  if (vms.length === 0) return null;
  if (verdict.word === 'not-protected') return false;
  return verdict.word === 'protected' ? true : null;
}

function protectionAlert(group: GroupView, signal: Signal): Alert {
  const { name, verdict } = group;
  return {
    key: `${group.id} protection`,
    kind: 'protection',
    title: `${name}: ${signal.value ? 'protected again' : 'protection lost'}`,
    body: `${verdict.sentence} ${signal.value ? '' : (verdict.suggestion ?? '')}`.trim(),
    place: { ...nowhere, groupId: group.id },
    grave: false,
  };
}

/** A path between two hosts that are both known to live; null when one of them is not. */
function isUp(group: GroupView, { hosts, ends }: LinkView): boolean | null {
  const live = group.hosts.filter(({ name, state }) => hosts.includes(name) && state === 'alive');
  const fresh = ends.filter((end) => end.fresh);
  if (live.length < hosts.length || fresh.length === 0) return null;
  return fresh.every(({ state }) => state === 'up' || state === 'late');
}

function linkAlert(group: GroupView, { key, link, hosts }: LinkView, up: boolean): Alert {
  const name = `Link ${link + 1} between ${hosts[0]} and ${hosts[1]}`;
  const others = group.links.filter(
    (other) => other.key !== key && other.hosts[0] === hosts[0] && other.hosts[1] === hosts[1],
  );
  const left = others.filter((other) => isUp(group, other) === true).length;
  const lost =
    left === 0
      ? 'It was the last one. VMs stay where they are; the hosts watch each other over the store.'
      : `Heartbeats go on over ${count(left, 'other link')}. Check its cable and switch.`;
  return {
    key: `${group.id} link ${key}`,
    kind: 'links',
    title: `${name} is ${up ? 'up again' : 'down'}`,
    body: up ? 'Heartbeats come over it again.' : lost,
    place: { ...nowhere, groupId: group.id },
    grave: false,
  };
}

/** The signals of `items` after this moment, those that are gone left out, and the alerts of those that are news. */
function follow<Item>(
  before: ReadonlyMap<string, Signal>,
  items: readonly { readonly key: string; readonly item: Item; readonly value: boolean | null }[],
  nowMs: number,
  settleMs: number,
  alert: (item: Item, signal: Signal) => Alert,
): { readonly signals: Map<string, Signal>; readonly alerts: readonly Alert[] } {
  const signals = new Map<string, Signal>();
  const alerts: Alert[] = [];
  for (const { key, item, value } of items) {
    const signal = observe(before.get(key), value, nowMs);
    if (signal === undefined) continue;
    signals.set(key, signal);
    if (value !== null && isNews(signal, nowMs, settleMs)) alerts.push(alert(item, signal));
  }
  return { signals, alerts };
}

/** A link that never settles is told once in the window, as soon as it has changed this often. */
const RESTLESS_CHANGES = 12;

function restlessAlert(group: GroupView, { key, link, hosts }: LinkView, changes: number): Alert {
  return {
    key: `${group.id} link ${key} restless`,
    kind: 'links',
    title: `Link ${link + 1} between ${hosts[0]} and ${hosts[1]} comes and goes`,
    body: `It changed ${changes} times within ${minutes}. Check its cable and switch.`,
    place: { ...nowhere, groupId: group.id },
    grave: false,
  };
}

/** Passes an alert on, folds it into one that says how often, or keeps it back. */
function fold(
  alert: Alert,
  times: readonly number[],
  changes: readonly number[],
): { readonly show: Alert | null; readonly counts: boolean } {
  if (alert.grave || times.length < MAX_TOLD) return { show: alert, counts: true };
  if (times.length > MAX_TOLD) return { show: null, counts: false };
  const often = changes.length === 0 ? '' : `It changed ${changes.length} times within ${minutes}. `;
  const folded = `${often}It comes and goes: what follows is in the events only.`;
  return { show: { ...alert, body: `${alert.body} ${folded}` }, counts: true };
}

/**
 * What is worth a notification at this moment: failovers begun, done and failed, protection and links lost and
 * regained. What comes and goes is folded. Losing sight of the hosts is no news of them, and seeing them again is none
 * either. Pure; the memory goes into the next call.
 */
export function nextAlerts(memory: AlertMemory, input: AlertInput): readonly [AlertMemory, readonly Alert[]] {
  const { nowMs, groups } = input;
  const rescues = nextRescues(memory.rescues, input);
  const protection = follow(
    memory.protection,
    groups.map((group) => ({ key: `${group.id} protection`, item: group, value: isProtected(group) })),
    nowMs,
    PROTECTION_SETTLES_MS,
    protectionAlert,
  );
  const links = follow(
    memory.links,
    groups.flatMap((group) =>
      group.links.map((link) => ({
        key: `${group.id} link ${link.key}`,
        item: { group, link },
        value: isUp(group, link),
      })),
    ),
    nowMs,
    LINK_SETTLES_MS,
    ({ group, link }, signal) => linkAlert(group, link, signal.value),
  );
  const told = new Map(
    [...memory.told]
      .map(([key, times]) => [key, recent(times, nowMs)] as const)
      .filter(([, times]) => times.length > 0),
  );
  const restless = groups.flatMap((group) =>
    group.links.flatMap((link) => {
      const changes = links.signals.get(`${group.id} link ${link.key}`)?.changes.length ?? 0;
      const alert = restlessAlert(group, link, changes);
      return changes >= RESTLESS_CHANGES && !told.has(alert.key) ? [alert] : [];
    }),
  );
  const shown: Alert[] = [];
  for (const alert of [...rescues.alerts, ...protection.alerts, ...links.alerts, ...restless]) {
    const signals = alert.kind === 'links' ? links.signals : protection.signals;
    const signal = signals.get(alert.key);
    const times = told.get(alert.key) ?? [];
    const { show, counts } = fold(alert, times, signal?.changes ?? []);
    if (counts) told.set(alert.key, [...times, nowMs].slice(-MAX_TOLD - 1));
    if (show === null) continue;
    shown.push(show);
    if (signal !== undefined) signals.set(alert.key, { ...signal, told: signal.value });
  }
  return [{ rescues: rescues.memory, protection: protection.signals, links: links.signals, told }, shown];
}
