import { FailureError } from '../../../agent/protocol/failure.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { WorldResult, WorldWatcher } from '../world/result.ts';
import { runWorld } from '../world/runWorld.ts';
import { type GenerateOptions, generate } from './generate.ts';
import { count, MOST_FAILURES_KEPT, type Tally } from './tally.ts';

/** Not an invariant of the protocol: the code under test, or the world, threw. */
export const THREW = 'threw';

/**
 * A world whose faults are over tells nothing new once all is well again: it ends so long after that, which is more than
 * any late write takes. One in so many goes on to its end.
 */
const REST_S = 10;
const WAITS_TO_THE_END = 8;

/** The world of one seed, its result counted. Returns the scenario that was run. */
export function runSeed(
  seed: number,
  options: GenerateOptions,
  tally: Tally,
  watch?: WorldWatcher,
): Scenario {
  const scenario = generate(seed, options);
  const beganMs = performance.now();
  const failure = firstFailure(scenario, seed, watch, (result) => {
    tally.simulatedS += result.endedAt;
    tally.failovers += result.failovers;
    for (const { resets } of Object.values(result.hosts)) tally.resets += resets;
    for (const { longestDownS } of Object.values(result.vms)) {
      tally.longestDownS = Math.max(tally.longestDownS, longestDownS);
    }
  });
  tally.busyMs += performance.now() - beganMs;
  tally.worlds += 1;
  for (const step of scenario.steps) {
    count(tally.faults, step.do === 'admin' ? `admin ${step.command}` : step.do);
  }
  if (failure !== null) {
    tally.failedWorlds += 1;
    if (tally.failures.length < MOST_FAILURES_KEPT) tally.failures.push({ seed, ...failure });
  }
  return scenario;
}

interface Failure {
  readonly invariant: string;
  readonly at: number;
  readonly detail: string;
}

/** What is wrong first in a world of this scenario; null when nothing is. Never throws. */
export function firstFailure(
  scenario: Scenario,
  seed: number,
  watch?: WorldWatcher,
  ended?: (result: WorldResult) => void,
): Failure | null {
  try {
    const result = runWorld(scenario, seed, watch, seed % WAITS_TO_THE_END === 0 ? null : REST_S);
    ended?.(result);
    return result.violations[0] ?? null;
  } catch (error) {
    const text =
      error instanceof FailureError ? error.failure.message : String((error as Error).stack ?? error);
    return { invariant: THREW, at: scenario.until, detail: text.split('\n').slice(0, 6).join(' | ') };
  }
}
