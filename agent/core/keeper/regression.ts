import type { Watch } from '../observer.ts';
import { takeoverByTimeMs } from '../timing.ts';
import { MAX_RENEWALS } from './cycle.ts';
import { otherSlots, ownTakeoverMs } from './rights.ts';
import { type State, type Turn, withEntry, without } from './state.ts';
import { queueAllTokens } from './sweep.ts';
import { save, tell } from './turn.ts';

/**
 * Changes of a host's record after which one of them was surely written after the roll-back: the roll-back is one
 * itself, and as many renewals as may be under way can land late from a host that stands still.
 */
export const SIGNS_OF_LIFE = MAX_RENEWALS + 2;

/**
 * The store shows less than it had acknowledged: a snapshot was restored, or an export answers before it writes. Until
 * T has passed nobody acquires, and holders say again, at a higher generation, what they hold (rule 15). A host that no
 * watchdog resets may hold something that the store has forgotten for longer than any T: it must be heard again.
 */
export function noteRegression(turn: Turn, what: string): void {
  const { s, nowMs } = turn;
  if (s.regressedUntilMs === null) {
    tell(turn, 'store.regressed', { what });
  }
  s.regressedAtMs ??= nowMs;
  s.regressedUntilMs = nowMs + ownTakeoverMs(s);
  s.unheard = new Map(s.unheard);
  for (const slot of otherSlots(s)) {
    const lease = s.watch.peers[slot]?.lease;
    const coveredMs = lease?.state === 'alive' ? takeoverByTimeMs(lease) : 0;
    if (coveredMs === null) {
      s.unheard = withEntry(s.unheard, slot, SIGNS_OF_LIFE);
    } else {
      s.regressedUntilMs = Math.max(s.regressedUntilMs, nowMs + coveredMs);
    }
  }
  // What is there now is the new measure; the next acknowledged writes raise it again.
  s.leaseMark = { seq: 0, atMs: nowMs };
  s.tokenMarks = new Map();
  s.configMark = { seq: 0, atMs: nowMs };
  s.reassert = new Set([...s.held.values()].filter((held) => !held.claim).map((held) => held.token));
  s.configReadWanted = true;
  queueAllTokens(s);
  // Who has noticed nothing has a look as well.
  s.tokensHint += 1;
  s.viewDirty = true;
  save(turn);
}

/** After a read of the leases: which of the hosts that are waited for have moved since the one before. */
export function noteSignsOfLife(s: State, before: Watch): void {
  for (const [slot, left] of s.unheard) {
    if (s.watch.peers[slot]?.raw === before.peers[slot]?.raw) {
      continue;
    }
    s.unheard = left > 1 ? withEntry(s.unheard, slot, left - 1) : without(s.unheard, slot);
  }
}

export function endRegression(turn: Turn): void {
  const { s, nowMs } = turn;
  if (s.regressedUntilMs === null || nowMs < s.regressedUntilMs) {
    return;
  }
  if (s.unheard.size > 0) {
    for (const slot of s.unheard.keys()) {
      tell(turn, 'store.regression-waits', { slot });
    }
    s.regressedUntilMs = nowMs + ownTakeoverMs(s);
    return;
  }
  s.regressedUntilMs = null;
  s.regressedAtMs = null;
  s.viewDirty = true;
  tell(turn, 'store.regression-over');
}
