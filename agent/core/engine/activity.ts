import type { Failure } from '../../protocol/failure.ts';
import type { SwitchoverHow } from '../../protocol/group.ts';
import type { HolderNote } from '../../protocol/store.ts';

export type { SwitchoverHow } from '../../protocol/group.ts';

/** What is being done with a VM, step by step. At most one activity a VM; each step has a deadline and a way back. */
export type Activity =
  | StartActivity
  | StopActivity
  | ExpelActivity
  | ResumeActivity
  | RepairActivity
  | MoveActivity
  | ReceiveActivity;

interface Step<Name extends string> {
  readonly step: Name;
  readonly sinceMs: number;
  readonly stepSinceMs: number;
  /** What the step waits for; null: for facts. */
  readonly operation: number | null;
  readonly deadlineMs: number;
}

export type StartStep =
  | 'acquire'
  | 'fetch'
  | 'place'
  | 'beginStart'
  | 'create'
  | 'mayContinue'
  | 'resume'
  | 'endStart'
  /** The way back: make sure that no QEMU is left, then say so to the keeper. */
  | 'undo'
  | 'undoWait'
  | 'endFailed';

export interface StartActivity extends Step<StartStep> {
  readonly kind: 'start';
  readonly cause: 'start' | 'restart' | 'takeover' | 'switchover';
  /** False: the token is only taken, the VM is meant to stay as it is. */
  readonly thenStart: boolean;
  /** The guest is here already, received live and paused: it is continued instead of created. */
  readonly isReceived: boolean;
  /** The note to take the token with; null when the token is ours already. */
  readonly acquireWith: HolderNote | null;
  readonly generation: number;
  /** The VM was another host's before: what this host has of it may be old, a memory image most of all. */
  readonly fromOther: boolean;
  /** Since when the VM is believed to be out of service, on this host's clock; null: it is not, or nobody knows. */
  readonly downSinceMs: number | null;
  readonly command: number | null;
  /** The story that its events belong to, on this host and the others. */
  readonly incident: string;
  /** Why it is being undone, and whether the VM is to blame (then it counts as a failure of the VM). */
  readonly undoing: { readonly failure: Failure; readonly countsForVm: boolean } | null;
  readonly why: string;
}

export type StopStep =
  | 'note'
  | 'shutdown'
  | 'waitOff'
  /** The keeper ends it, with the proof that no write is left on its way. */
  | 'kill'
  /** The hypervisor ends it: only where the keeper would not. */
  | 'destroy'
  | 'waitGone'
  | 'publish'
  | 'release'
  | 'awaitTaker';

export interface StopActivity extends Step<StopStep> {
  readonly kind: 'stop';
  readonly cause: 'switchover' | 'stop' | 'handover';
  readonly to: number | null;
  /** The guest has moved already, running; what is left is to give the token after it. */
  readonly isLive: boolean;
  readonly generation: number;
  readonly shutdownUntilMs: number;
  /** When the guest was last asked to shut down, and the asking again that is not answered yet. */
  readonly askedAtMs: number;
  readonly askedAgain: number | null;
  readonly command: number | null;
  readonly incident: string;
  /** Since when the guest is known to be off here; null: it is not yet. */
  readonly offSinceMs: number | null;
  readonly failedOn: readonly number[];
  readonly reason: string;
  /** How it is to be brought back to this host later; null: it is not. */
  readonly comesBack: SwitchoverHow | null;
}

export interface ExpelActivity extends Step<'destroy'> {
  readonly kind: 'expel';
}

export interface ResumeActivity extends Step<'mayContinue' | 'resume'> {
  readonly kind: 'resume';
  readonly generation: number;
  readonly why: string;
}

/** A running guest is being moved to another host. */
export interface MoveActivity extends Step<'publish' | 'migrate'> {
  readonly kind: 'move';
  readonly to: number;
  readonly generation: number;
  readonly command: number | null;
  readonly incident: string;
  readonly reason: string;
  readonly comesBack: SwitchoverHow | null;
  readonly orShutDown: boolean;
  readonly isCancelled: boolean;
}

/** A guest that another host holds is being received, paused. */
export interface ReceiveActivity extends Step<'expect' | 'wait'> {
  readonly kind: 'receive';
  readonly from: number;
  readonly generation: number;
  /** When the keeper last said that it expects the copy. */
  readonly expectedAtMs: number;
  readonly command: number;
}

/** Something is done about a guest that is not well: least harm first. */
export interface RepairActivity extends Step<'restartApp' | 'reset' | 'kill' | 'waitGone'> {
  readonly kind: 'repair';
  readonly generation: number;
  readonly because: string;
}
