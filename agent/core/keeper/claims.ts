import { type HostLease, MAX_GIVEN_UP } from '../../protocol/store.ts';
import { tokenBlock } from '../area.ts';
import { deadUpToEpoch } from '../observer.ts';
import type { TokenRead } from '../token.ts';
import { burntGeneration, loseAfterMs, mine } from './rights.ts';
import { STOP_PATIENCE_MS, beginStop } from './scan.ts';
import { type State, type Turn, without } from './state.ts';
import { tell, writeLocked } from './turn.ts';

/**
 * What a host says of its tokens in its lease record, which is written every P whatever has become of the blocks of its
 * tokens: what it holds, because the store may have gone back to before that was decided (rule 15), and what it has given
 * up, because a write of a block may never come back, and then nothing can be written there in this boot (rule 13).
 */

export function claimsOf(s: State): Pick<HostLease, 'holds' | 'givenUp'> {
  const holds = [...s.held.keys()].flatMap((token) => {
    const held = mine(s, token);
    return held === null ? [] : [[token, held.generation] as [number, number]];
  });
  const givenUp = [...s.held.values()]
    .filter(({ token, claim, generation }) => !claim && generation <= burntGeneration(s, token))
    .filter(({ token }) => isBlockLocked(s, token))
    .flatMap(({ token, generation, note }) =>
      note === null ? [] : [{ token, note: { ...note, generation, released: true } }],
    )
    .slice(0, MAX_GIVEN_UP);
  return { ...(holds.length > 0 ? { holds } : {}), ...(givenUp.length > 0 ? { givenUp } : {}) };
}

export function isBlockLocked(s: State, token: number): boolean {
  const { slot } = s.self;
  return writeLocked(s, [tokenBlock(token, slot, 0), tokenBlock(token, slot, 1)], 1);
}

/** The slot of a live host whose record says that it holds the token at a higher generation than this; null: none. */
export function contender(s: State, token: number, generation: number): number | null {
  const peer = s.watch.peers.find(
    ({ slot, lease, ...rest }) =>
      slot !== s.self.slot &&
      lease?.state === 'alive' &&
      deadUpToEpoch({ slot, lease, ...rest }) < lease.epoch &&
      lease.holds?.some(([held, at]) => held === token && at > generation) === true,
  );
  return peer?.slot ?? null;
}

/** What was read, with the release that its holder could tell of in its lease record only. */
export function withGivenUp(s: State, read: TokenRead): TokenRead {
  const { decided, token } = read;
  const lease = decided === null ? null : s.watch.peers[decided.value.holder]?.lease;
  if (decided === null || !lease || lease.epoch !== decided.value.holderEpoch) {
    return read;
  }
  const given = lease.givenUp?.find(
    (one) => one.token === token && one.note.generation === decided.generation,
  );
  return given === undefined ? read : { ...read, note: given.note };
}

/**
 * A token that the store has lost and that can't be asserted anew, since a write of its block never came back, is free for
 * others once they have waited for T. Its VM is stopped before that; from then on it is a release like any other.
 */
export function isLostForGood(s: State, token: number, nowMs: number): boolean {
  const dueMs = (s.regressedAtMs ?? nowMs) + loseAfterMs(s);
  return nowMs >= dueMs && isBlockLocked(s, token);
}

export function giveUp(turn: Turn, token: number): void {
  const { s, nowMs } = turn;
  const held = s.held.get(token);
  if (held === undefined) {
    return;
  }
  tell(turn, 'token.given-up', { vm: held.vm, generation: held.generation });
  if (s.thawChecks !== null) {
    s.thawChecks = without(s.thawChecks, token);
  }
  if (s.scan === null || s.scan.processes.some(({ vm }) => vm === held.vm)) {
    beginStop(turn, held.vm, nowMs + STOP_PATIENCE_MS);
  }
}
