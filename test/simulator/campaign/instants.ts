import { PROFILES, takeoverTimeMs } from '../../../agent/core/timing.ts';
import type { Random } from '../world/random.ts';
import type { Scenario } from '../scenario/scenario.ts';

const S = 1000;
/** How far around an interesting instant things happen: on it, near it, and in its surroundings. */
const SPREADS_S = [0.05, 0.6, 3] as const;

/** T of a profile, in seconds. */
export function takeoverS(profile: Scenario['profile']): number {
  return takeoverTimeMs(PROFILES[profile]) / S;
}

/**
 * Lengths of time at which the protocol decides something, in seconds: the renewal, the stop margin, L, the end of
 * petting, the watchdog, the last late write, T, and what is far shorter or longer than all of them.
 */
function criticalLengths(profile: Scenario['profile']): readonly [number, ...number[]] {
  const { renewEveryMs, loseAfterMs, tickMs, watchdogMs, landWithinMs } = PROFILES[profile];
  const loseS = loseAfterMs / S;
  const lastPetS = loseS + tickMs / S;
  const resetS = lastPetS + watchdogMs / S;
  const takeS = takeoverS(profile);
  return [
    0.3,
    renewEveryMs / S,
    (3 * renewEveryMs) / S,
    loseS - 1,
    loseS,
    lastPetS,
    watchdogMs / S,
    resetS,
    resetS + landWithinMs / S,
    takeS,
    takeS + 1,
    takeS + 4,
    2 * takeS,
  ];
}

/** A length near one of the critical ones, in seconds, never negative. */
export function criticalLength(random: Random, profile: Scenario['profile']): number {
  const spread = random.pick(SPREADS_S);
  return Math.max(0, random.pick(criticalLengths(profile)) + (random.next() - 0.5) * 2 * spread);
}
