import type { HostLease } from '../../protocol/store.ts';
import type { Timing, WatchdogState } from '../../protocol/timing.ts';
import { LEASE_READ_BLOCKS, encodeLease, leaseBlock } from '../area.ts';
import { PROFILES } from '../timing.ts';
import { claimsOf } from './claims.ts';
import { beginThaw } from './hold.ts';
import { leaseValid, loseAfterMs, marginMs, ownTakeoverMs } from './rights.ts';
import { quiet } from './scan.ts';
import { unsettle, vouch } from './settle.ts';
import { type Flight, type State, type Turn, withEntry } from './state.ts';
import { enter, ioDeadlineMs, issueRead, issueWrite, reply, save, tell } from './turn.ts';
import type { IoOutcome } from './types.ts';

/** Every P: read all leases, then start a renewal. The read comes first, so that it shows what others wrote over ours. */

/** Renewals that may be on their way at once; a store that swallowed this many is not helped by more. */
export const MAX_RENEWALS = 4;
/** Renewal times kept for the view's median and maximum. */
const RENEW_TIMES = 64;
const READ_DEADLINE_PERIODS = 3;
/** A renewal that took longer, in periods, is a sign that the store holds writes back. */
const SLOW_PERIODS = 1.5;

export function runCycle(turn: Turn): void {
  const { s, nowMs } = turn;
  if (nowMs < s.nextCycleMs) {
    return;
  }
  const periodMs = s.timing.renewEveryMs;
  s.nextCycleMs = s.nextCycleMs + periodMs > nowMs ? s.nextCycleMs + periodMs : nowMs + periodMs;
  s.renewDueMs = nowMs + periodMs / 2;
  readLeases(turn);
}

/**
 * The renewal follows the read of its period, so that it does not write over what the read is to show (rule 15). A slow
 * read does not hold it up for long; but after a loss of the store nothing is written before a read has come back.
 */
export function renewWhenDue(turn: Turn): void {
  const { s, nowMs } = turn;
  const { lostSinceMs, lastReadStartedMs } = s.store;
  if (s.renewDueMs === null) {
    return;
  }
  const seen = lostSinceMs === null || (lastReadStartedMs ?? 0) > lostSinceMs;
  const reading = [...s.flights.values()].some((flight) => flight.kind === 'leaseRead');
  if (seen && (!reading || nowMs >= s.renewDueMs)) {
    s.renewDueMs = null;
    renew(turn);
  }
}

/** One read of header and leases at a time; a later one would only wait behind it. */
export function readLeases(turn: Turn): void {
  const { s, nowMs } = turn;
  if ([...s.flights.values()].some((flight) => flight.kind === 'leaseRead')) {
    return;
  }
  const patienceMs = Math.min(READ_DEADLINE_PERIODS * s.timing.renewEveryMs, loseAfterMs(s) / 2);
  const at = { block: 0, blocks: LEASE_READ_BLOCKS, deadlineMs: nowMs + patienceMs, lane: 'lease' } as const;
  issueRead(turn, { kind: 'leaseRead', startedMs: nowMs }, at);
}

/** What the record says of this host now; null: this phase writes nothing. */
export function recordState(s: State): HostLease['state'] | null {
  if (s.header.raw === null || s.header.failure !== null) {
    return null;
  }
  switch (s.phase) {
    case 'joining':
      return s.epochReserved ? 'alive' : null;
    case 'alive':
    case 'holding':
      return s.epoch > s.burntEpoch ? 'alive' : null;
    case 'drained':
      return 'drained';
    case 'left':
      return s.leave === null || s.leave.closed ? null : 'leaving';
    case 'waiting':
    case 'stopping':
    case 'condemned':
    case 'passive':
      return null;
  }
}

