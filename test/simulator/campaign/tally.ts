/** What a campaign, or a part of it, has run and seen. Bounded: counters by kind, and the first failures only. */
export interface Tally {
  worlds: number;
  simulatedS: number;
  /** Time that the running of worlds took, in ms, summed over the processes. */
  busyMs: number;
  readonly faults: Map<string, number>;
  failovers: number;
  resets: number;
  longestDownS: number;
  failedWorlds: number;
  readonly failures: WorldFailure[];
  readonly covered: Map<string, number>;
}

export interface WorldFailure {
  readonly seed: number;
  readonly invariant: string;
  readonly at: number;
  readonly detail: string;
}

/** More failures than this are counted, not kept: the first few already say what is wrong. */
export const MOST_FAILURES_KEPT = 20;

export function emptyTally(): Tally {
  return {
    worlds: 0,
    simulatedS: 0,
    busyMs: 0,
    faults: new Map(),
    failovers: 0,
    resets: 0,
    longestDownS: 0,
    failedWorlds: 0,
    failures: [],
    covered: new Map(),
  };
}

export function count(into: Map<string, number>, key: string, times = 1): void {
  into.set(key, (into.get(key) ?? 0) + times);
}

export function addTally(into: Tally, part: Tally): void {
  into.worlds += part.worlds;
  into.simulatedS += part.simulatedS;
  into.busyMs += part.busyMs;
  into.failovers += part.failovers;
  into.resets += part.resets;
  into.failedWorlds += part.failedWorlds;
  into.longestDownS = Math.max(into.longestDownS, part.longestDownS);
  for (const [key, times] of part.faults) count(into.faults, key, times);
  for (const [key, times] of part.covered) count(into.covered, key, times);
  into.failures.push(...part.failures.slice(0, MOST_FAILURES_KEPT - into.failures.length));
}
