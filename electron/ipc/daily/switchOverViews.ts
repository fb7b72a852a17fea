/** Before a switchover: what moves, how long it pauses, and whether all is well for it. */
export interface SwitchOverPlan {
  readonly vmName: string;
  readonly from: string;
  readonly to: string;
  readonly shutDown: ShutDownWay;
  readonly live: LiveWay;
  readonly checks: readonly CheckLine[];
  /** False: a check failed, and the agents would refuse. */
  readonly mayBegin: boolean;
}

/** It is shut down where it is and started there. */
export interface ShutDownWay {
  readonly expectedPauseMs: number | null;
  readonly basis: 'seen' | 'assumed';
  /** What will happen, a sentence a step. */
  readonly steps: readonly string[];
  /** What may be lost, in a sentence; null: nothing. */
  readonly risk: string | null;
}

/** It is moved while it runs. */
export interface LiveWay {
  /** Why that can't be, in a sentence; null: it can, as far as is known before. */
  readonly refused: string | null;
  readonly expectedPauseMs: number;
  readonly steps: readonly string[];
  readonly risk: string;
}

export interface CheckLine {
  readonly id: string;
  readonly title: string;
  readonly state: 'passed' | 'warning' | 'failed';
  readonly evidence: string;
  readonly whatToDo: string | null;
}
