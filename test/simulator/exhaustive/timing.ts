import { PROFILES } from '../../../agent/core/timing.ts';
import type { Timing } from '../../../agent/protocol/timing.ts';

/** The models' clock moves in steps of this: one keeper tick and one renewal period. */
export const STEP_MS = 1000;

/** L 3, g 1, W 2, d 1: T is 7.5 s. Small, so that few steps lie between a fault and its last consequence. */
export const SMALL: Timing = {
  renewEveryMs: STEP_MS,
  loseAfterMs: 3 * STEP_MS,
  tickMs: STEP_MS,
  watchdogMs: 2 * STEP_MS,
  landWithinMs: STEP_MS,
};

/** L 6: long enough for the hosts to ask each other before it ends; T is 10.5 s. */
export const SMALL_WITH_HOLD: Timing = { ...SMALL, loseAfterMs: 6 * STEP_MS };

/** Times are data of the shipped code, so that it can be run with small ones; the rules are the same for all. */
export function withTiming<Result>(timing: Timing, run: () => Result): Result {
  const before = { ...PROFILES };
  Object.assign(PROFILES, { swift: timing, steady: timing, patient: timing });
  try {
    return run();
  } finally {
    Object.assign(PROFILES, before);
  }
}
