import type { Failure } from '../../protocol/failure.ts';
import type { NotifyBeat } from '../../protocol/notify.ts';
import type { Delivery, Draft, Incident, NotifyState, Told } from './types.ts';

/** A claim is said so long before the message goes: eight heartbeats, for another host that would send the same now. */
const CLAIM_MS = 2000;
/** Who heard a claim waits this long after the last time that it heard it. */
const YIELD_MS = 20_000;
/** A host that has not got through for so long claims no more: another may, and it goes on trying. */
const HAND_OVER_MS = 180_000;
/** A host that did not act leaves it so long to each that comes before it. */
export const RANK_MS = 60_000;
/** After its start a host listens for a while to what others have told already. */
export const LISTEN_MS = 15_000;
/** Pauses between attempts, ms; the last one again and again. */
const PAUSES_MS: readonly number[] = [10_000, 30_000, 60_000, 120_000, 300_000, 900_000, 1_800_000];
const GIVE_UP_MS = 86_400_000;
/** An adapter answers well before; one that does not is as if it had failed. */
const NO_ANSWER_MS = 90_000;
/** Messages a channel takes in an hour: a group gone wild must not make people turn everything off. */
const MAX_PER_HOUR = 30;
const HOUR_MS = 3_600_000;
/** Remembered at most: weeks of a lively group. */
const MAX_TOLD = 256;
/** Said to others as told; more than these at once is a flood, and then a double does not matter. */
const MAX_SAID = 32;

/** 64-bit FNV-1a: tells messages apart on heartbeats, where there is no room for names. */
export function messageId(key: string, channel: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const character of `${key} ${channel}`) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(character.codePointAt(0) ?? 0)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}

/** Puts a message on its way on every channel that has not had it. */
export function deliver(draft: Draft, incident: Incident): void {
  const { plan, look } = draft;
  if (plan === null) return;
  const before = (look?.others ?? []).filter((slot) => slot < draft.slot).length;
  const isShared = incident.about !== 'host' && incident.about !== 'vm';
  const rank = incident.acted ? 0 : before + (isShared ? 0 : 1);
  for (const channel of plan.channels) {
    const id = messageId(incident.key, channel);
    if (draft.told.has(id) || draft.deliveries.has(id)) continue;
    const dueMs = Math.max(draft.nowMs + rank * RANK_MS, draft.startedMs + LISTEN_MS);
    draft.deliveries.set(id, {
      id,
      key: incident.key,
      channel,
      phase: 'waiting',
      dueMs,
      attempts: 0,
      firstTryMs: null,
    });
    draft.changed = true;
  }
}

export function work(draft: Draft): void {
  for (const delivery of draft.deliveries.values())
    if (draft.nowMs >= delivery.dueMs) advance(draft, delivery);
}

function advance(draft: Draft, delivery: Delivery): void {
  const { id, channel, key } = delivery;
  const message = draft.incidents.get(key)?.message ?? null;
  if (message === null || draft.plan?.channels.includes(channel) !== true) {
    draft.deliveries.delete(id);
    draft.changed = true;
    return;
  }
  switch (delivery.phase) {
    case 'waiting':
      draft.deliveries.set(id, { ...delivery, phase: 'claiming', dueMs: draft.nowMs + CLAIM_MS });
      return;
    case 'claiming':
    case 'pausing': {
      const freeMs = isBusy(draft, channel)
        ? draft.nowMs + NEXT_MS
        : delivery.attempts === 0
          ? allowedAtMs(draft, channel)
          : draft.nowMs;
      if (freeMs > draft.nowMs) {
        draft.deliveries.set(id, { ...delivery, dueMs: freeMs });
        return;
      }
      draft.deliveries.set(id, {
        ...delivery,
        phase: 'sending',
        attempts: delivery.attempts + 1,
        firstTryMs: delivery.firstTryMs ?? draft.nowMs,
        dueMs: draft.nowMs + NO_ANSWER_MS,
      });
      draft.effects.push({ kind: 'send', id, channel, message: { ...message, host: draft.hostName } });
      return;
    }
    case 'sending':
      return failed(draft, delivery, {
        code: 'notify.no-answer',
        message: 'The attempt did not come to an end.',
      });
  }
}

/** When the channel may have one more. */
function allowedAtMs(draft: Draft, channel: string): number {
  const times = [...draft.told.values()]
    .flatMap((told) => (told.channel === channel && told.bySelfMs !== null ? [told.bySelfMs] : []))
    .filter((ms) => draft.nowMs - ms < HOUR_MS)
    .toSorted((a, b) => a - b);
  const [oldest] = times;
  return oldest === undefined || times.length < MAX_PER_HOUR ? draft.nowMs : oldest + HOUR_MS;
}

/** One at a time on a channel: a receiver that hangs must not have all of them hanging. */
const NEXT_MS = 1000;
const isBusy = (draft: Draft, channel: string): boolean =>
  [...draft.deliveries.values()].some((one) => one.channel === channel && one.phase === 'sending');

