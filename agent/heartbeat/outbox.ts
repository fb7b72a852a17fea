import type { KeeperNetMessage } from '../protocol/keeperLink.ts';

/** Each message goes out this many times: once at once, then with the next beats. All of them may come twice. */
const SENDS = 3;
/** Challenges and answers to one host that wait. Keepers make one of each a second; more is a fault. */
const MAX_WAITING = 16;
/** A keeper's word that all is dead and drained rides on every so many beats, until a new epoch. */
const DRAINED_EVERY_BEATS = 4;
/** Messages in a datagram (agent/protocol/heartbeat.ts). */
const PER_DATAGRAM = 2;

interface Waiting {
  readonly message: KeeperNetMessage;
  readonly sendsLeft: number;
}

/** Keepers' messages on their way to one host. */
export interface Outbox {
  readonly waiting: readonly Waiting[];
  readonly drained: Extract<KeeperNetMessage, { kind: 'drained' }> | null;
  readonly beats: number;
  readonly dropped: number;
}

export const emptyOutbox: Outbox = { waiting: [], drained: null, beats: 0, dropped: 0 };

const rank = { answer: 0, challenge: 1, released: 2, drained: 3 } as const;

/**
 * Puts a message in front of those of its kind. When the box is full the oldest goes: a keeper asks again every
 * renewal period, and only the newest challenge can lengthen a hold.
 */
export function post(outbox: Outbox, message: KeeperNetMessage): Outbox {
  if (message.kind === 'drained') return { ...outbox, drained: message, beats: 0 };
  const waiting = [{ message, sendsLeft: SENDS }, ...outbox.waiting];
  return {
    ...outbox,
    waiting: waiting.slice(0, MAX_WAITING),
    dropped: outbox.dropped + Math.max(0, waiting.length - MAX_WAITING),
  };
}

/** What the next datagrams to the host carry, fewest sends first; `epoch` is this host's present one. */
export function take(
  outbox: Outbox,
  epoch: number,
): { readonly outbox: Outbox; readonly messages: readonly KeeperNetMessage[] } {
  const drained = outbox.drained !== null && outbox.drained.epoch >= epoch ? outbox.drained : null;
  const drainedIsDue = drained !== null && outbox.beats % DRAINED_EVERY_BEATS === 0;
  const due = outbox.waiting
    .toSorted((a, b) => b.sendsLeft - a.sendsLeft || rank[a.message.kind] - rank[b.message.kind])
    .slice(0, drainedIsDue ? PER_DATAGRAM - 1 : PER_DATAGRAM);
  const waiting = outbox.waiting
    .map((one) => (due.includes(one) ? { ...one, sendsLeft: one.sendsLeft - 1 } : one))
    .filter((one) => one.sendsLeft > 0);
  const messages = due.map((one) => one.message);
  return {
    outbox: { ...outbox, waiting, drained, beats: outbox.beats + 1 },
    messages: drainedIsDue ? [drained, ...messages] : messages,
  };
}
