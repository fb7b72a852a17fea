import type { HolderNote } from '../../protocol/store.ts';
import { type HealthState, newHealth } from '../health/state.ts';
import type { Activity } from './activity.ts';
import type { Finding } from './types.ts';

/** What the engine knows of one protected VM beyond config, view and hypervisor. */
export interface VmState {
  readonly activity: Activity | null;
  /** The holder's note as it should be; null while the token is not ours. */
  readonly wanted: { readonly generation: number; readonly note: HolderNote } | null;
  readonly noteOperation: { readonly operation: number; readonly deadlineMs: number } | null;
  readonly noteRetryAtMs: number;
  /** Generation under which it was last seen running here; 0: not since it was last down. */
  readonly ranAtGeneration: number;
  /** Generation of a start that was given up and may bring its guest up after all, paused; 0: none. */
  readonly lateStartGeneration: number;
  /** Generation under which it was meant to stop here, with the store not told of it; 0: none. */
  readonly stoppedGeneration: number;
  readonly runningSinceMs: number | null;
  /** When this agent's last start of it ended: an older view may still call it pending. */
  readonly startEndedMs: number;
  /** Crashes and failed starts here within the policy's window, newest last. */
  readonly failuresMs: readonly number[];
  /** Rounds in which every host failed; each doubles the pause before the next. */
  readonly givenUp: number;
  /** Nothing is begun for this VM before this time. */
  readonly retryAtMs: number;
  readonly refusals: number;
  /** This host gives the VM up, once it is certainly gone here. */
  readonly handOver: {
    readonly to: number | null;
    readonly failedOn: readonly number[];
    readonly reason: string;
  } | null;
  /** Since when this host sees the token free, in an unbroken row of views. */
  readonly freeSinceMs: number | null;
  /** Since when it runs here without our having the token. */
  readonly strangerSinceMs: number | null;
  /** Since when its QEMU is gone while the hypervisor does not answer. */
  readonly goneSinceMs: number | null;
  readonly shutdownBy: 'guest' | 'host' | null;
  /** Until when a stop of the guest is this host's own doing, not the administrator's intent; 0: it is not. */
  readonly ownStopUntilMs: number;
  /** Generation under which it is being moved live off this host; 0: it is not. */
  readonly moving: number;
  /** Generation that was released after a copy of the VM had been received here; 0: none. */
  readonly received: number;
  readonly ioErrorSinceMs: number | null;
  readonly publish: { readonly isDue: boolean; readonly lastMs: number | null };
  /** The holder's last look at the definition: what keeps the VM from being failed over; if its guest's beats can be heard. */
  readonly inspect: {
    readonly isDue: boolean;
    readonly notBeforeMs: number;
    readonly unsafe: readonly Finding[];
    readonly hasHeartbeat: boolean | null;
  };
  /** Attempts to move it off this host for a maintenance that came to nothing, and when the next may be made. */
  readonly evacuation: {
    readonly failures: number;
    readonly notBeforeMs: number;
    /** Since when no other host is ready for it, in an unbroken row of looks. */
    readonly nowhereSinceMs: number | null;
    /** Why the last attempt failed; null: none did. */
    readonly because: string | null;
  };
  readonly health: HealthState;
  /** Since when the host that it is to be brought back to is ready, in an unbroken row of looks. */
  readonly homeReadySinceMs: number | null;
  /** How often, within a day, it was given back to its preferred host by this one, and when that may be again. */
  readonly failbacks: {
    readonly count: number;
    readonly lastMs: number | null;
    readonly notBeforeMs: number;
  };
  /** What has been told of it since it last began or stopped to run, so that each thing is told once. */
  readonly said: readonly string[];
}

export const newVmState: VmState = {
  activity: null,
  wanted: null,
  noteOperation: null,
  noteRetryAtMs: 0,
  ranAtGeneration: 0,
  lateStartGeneration: 0,
  stoppedGeneration: 0,
  runningSinceMs: null,
  startEndedMs: 0,
  failuresMs: [],
  givenUp: 0,
  retryAtMs: 0,
  refusals: 0,
  handOver: null,
  freeSinceMs: null,
  strangerSinceMs: null,
  goneSinceMs: null,
  shutdownBy: null,
  ownStopUntilMs: 0,
  moving: 0,
  received: 0,
  ioErrorSinceMs: null,
  publish: { isDue: true, lastMs: null },
  inspect: { isDue: true, notBeforeMs: 0, unsafe: [], hasHeartbeat: null },
  evacuation: { failures: 0, notBeforeMs: 0, nowhereSinceMs: null, because: null },
  health: newHealth,
  homeReadySinceMs: null,
  failbacks: { count: 0, lastMs: null, notBeforeMs: 0 },
  said: [],
};
