import type { HostLease } from '../../protocol/store.ts';
import { MAX_GAP_PERIODS, type PeerWatch } from '../observer.ts';
import { CLOCK_RATE_ERROR, PROFILES, takeoverByTimeMs, takeoverTimeMs } from '../timing.ts';
import { loseAfterMs, mine, otherSlots } from './rights.ts';
import { type State, type Turn, withEntry, without } from './state.ts';
import { queueTokens } from './sweep.ts';
import { failed, save, tell } from './turn.ts';

/**
 * A host that begins a new epoch can't see that the store went back in time just before: it has nothing of its own to
 * compare with, and tokens that another host has taken since look like its own past (rule 15). So it acquires nothing
 * until every other host has vouched, in its lease record, that it has found all its tokens on the store since this epoch
 * stands there; or has been silent for T since then.
 */

/** After a read of another host's record: an epoch that was not there before is vouched for anew. */
export function noteNewcomer(s: State, lease: HostLease, nowMs: number): void {
  const { slot, bootId, epoch, ask = 0 } = lease;
  const known = s.vouchChecks.get(slot) ?? s.vouched.get(slot);
  if (known?.bootId === bootId && known.epoch === epoch && known.ask === ask) {
    return;
  }
  s.vouched = without(s.vouched, slot);
  s.vouchChecks = withEntry(s.vouchChecks, slot, { bootId, epoch, ask, sinceMs: nowMs });
}

/** A read of a held token has shown it as it should be. */
export function noteConfirmed(s: State, token: number, readStartedMs: number): void {
  if (s.vouchChecks.size > 0) {
    s.confirmedMs = withEntry(s.confirmedMs, token, readStartedMs);
  }
}

/** Before each renewal: whose new epochs can be vouched for by what was read since. */
export function vouch(s: State): void {
  for (const [slot, { sinceMs, ...incarnation }] of s.vouchChecks) {
    const open = unconfirmed(s, sinceMs);
    if (open.length === 0 && !acquiresSince(s, sinceMs)) {
      s.vouched = withEntry(s.vouched, slot, incarnation);
      s.vouchChecks = without(s.vouchChecks, slot);
    }
    queueTokens(s, open);
  }
  if (s.vouchChecks.size === 0 && s.confirmedMs.size > 0) {
    s.confirmedMs = new Map();
  }
}

/** Held tokens that no read begun since then has shown. */
function unconfirmed(s: State, sinceMs: number): readonly number[] {
  return [...s.held.keys()].filter(
    (token) => mine(s, token) !== null && (s.confirmedMs.get(token) ?? 0) <= sinceMs,
  );
}

/** What was begun before may still be granted by what it had read then. */
function acquiresSince(s: State, sinceMs: number): boolean {
  return [...s.operations.values()].some(
    (one) =>
      one.kind === 'token' && (one.goal === 'acquire' || one.goal === 'reassert') && one.startedMs <= sinceMs,
  );
}

/** After each read of the leases, until it is settled: has everybody vouched, or been silent for long enough? */
export function settle(turn: Turn, readStartedMs: number): void {
  const { s, nowMs } = turn;
  if (s.settled || s.settleFromMs === null || (s.phase !== 'alive' && s.phase !== 'holding')) {
    return;
  }
  const sinceMs = s.settleFromMs;
  const open = otherSlots(s).filter((slot) => !isSettled(s, s.watch.peers[slot], sinceMs, readStartedMs));
  if (open.length === 0) {
    s.settled = true;
    s.viewDirty = true;
    save(turn);
  } else if (!s.settleTold && nowMs - sinceMs > loseAfterMs(s) / 2) {
    s.settleTold = true;
    for (const slot of open) {
      tell(turn, 'keeper.settling', { slot });
    }
  }
}

function isSettled(s: State, peer: PeerWatch | undefined, sinceMs: number, readStartedMs: number): boolean {
  if (peer === undefined || peer.raw === null) {
    return false;
  }
  const { lease } = peer;
  if (lease === null && peer.unreadable === null && s.epoch === 1) {
    // A new area: nobody has ever been there, this host as little as the other.
    return true;
  }
  const has = lease?.vouches?.some(
    ({ slot, bootId, epoch, ask = 0 }) =>
      slot === s.self.slot && bootId === s.self.bootId && epoch === s.epoch && ask === s.ask,
  );
  if (has === true) {
    return true;
  }
  return isSilent(s, peer, sinceMs, readStartedMs);
}

/** For T since then, as rule 3 measures it. */
export function isSilent(s: State, peer: PeerWatch, sinceMs: number, readStartedMs: number): boolean {
  const { lease } = peer;
  const silentMs = peer.unreadable === null && lease !== null ? silenceMs(lease) : longestSilenceMs(s, peer);
  const isQuiet = peer.baseMs !== null && readStartedMs > Math.max(peer.baseMs, sinceMs) + silentMs;
  return isQuiet && storeAnswersInTime(s, readStartedMs);
}

/** As in rule 3: a store that holds reads back may hold the others' writes back too, and then silence shows nothing. */
function storeAnswersInTime(s: State, readStartedMs: number): boolean {
  const { timelySinceMs } = s.watch;
  const landMs = s.timing.landWithinMs * (1 + CLOCK_RATE_ERROR);
  return timelySinceMs !== null && readStartedMs >= timelySinceMs + landMs;
}

/** T; of a host that no watchdog resets as well, which may then still be there: docs/safety.md, section 5. */
function silenceMs(lease: HostLease): number {
  return takeoverByTimeMs(lease) ?? takeoverTimeMs(lease.timing);
}

function longestSilenceMs(s: State, { lease, unreadable }: PeerWatch): number {
  if (unreadable === null) {
    return takeoverTimeMs(s.timing);
  }
  const knownMs = lease === null ? null : takeoverByTimeMs({ ...lease, timing: PROFILES.patient });
  return knownMs ?? takeoverTimeMs(PROFILES.patient);
}

/** Nobody has vouched for what is asked from here on. */
export function unsettle(s: State): void {
  s.settled = false;
  s.ask += 1;
  s.settleFromMs = null;
  s.settleTold = false;
}

/**
 * First thing in every step: a host that has written nothing for so long would not see by its own record that the store
 * went back meanwhile. What stands there is as it left it; the others have to vouch anew.
 */
export function noteGap(turn: Turn): void {
  const { s, nowMs } = turn;
  const isWriting = s.phase === 'alive' || s.phase === 'holding';
  const quietMs = nowMs - (s.lastGoodMs ?? nowMs);
  if (isWriting && s.settled && quietMs > MAX_GAP_PERIODS * s.timing.renewEveryMs) {
    unsettle(s);
    s.viewDirty = true;
    save(turn);
  }
}

/** Nothing is free for this host before that. */
export function waitsForOthers(s: State): boolean {
  return !s.settled;
}

export function settling(): ReturnType<typeof failed> {
  return failed(
    'keeper.settling',
    'This host has begun anew, or was without the store, and takes nothing until the others have confirmed what they hold.',
  );
}
