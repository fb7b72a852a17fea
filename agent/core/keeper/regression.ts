import { ownTakeoverMs } from './rights.ts';
import type { Turn } from './state.ts';
import { queueAllTokens } from './sweep.ts';
import { tell } from './turn.ts';

/**
 * The store shows less than it had acknowledged: a snapshot was restored, or an export answers before it writes. Until
 * T has passed nobody acquires, and holders say again, at a higher generation, what they hold (rule 15).
 */
export function noteRegression(turn: Turn, what: string): void {
  const { s, nowMs } = turn;
  if (s.regressedUntilMs === null) {
    tell(turn, 'store.regressed', { what });
  }
  s.regressedUntilMs = nowMs + ownTakeoverMs(s);
  // What is there now is the new measure; the next acknowledged writes raise it again.
  s.leaseMark = { seq: 0, atMs: nowMs };
  s.tokenMarks = new Map();
  s.configMark = { seq: 0, atMs: nowMs };
  s.reassert = new Set([...s.held.values()].filter((held) => !held.claim).map((held) => held.token));
  s.configReadWanted = true;
  queueAllTokens(s);
  s.viewDirty = true;
}

export function endRegression(turn: Turn): void {
  const { s, nowMs } = turn;
  if (s.regressedUntilMs !== null && nowMs >= s.regressedUntilMs) {
    s.regressedUntilMs = null;
    s.viewDirty = true;
    tell(turn, 'store.regression-over');
  }
}
