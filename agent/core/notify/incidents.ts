import type { LogEvent } from '../../protocol/event.ts';
import { isoTime } from './calendar.ts';
import { deliver, messageId } from './deliveries.ts';
import { fatesOf, messageOf } from './message.ts';
import { isWanted, settleMs, type Topic, topicOf, WORSE } from './topics.ts';
import type { Draft, Incident, Message } from './types.ts';

/** Told although something is still under way: people would rather know half of it than nothing. */
const TELL_AT_LATEST_MS = 120_000;
/** The same again after so long is another incident. */
const NEW_AFTER_MS = 900_000;
/** Incidents known at once. More is a flood, of which the oldest are forgotten. */
const MAX_INCIDENTS = 64;
const HOUR_MS = 3_600_000;
/** Events of one incident that a message can be made from. */
const MAX_EVENTS = 40;
const HOUR_CHARS = '2026-11-30T14'.length;
const MINUTE_CHARS = '2026-11-30T14:05'.length;

/** Takes an event in: part of a known incident, the beginning of one, or nothing that anybody is told of. */
export function noteEvent(draft: Draft, event: LogEvent): void {
  const { plan } = draft;
  const topic = topicOf(event);
  if (plan === null || topic === null || !isWanted(topic.about, plan)) return;
  const open = newestOf(draft, topic);
  const isFresh = open !== undefined && draft.nowMs - open.lastMs <= NEW_AFTER_MS;
  if (open !== undefined && isFresh && open.message === null) {
    if (topic.heals && isPassing(open)) {
      draft.incidents.delete(open.key);
      draft.changed = true;
      return;
    }
    return put(draft, {
      ...open,
      lastMs: draft.nowMs,
      events: [...open.events, event].slice(-MAX_EVENTS),
      acted: open.acted || isActed(draft, topic, event),
    });
  }
  if (open !== undefined && isFresh && !WORSE.has(event.code)) {
    draft.incidents.set(open.key, { ...open, lastMs: draft.nowMs });
    return;
  }
  if (!topic.begins) return;
  begin(draft, topic, event);
}

/** What passes by itself is not told once it has. A store that went back in time has done its harm. */
function isPassing({ about, events }: Incident): boolean {
  return about === 'links' || about === 'trouble' || events.every(({ code }) => code !== 'store.regressed');
}

function newestOf(draft: Draft, topic: Topic): Incident | undefined {
  return [...draft.incidents.values()].findLast(
    ({ key }) => key === topic.key || key.startsWith(`${topic.key}+`) || key.startsWith(`${topic.key}-20`),
  );
}

function begin(draft: Draft, topic: Topic, event: LogEvent): void {
  // Epochs and generations are the same on all hosts, and so is nearly always the hour; nothing else is.
  const isNamed = topic.about === 'host' || topic.about === 'vm';
  const hour = isoTime(draft.wallMs);
  const again = draft.incidents.has(topic.key) || wasToldBefore(draft, topic.key);
  const key = isNamed
    ? `${topic.key}${again ? `+${hour.slice(0, MINUTE_CHARS)}` : ''}`
    : `${topic.key}-${hour.slice(0, HOUR_CHARS)}`;
  // Within the hour what comes and goes is told once.
  if (draft.incidents.has(key)) return;
  put(draft, {
    key,
    about: topic.about,
    firstMs: draft.nowMs,
    lastMs: draft.nowMs,
    firstWallMs: draft.wallMs,
    events: [event],
    acted: isActed(draft, topic, event),
    message: null,
  });
}

/** Another host may have told it a moment ago: that is the same one. */
function wasToldBefore(draft: Draft, key: string): boolean {
  return (draft.plan?.channels ?? []).some((channel) => {
    const told = draft.told.get(messageId(key, channel));
    return told !== undefined && draft.wallMs - told.wallMs > NEW_AFTER_MS;
  });
}

/** Who took over, or restarted, knows how it went. What only this host complains of, nobody else can tell. */
function isActed(draft: Draft, topic: Topic, event: LogEvent): boolean {
  if (topic.about === 'trouble') return true;
  return (
    (topic.about === 'host' || topic.about === 'vm') &&
    event.code.startsWith('vm.') &&
    event.host === draft.hostName
  );
}

export function put(draft: Draft, incident: Incident): void {
  draft.incidents.delete(incident.key);
  draft.incidents.set(incident.key, incident);
  draft.changed = true;
  for (const old of draft.incidents.values()) {
    if (draft.incidents.size <= MAX_INCIDENTS) break;
    draft.incidents.delete(old.key);
    tellDropped(draft, old);
  }
}

/** Once an hour: a flood must not make a second one. */
function tellDropped(draft: Draft, old: Incident): void {
  const isTold = old.message !== null && ![...draft.deliveries.values()].some(({ key }) => key === old.key);
  if (isTold || (draft.droppedAtMs !== null && draft.nowMs - draft.droppedAtMs < HOUR_MS)) return;
  draft.droppedAtMs = draft.nowMs;
  const text = `So much happens that not all of it is told to people, ${old.key} among it. The event log has the rest.`;
  draft.effects.push({ kind: 'event', event: { code: 'notify.dropped', level: 'warning', text } });
}

/** Has a message that needs no settling: it is due now. */
export function open(draft: Draft, about: Incident['about'], message: Message): void {
  const incident: Incident = {
    key: message.incident,
    about,
    firstMs: draft.nowMs,
    lastMs: draft.nowMs,
    firstWallMs: draft.wallMs,
    events: [],
    acted: false,
    message,
  };
  put(draft, incident);
  deliver(draft, incident);
}

/** Makes the messages of what has settled, and forgets what is told and quiet. */
export function settle(draft: Draft): void {
  for (const incident of draft.incidents.values()) {
    if (incident.message === null) {
      if (!hasSettled(draft, incident)) continue;
      if (isOfDeadHost(draft, incident)) {
        draft.incidents.delete(incident.key);
        draft.changed = true;
        continue;
      }
      const ready = { ...incident, message: messageOf(draft, incident) };
      draft.incidents.set(incident.key, ready);
      draft.changed = true;
      deliver(draft, ready);
    } else if (draft.nowMs - incident.lastMs > NEW_AFTER_MS) {
      const isOpen = [...draft.deliveries.values()].some(({ key }) => key === incident.key);
      if (isOpen) continue;
      draft.incidents.delete(incident.key);
      draft.changed = true;
    }
  }
}

/** That a host which ended sends no heartbeats is no news. */
function isOfDeadHost(draft: Draft, { about, events }: Incident): boolean {
  const other = events[0]?.facts?.['host'];
  return (
    about === 'links' &&
    [...draft.incidents.values()].some(
      (one) => one.about === 'host' && one.key.replace(/-e\d+(?:\+.*)?$/, '') === other,
    )
  );
}

function hasSettled({ nowMs }: Draft, { about, events, firstMs, lastMs }: Incident): boolean {
  if (nowMs - lastMs < settleMs(about, events[0]?.code ?? '')) return false;
  const isBusy = [...fatesOf(events).values()].some(({ state }) => state === 'starting');
  return !isBusy || nowMs - firstMs >= TELL_AT_LATEST_MS;
}