/** The stamp is taken before the write is handed out: the lease counts from the start of the I/O (rule 2). */
export function renew(turn: Turn): void {
  const { s, nowMs } = turn;
  const state = recordState(s);
  const sinceMs = nowMs - ownTakeoverMs(s);
  const underWay = [...s.flights.values()].filter(
    (flight) => flight.kind === 'renewal' && flight.stampMs > sinceMs,
  ).length;
  if (state === null || underWay >= MAX_RENEWALS) {
    return;
  }
  if (!s.unreturned.some((write) => write.class === 'renewal')) {
    adoptTiming(s);
  }
  s.seqIssued += 1;
  vouch(s);
  const lease = leaseRecord(s, state, nowMs);
  const { configSlots } = lease;
  s.promisedSlots = new Set([...s.promisedSlots, ...configSlots]);
  const flight: Flight = {
    kind: 'renewal',
    stampMs: nowMs,
    epoch: s.epoch,
    seq: s.seqIssued,
    leastSeq: s.seqIssued,
    state,
    timing: s.timing,
    configSlots,
    ask: s.ask,
  };
  const at = { block: leaseBlock(s.self.slot), data: encodeLease(lease), deadlineMs: ioDeadlineMs(turn) };
  issueWrite(turn, flight, { ...at, lane: 'lease', class: 'renewal' });
}

/**
 * Another profile is promised only while no renewal with the old one is on its way: landing late, it would let others
 * count a shorter T than this host lives by.
 */
function adoptTiming(s: State): void {
  const wanted = s.config === null ? s.timing : PROFILES[s.config.profile];
  if (!sameTiming(wanted, s.timing)) {
    s.timing = wanted;
    s.viewDirty = true;
  }
}

function sameTiming(left: Timing, right: Timing): boolean {
  return (
    left.renewEveryMs === right.renewEveryMs &&
    left.loseAfterMs === right.loseAfterMs &&
    left.tickMs === right.tickMs &&
    left.watchdogMs === right.watchdogMs &&
    left.landWithinMs === right.landWithinMs
  );
}

/** The watchdog counts only with a timeout, read back, that keeps the promise W. */
export function promisedWatchdog(s: State): WatchdogState {
  const { state, timeoutMs } = s.watchdog;
  return timeoutMs !== null && timeoutMs <= s.timing.watchdogMs ? state : 'none';
}

function leaseRecord(s: State, state: HostLease['state'], nowMs: number): HostLease {
  const { self, config } = s;
  const host = config?.hosts.find((entry) => entry.slot === self.slot);
  return {
    areaId: self.areaId,
    slot: self.slot,
    hostName: self.hostName,
    hardwareId: self.hardwareId,
    bootId: self.bootId,
    epoch: s.epoch,
    seq: s.seqIssued,
    state,
    timing: s.timing,
    watchdog: promisedWatchdog(s),
    softwareWatchdogAccepted: host?.acceptSoftwareWatchdog ?? false,
    configGeneration: config?.generation ?? 0,
    configSlots: config?.hosts.map((entry) => entry.slot) ?? [],
    tokensHint: s.tokensHint,
    configHint: s.configHint,
    vouches: [...s.vouched].map(([slot, incarnation]) => ({ slot, ...incarnation })),
    ask: s.ask,
    ...claimsOf(s),
    stampMs: nowMs,
  };
}

export function onRenewal(
  turn: Turn,
  flight: Extract<Flight, { kind: 'renewal' }>,
  outcome: IoOutcome,
): void {
  const { s, nowMs } = turn;
  if (outcome.kind !== 'late') {
    mayShow(turn, flight.seq);
  }
  if (outcome.kind !== 'written' || nowMs - flight.stampMs > SLOW_PERIODS * s.timing.renewEveryMs) {
    s.slowRenewMs = nowMs;
  }
  if (outcome.kind !== 'written') {
    noteStoreLost(turn, outcome.kind === 'failed' ? outcome.error : 'a renewal did not come back in time');
    return;
  }
  const renewTimes = [...s.store.renewTimes.slice(1 - RENEW_TIMES), nowMs - flight.stampMs];
  s.store = { ...s.store, lastWriteMs: nowMs, renewTimes };
  if (flight.leastSeq > s.leaseMark.seq) {
    s.leaseMark = { seq: flight.leastSeq, atMs: nowMs };
  }
  if (flight.epoch !== s.epoch || flight.state !== recordState(s)) {
    return;
  }
  if (s.phase === 'left') {
    finishLeave(turn);
  } else if (s.phase === 'drained') {
    if (quiet(s, nowMs, 0)) {
      joinAnew(turn);
    }
  } else {
    s.ackedTiming = flight.timing;
    if (!s.unreturned.some((write) => write.class === 'renewal')) {
      s.promisedSlots = new Set(flight.configSlots);
    }
    s.lastGoodMs = Math.max(s.lastGoodMs ?? 0, flight.stampMs);
    if (flight.ask === s.ask) {
      s.settleFromMs ??= nowMs;
    }
    afterRenewal(turn);
  }
}

