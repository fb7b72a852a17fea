/** What a run of the world brings back; `test/simulator/scenario` judges expectations by it. All times in s. */

/**
 * `I1` to `I8` as in docs/safety.md; `live`: with one host and the store well for T_live, what should run runs (I4).
 * `said`: in worlds outside of what is assumed, a double run was not noticed. `error`: a step of the core threw.
 */
export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'live' | 'said' | 'error';

export interface Violation {
  readonly invariant: Invariant;
  readonly at: number;
  /** One sentence: who, what, and why that must not be. */
  readonly detail: string;
}

/** From `at` on, until the next entry. */
export interface Since<Value> {
  readonly at: number;
  readonly value: Value;
}

export type ReadinessLevel = 'protected' | 'degraded' | 'unprotected';

export interface VmResult {
  /** Host on which its guest runs and is booted at the end; null: none. */
  readonly host: string | null;
  /** Seconds without service so far, while it was meant to run. */
  readonly downtimeS: number;
  /** The longest single outage. */
  readonly longestDownS: number;
  /** Whether it was down while it was meant to run. */
  readonly down: readonly Since<boolean>[];
  /** Where its guest runs (a guest that boots counts, a held one does not). */
  readonly runs: readonly Since<string | null>[];
  /** As the agent that answers for it says; null: none says anything. */
  readonly readiness: readonly Since<ReadinessLevel | null>[];
}

export interface HostResult {
  /** Times that the watchdog has reset it. */
  readonly resets: number;
  readonly resetsAt: readonly number[];
}

export interface WorldResult {
  readonly violations: readonly Violation[];
  readonly vms: Readonly<Record<string, VmResult>>;
  readonly hosts: Readonly<Record<string, HostResult>>;
  /** Takeovers, restarts and switchovers that came to their end. */
  readonly failovers: number;
  readonly endedAt: number;
}

/** What may listen to a run. Neither changes it. */
export interface WorldWatcher {
  readonly trace?: (atMs: number, line: string) => void;
  /** `keeper:alive>holding`, `keeper:tick:pet`, `engine:start:acquire>fetch`, `event:vm.taken-over` and the like. */
  readonly cover?: (key: string) => void;
}