/** Weekly notes are said for longer: a host that was off then must not send its own. */
const SAY_TOLD_MS = 600_000;
const SAY_WEEKLY_MS = 25_200_000;

function remember(draft: Draft, id: string, told: Told): void {
  draft.told.delete(id);
  draft.told.set(id, told);
  for (const old of draft.told.keys()) {
    if (draft.told.size <= MAX_TOLD) break;
    draft.told.delete(old);
  }
  draft.deliveries.delete(id);
  draft.changed = true;
}

export function finished(draft: Draft, id: string, failure: Failure | null): void {
  const delivery = draft.deliveries.get(id);
  if (delivery === undefined || delivery.phase !== 'sending') return;
  if (failure !== null) return failed(draft, delivery, failure);
  const { channel, key } = delivery;
  const isWeekly = draft.incidents.get(key)?.about === 'weekly';
  remember(draft, id, {
    wallMs: draft.wallMs,
    bySelfMs: draft.nowMs,
    channel,
    sayUntilMs: draft.nowMs + (isWeekly ? SAY_WEEKLY_MS : SAY_TOLD_MS),
  });
  draft.health.set(channel, { lastToldWallMs: draft.wallMs, failure: null });
  draft.effects.push({
    kind: 'event',
    event: {
      code: 'notify.told',
      level: 'info',
      text: `${channel} was told of ${key}.`,
      facts: { channel, of: key, attempts: delivery.attempts },
    },
  });
}

function failed(draft: Draft, delivery: Delivery, failure: Failure): void {
  const { channel, key, attempts } = delivery;
  const known = draft.health.get(channel) ?? { lastToldWallMs: null, failure: null };
  const facts = { channel, of: key, failure: failure.code, attempts };
  if (known.failure === null) {
    const text = `${channel} could not be told of ${key}: ${failure.message} It is tried again.`;
    draft.effects.push({ kind: 'event', event: { code: 'notify.failed', level: 'warning', text, facts } });
  }
  draft.health.set(channel, { ...known, failure });
  const firstTryMs = delivery.firstTryMs ?? draft.nowMs;
  if (draft.nowMs - firstTryMs >= GIVE_UP_MS) {
    draft.deliveries.delete(delivery.id);
    draft.changed = true;
    const text = `${channel} was not told of ${key}: no attempt in 24 h worked. ${failure.message}`;
    draft.effects.push({ kind: 'event', event: { code: 'notify.gave-up', level: 'alarm', text, facts } });
    return;
  }
  const pauseMs = PAUSES_MS[Math.min(attempts, PAUSES_MS.length) - 1] ?? 0;
  draft.deliveries.set(delivery.id, {
    ...delivery,
    phase: 'pausing',
    dueMs: draft.nowMs + pauseMs,
    firstTryMs,
  });
}

/** This host says that it tells: others keep still meanwhile. */
function isClaimed({ phase, firstTryMs }: Delivery, nowMs: number): boolean {
  return phase !== 'waiting' && (firstTryMs === null || nowMs - firstTryMs < HAND_OVER_MS);
}

/** Another host says what it tells and what it has told. Told twice is better than never: only what is told ends ours. */
export function heard(draft: Draft, from: number, claims: NotifyBeat['claims']): void {
  for (const { id, done } of claims) {
    const delivery = draft.deliveries.get(id);
    if (done) {
      if (draft.told.has(id)) continue;
      // One that is on its way can't be called back.
      if (delivery?.phase === 'sending') continue;
      remember(draft, id, { wallMs: draft.wallMs, bySelfMs: null, channel: null, sayUntilMs: 0 });
    } else if (delivery !== undefined && delivery.phase !== 'sending') {
      const isMine = isClaimed(delivery, draft.nowMs) && draft.slot < from;
      if (isMine) continue;
      const phase = delivery.attempts === 0 ? 'waiting' : 'pausing';
      draft.deliveries.set(id, {
        ...delivery,
        phase,
        dueMs: Math.max(delivery.dueMs, draft.nowMs + YIELD_MS),
      });
    }
  }
}

/** What the next heartbeat says: one claim and one that is told, each in turn. */
export function claimsToSay(state: NotifyState, nowMs: number, turn: number): NotifyBeat['claims'] {
  const mine = [...state.deliveries.values()].filter((delivery) => isClaimed(delivery, nowMs));
  const told = [...state.told].filter(([, { sayUntilMs }]) => sayUntilMs > nowMs).slice(-MAX_SAID);
  const claim = mine[turn % Math.max(1, mine.length)];
  const done = told[turn % Math.max(1, told.length)];
  return [
    ...(claim === undefined ? [] : [{ id: claim.id, done: false }]),
    ...(done === undefined ? [] : [{ id: done[0], done: true }]),
  ];
}
