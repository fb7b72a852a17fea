import type { KeeperNetMessage } from '../../protocol/keeperLink.ts';
import { discardTimeEvidence, noteProof } from '../observer.ts';
import { failAcquires, failOperations } from './operations.ts';
import {
  cannotReachStore,
  guarded,
  leaseValid,
  loseAfterMs,
  loseAtMs,
  marginMs,
  mayRun,
  mine,
  otherSlots,
  storeLost,
} from './rights.ts';
import { vmsToStop } from './scan.ts';
import { type Challenge, type State, type Turn, withEntry } from './state.ts';
import { enter, failed, save, tell } from './turn.ts';
import { endAllIncoming } from './incoming.ts';
import { queueTokens } from './sweep.ts';

/**
 * When everyone has lost the store (rule 18): guests are frozen and may stay past L while every other configured host
 * has answered this host's own challenge with "I cannot reach the store either". The answering host throws its T
 * evidence away first, so its T can't end before the asker's hold does.
 */

/** Challenges remembered for each host: enough for L at one a period, and a bound. */
const MAX_CHALLENGES = 64;

/**
 * Until when the answers allow to hold: L after the sending of the oldest among each host's newest answered challenge;
 * null when some host has not answered. A host that is alone in its group has nobody to ask.
 */
export function answeredHoldMs(s: State, nowMs: number): number | null {
  if (s.config === null) {
    return null;
  }
  let oldestMs = nowMs;
  for (const slot of otherSlots(s)) {
    const answeredMs = s.challenges.get(slot)?.answeredSentMs ?? null;
    if (answeredMs === null) {
      return null;
    }
    oldestMs = Math.min(oldestMs, answeredMs);
  }
  return storeLost(s, nowMs) ? oldestMs + loseAfterMs(s) : null;
}

/** Asks the others, once a period, from the first failed renewal on. */
export function challenge(turn: Turn): void {
  const { s, nowMs } = turn;
  const asks = (s.phase === 'alive' || s.phase === 'holding') && storeLost(s, nowMs);
  if (!asks || nowMs < s.nextChallengeMs) {
    return;
  }
  s.nextChallengeMs = nowMs + s.timing.renewEveryMs;
  const nonce = freshNonce(s, nowMs);
  for (const slot of otherSlots(s)) {
    const known: Challenge = s.challenges.get(slot) ?? { sent: [], answeredSentMs: null };
    const sent = [...known.sent.slice(1 - MAX_CHALLENGES), { nonce, sentMs: nowMs }];
    s.challenges = withEntry(s.challenges, slot, { ...known, sent });
    const message = { kind: 'challenge', nonce, epoch: s.epoch } as const;
    turn.effects.push({ kind: 'send', line: { kind: 'toPeer', to: slot, message } });
  }
}

const NONCE_TIME_RANGE = 2 ** 32;
const NONCE_EPOCH_RANGE = 2 ** 20;

/** The boot clock makes it differ within a boot, also over keeper restarts; the epoch between boots. */
function freshNonce(s: State, nowMs: number): number {
  return (s.epoch % NONCE_EPOCH_RANGE) * NONCE_TIME_RANGE + (Math.floor(nowMs) % NONCE_TIME_RANGE);
}

export function fromPeer(turn: Turn, from: number, message: KeeperNetMessage): void {
  const { s } = turn;
  const host = s.config?.hosts.find((entry) => entry.slot === from);
  if (host === undefined || from === s.self.slot) {
    return;
  }
  switch (message.kind) {
    case 'challenge':
      answer(turn, from, message.nonce);
      return;
    case 'answer':
      noteAnswer(turn, from, message.nonce, message.cannotReachStore);
      return;
    case 'drained':
      if (message.hardwareId === host.hardwareId) {
        s.watch = noteProof(s.watch, from, message.epoch, 'drained-message');
        s.viewDirty = true;
      }
      return;
    case 'released':
      if (s.config?.vms.some((entry) => entry.token === message.token) === true) {
        queueTokens(s, [message.token]);
      }
      return;
  }
}

/** Evidence for T, reads in flight and acquisitions under way are given up before the answer goes out. */
function answer(turn: Turn, to: number, nonce: number): void {
  const { s, nowMs } = turn;
  const cannot = cannotReachStore(s, nowMs);
  if (cannot) {
    s.watch = discardTimeEvidence(s.watch);
    s.flights = new Map([...s.flights].filter(([, flight]) => flight.kind !== 'leaseRead'));
    failAcquires(
      turn,
      failed('store.unreachable', 'This host cannot reach the store; nothing is taken over.'),
    );
    s.viewDirty = true;
  }
  const message = { kind: 'answer', nonce, cannotReachStore: cannot, epoch: s.epoch } as const;
  turn.effects.push({ kind: 'send', line: { kind: 'toPeer', to, message } });
}

