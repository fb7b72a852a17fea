import type { Failure } from '../../../agent/protocol/failure.ts';

/** Reports of checks, and long work, as the window shows them. Times are Unix ms for people. */

export type LineState = 'passed' | 'warning' | 'failed' | 'skipped';
export type LineGroup =
  | 'host'
  | 'network'
  | 'storage'
  | 'hypervisor'
  | 'time'
  | 'watchdog'
  | 'other-software';

/** What a button would do, said before it is pressed. */
export interface FixView {
  readonly id: string;
  readonly label: string;
  readonly consequence: string;
}
export interface CheckLine {
  /** Unique in its report: the check's id and its host. */
  readonly key: string;
  readonly id: string;
  readonly group: LineGroup;
  /** null: about all hosts together. */
  readonly host: string | null;
  readonly title: string;
  readonly state: LineState;
  readonly evidence: string;
  /** What it means and what to do; null for what passed or was skipped. */
  readonly whatToDo: Failure | null;
  readonly fix: FixView | null;
  /** The user may go on although it failed. */
  readonly acceptable: boolean;
  readonly accepted: boolean;
  readonly checkedAt: number;
  /** It is being looked at again. */
  readonly running: boolean;
}
export interface CheckReport {
  /** null: of the set-up that is open. */
  readonly groupId: string | null;
  readonly hosts: readonly string[];
  readonly lines: readonly CheckLine[];
  readonly running: boolean;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** When it runs again by itself; null: only when asked. */
  readonly nextAt: number | null;
  /** Why it could not be finished; lines of hosts that did not answer are missing then. */
  readonly failures: readonly { readonly host: string; readonly failure: Failure }[];
  /** Fails that are not accepted. */
  readonly blocking: number;
}

export type StepStateView = 'waiting' | 'running' | 'done' | 'already-done' | 'undone' | 'failed' | 'skipped';
export interface WorkStep {
  readonly id: string;
  readonly host: string | null;
  readonly title: string;
  readonly state: StepStateView;
  /** `40 %`, or a result in a few words. */
  readonly detail: string | null;
  readonly tookMs: number | null;
  readonly failure: Failure | null;
}
export type WorkKind =
  | 'fix'
  | 'install'
  | 'undo'
  | 'prove'
  | 'create'
  | 'connect'
  | 'protect'
  | 'uninstall'
  | 'join'
  | 'remove'
  | 'replace';
/** Anything that takes long, in one shape. Interrupted work that may be gone on with is simply begun again. */
export interface WorkView {
  readonly id: string;
  readonly kind: WorkKind;
  /** null: of the set-up that is open. */
  readonly groupId: string | null;
  readonly title: string;
  /** `stopping`: it ends after the step at hand. `interrupted`: begun again it goes on where it stopped. */
  readonly state: 'running' | 'stopping' | 'done' | 'failed' | 'interrupted';
  readonly elapsedMs: number;
  readonly steps: readonly WorkStep[];
  readonly failure: Failure | null;
  /** Why it can't be stopped now; null: it can. */
  readonly stopRefused: string | null;
}
