import type { ProbeOutcome } from '../../protocol/health.ts';

export interface ProbeAnswer {
  readonly outcome: ProbeOutcome;
  readonly text: string;
  /** The guest said that it may be silent for so long; 0: that it is back. */
  readonly awayMs?: number;
}

/** What is known of one level: counted since the guest's last start. */
export interface LevelState {
  readonly askedAtMs: number | null;
  readonly operation: number | null;
  readonly deadlineMs: number;
  readonly failures: number;
  readonly failingSinceMs: number | null;
  readonly last: (ProbeAnswer & { readonly atMs: number }) | null;
}

/** The guest's counters, as the second opinion: when they were last seen to move. */
export interface CountersState {
  readonly atMs: number;
  readonly disk: number;
  readonly network: number;
  readonly sinceMs: number;
  /** null: they were not seen to move. */
  readonly diskMovedAtMs: number | null;
  readonly networkMovedAtMs: number | null;
}

/** How one VM is, and what was done about it. Times are the host's boot clock, in ms. */
export interface HealthState {
  /** Failures don't count before this; null: this run of the guest was not noticed yet. */
  readonly patientUntilMs: number | null;
  readonly startedAtMs: number;
  /** Every level has answered well since the guest's last start. */
  readonly hasBeenWell: boolean;
  /** Its guest agent or its heartbeat was heard since this agent watches the VM, in this run of the guest or an earlier one. */
  readonly wasHeard: boolean;
  /** It said itself that it is away: until then its silence does not count. */
  readonly awayUntilMs: number;
  /** It restarted itself and has its grace for that. */
  readonly inGrace: boolean;
  readonly fast: LevelState;
  readonly deep: LevelState;
  readonly counters: CountersState | null;
  readonly countersOperation: number | null;
  readonly countersDeadlineMs: number;
  /** The guest itself said that it is lost. */
  readonly alarm: { readonly kind: 'panicked' | 'watchdog'; readonly atMs: number } | null;
  /** A restart of the guest that is seen before this time was ours. */
  readonly ownResetUntilMs: number;
  readonly appRestartsMs: readonly number[];
  readonly resetsMs: readonly number[];
  /** Nothing is done about it before this. */
  readonly notBeforeMs: number;
  /** Rounds in which every rung of the ladder was tried; each doubles the pause. */
  readonly givenUp: number;
  readonly failedSinceMs: number | null;
  readonly lastAct: string | null;
  /** Asked by this host because another VM waits for this one. */
  readonly gate: {
    readonly askedAtMs: number;
    readonly operation: number | null;
    readonly deadlineMs: number;
    readonly wellAtMs: number | null;
  } | null;
  /** Since when this VM waits for others before it is started. */
  readonly waitsSinceMs: number | null;
  /** What was told of the present failure, each once. */
  readonly said: readonly string[];
}

const newLevel: LevelState = {
  askedAtMs: null,
  operation: null,
  deadlineMs: 0,
  failures: 0,
  failingSinceMs: null,
  last: null,
};

export const newHealth: HealthState = {
  patientUntilMs: null,
  startedAtMs: 0,
  hasBeenWell: false,
  wasHeard: false,
  awayUntilMs: 0,
  inGrace: false,
  fast: newLevel,
  deep: newLevel,
  counters: null,
  countersOperation: null,
  countersDeadlineMs: 0,
  alarm: null,
  ownResetUntilMs: 0,
  appRestartsMs: [],
  resetsMs: [],
  notBeforeMs: 0,
  givenUp: 0,
  failedSinceMs: null,
  lastAct: null,
  gate: null,
  waitsSinceMs: null,
  said: [],
};

export const LEVELS = ['fast', 'deep'] as const;
export type LevelName = (typeof LEVELS)[number];
