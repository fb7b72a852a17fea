import type { IoOutcome, KeeperEffect, KeeperInput, KeeperSetup } from '../core/keeper/types.ts';
import type { GroupConfig } from '../protocol/group.ts';
import type { KeeperLine } from '../protocol/keeperLink.ts';
import type { BootClock } from './bootClock.ts';
import type { Log } from './stderrLog.ts';
import type { StoreRequest } from './storeFrames.ts';
import type { UnreturnedReports } from './unreturnedReports.ts';
import type { VmProcesses } from './vmProcesses.ts';
import type { Watchdog } from './watchdog.ts';

/** The pure machine (agent/core/keeper), as the shell sees it. */
export interface KeeperMachine<State> {
  start(setup: KeeperSetup, nowMs: number): State;
  step(
    state: State,
    input: KeeperInput,
  ): { readonly state: State; readonly effects: readonly KeeperEffect[] };
}

export interface Lane {
  submit(
    request: Exclude<StoreRequest, { readonly kind: 'quit' }>,
    timeoutMs: number,
    done: (outcome: IoOutcome) => void,
  ): void;
}

export interface LoopAdapters<State> {
  readonly machine: KeeperMachine<State>;
  readonly clock: BootClock;
  readonly processes: VmProcesses;
  readonly watchdog: Watchdog;
  readonly lanes: { readonly lease: Lane; readonly table: Lane };
  readonly reports: UnreturnedReports;
  readonly send: (line: KeeperLine) => void;
  readonly saveConfig: (config: GroupConfig) => void;
  readonly log: Log;
}

/** How the keeper ended; the wrapper acts on these exit codes. */
export const KEEPER_EXIT = {
  /** Left on purpose: the wrapper closes the watchdog for good. */
  left: 42,
  /** The wrapper closes the watchdog, opens it with the timeout of the present profile, and starts the keeper. */
  reopenWatchdog: 43,
  /** Another keeper of this host is running. */
  alreadyRunning: 44,
  /** There is nothing to run with: settings or run file can't be used. */
  notSetUp: 45,
} as const;