/**
 * A renewal has come back. Newer ones that were under way with it may have landed before it: what it wrote may be what
 * shows, which is no sign of a store that went back (rule 15).
 */
function mayShow(turn: Turn, seq: number): void {
  const { s, nowMs } = turn;
  if (seq < s.leaseMark.seq) {
    s.leaseMark = { seq, atMs: nowMs };
  }
  for (const [id, other] of s.flights) {
    if (other.kind === 'renewal' && other.seq > seq && other.leastSeq > seq) {
      s.flights = withEntry(s.flights, id, { ...other, leastSeq: seq });
    }
  }
}

/** A renewal that took longer than L gives nothing: a late answer revives nothing. */
function afterRenewal(turn: Turn): void {
  const { s, nowMs } = turn;
  const fresh = nowMs < (s.lastGoodMs ?? 0) + loseAfterMs(s) - marginMs(s);
  if (s.phase === 'joining' && fresh) {
    enter(turn, 'alive');
    save(turn);
    tell(turn, 'keeper.alive', { epoch: s.epoch });
  }
  if (leaseValid(s, nowMs)) {
    noteStoreBack(turn);
  }
  if (s.phase === 'holding') {
    beginThaw(turn);
  }
}

/** A new epoch, after everything of the earlier ones is dead and drained or by the first start after a boot (rule 5). */
export function joinAnew(turn: Turn): void {
  const { s, nowMs } = turn;
  const ownConfig = s.configRead?.pairs[s.self.slot];
  const reserved = ownConfig?.kind === 'record' ? ownConfig.value.epoch : 0;
  s.epoch = Math.max(s.epoch, s.burntEpoch, s.own.lease?.epoch ?? 0, s.namedEpoch, reserved) + 1;
  s.epochReserved = false;
  s.held = new Map();
  s.burntGenerations = new Map();
  s.lastGoodMs = null;
  unsettle(s);
  s.ask = 0;
  s.ackedTiming = null;
  s.challenges = new Map();
  enter(turn, 'joining');
  save(turn);
  s.nextCycleMs = Math.min(s.nextCycleMs, nowMs);
}

export function finishLeave(turn: Turn): void {
  const { s } = turn;
  if (s.leave === null || s.leave.closed) {
    return;
  }
  turn.effects.push({ kind: 'disarmWatchdog' });
  reply(turn, s.leave.requestId, null);
  s.leave = { ...s.leave, closed: true };
  tell(turn, 'keeper.left', { epoch: s.epoch });
}

export function noteStoreLost(turn: Turn, error: string): void {
  const { s, nowMs } = turn;
  if (s.store.lostSinceMs === null) {
    tell(turn, 'store.lost', { error: error.slice(0, 200) });
    s.viewDirty = true;
  }
  s.store = { ...s.store, error: error.slice(0, 200), lostSinceMs: s.store.lostSinceMs ?? nowMs };
}

export function noteStoreBack(turn: Turn): void {
  const { s, nowMs } = turn;
  if (s.store.lostSinceMs !== null) {
    tell(turn, 'store.back', { afterMs: nowMs - s.store.lostSinceMs });
    s.store = { ...s.store, lostSinceMs: null, error: null };
    s.viewDirty = true;
  }
}