/** The nonce finds the sending time that this keeper noted itself: a late answer is worth only what is left of it. */
function noteAnswer(turn: Turn, from: number, nonce: number, cannot: boolean): void {
  const { s } = turn;
  const known = s.challenges.get(from);
  const sent = known?.sent.find((entry) => entry.nonce === nonce);
  if (known === undefined || sent === undefined || !cannot) {
    return;
  }
  const answeredSentMs = Math.max(known.answeredSentMs ?? 0, sent.sentMs);
  s.challenges = withEntry(s.challenges, from, { ...known, answeredSentMs });
}

export function enterHold(turn: Turn, untilMs: number): void {
  const { s } = turn;
  s.holdUntilMs = untilMs;
  s.thawChecks = null;
  const because = failed(
    'keeper.store-lost-by-all',
    'No host of the group can reach the store; the guests are frozen until it is back.',
  );
  enter(turn, 'holding', because);
  save(turn);
  turn.effects.push({ kind: 'gate', open: [] });
  s.gate = [];
  failOperations(turn, failed('store.unreachable', 'The store was lost while this was being done.'));
  const vms = vmsToStop(s);
  s.frozen = new Set([...s.frozen, ...vms]);
  // A copy that is frozen in the middle comes to nothing; afterwards it is a stray.
  endAllIncoming(turn);
  save(turn);
  turn.effects.push({ kind: 'freeze', vms });
}

/** While holding, whatever appears or moves is frozen again. */
export function keepFrozen(turn: Turn): void {
  const { s } = turn;
  if (s.phase !== 'holding' || s.scan === null || s.scan.startedAtMs <= s.thawedAtMs) {
    return;
  }
  const moving = s.scan.processes.filter((process) => !process.stopped && guarded(s, process.vm));
  if (moving.length > 0) {
    const vms = new Set(moving.map((process) => process.vm));
    s.frozen = new Set([...s.frozen, ...vms]);
    turn.effects.push({ kind: 'freeze', vms: [...vms] });
  }
}

/** The lease was renewed during a hold: every own token is read again before a guest may move. */
export function beginThaw(turn: Turn): void {
  const { s, nowMs } = turn;
  if (s.thawChecks !== null || !leaseValid(s, nowMs)) {
    return;
  }
  s.thawReadsAfterMs = nowMs;
  // Of one that is being given up nothing may run any more.
  const tokens = [...s.held.keys()].filter((token) => mine(s, token)?.releasing === false);
  s.thawChecks = new Map(tokens.map((token) => [token, false]));
  queueTokens(s, tokens);
}

/** Thaws once every own token has been seen to be still ours, under a lease that still holds. */
export function finishThaw(turn: Turn): void {
  const { s, nowMs } = turn;
  const checks = s.thawChecks;
  if (s.phase !== 'holding' || checks === null || !leaseValid(s, nowMs)) {
    return;
  }
  if (![...checks.values()].every(Boolean)) {
    return;
  }
  const vms = thawFrozen(turn);
  s.holdUntilMs = null;
  s.thawChecks = null;
  enter(turn, 'alive');
  save(turn);
  tell(turn, 'keeper.thawed', { vms });
}

/** Lets go what a hold has frozen and what has a right to run: also a VM whose token was being acquired just then. */
function thawFrozen(turn: Turn): number {
  const { s, nowMs } = turn;
  const ours = new Set([...s.held.values()].map((held) => held.vm));
  const vms = [...s.frozen].filter((vm) => ours.has(vm) && !s.stops.has(vm));
  if (vms.length > 0) {
    turn.effects.push({ kind: 'thaw', vms, notAfterMs: (loseAtMs(s) ?? nowMs) - marginMs(s) });
    s.thawedAtMs = nowMs;
    s.presence = new Map(
      [...s.presence].map(([vm, presence]) => [
        vm,
        vms.includes(vm) ? { ...presence, stopped: false } : presence,
      ]),
    );
  }
  return vms.length;
}

/** While alive, with every scan: what is still frozen is thawed again, what moves or is gone is forgotten. */
export function thawAgain(turn: Turn): void {
  const { s, nowMs } = turn;
  const { scan } = s;
  if (s.frozen.size === 0 || scan === null || scan.startedAtMs <= s.thawedAtMs || !mayRun(s, nowMs)) {
    return;
  }
  const still = [...s.frozen].filter((vm) =>
    scan.processes.some((process) => process.vm === vm && process.stopped),
  );
  if (still.length !== s.frozen.size) {
    s.frozen = new Set(still);
    save(turn);
  }
  thawFrozen(turn);
}
