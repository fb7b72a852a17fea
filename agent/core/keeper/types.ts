import type { GroupConfig, HostSettings } from '../../protocol/group.ts';
import type { KeeperLine, KeeperRequest, RunFile } from '../../protocol/keeperLink.ts';
import type { WatchdogState } from '../../protocol/timing.ts';

/**
 * The keeper's border: `step(state, input) -> { state, effects }`. All times are this host's boot clock in ms.
 * The shell carries effects out in order, before it gives the next input; an effect that fails comes back as input.
 */

/** A QEMU (or helper of one) of a protected VM, found in /proc and cgroups, never through libvirt. */
export interface SeenProcess {
  readonly vm: string;
  readonly pid: number;
  /** Kernel start time in clock ticks: pid and this name a process for ever. */
  readonly startTicks: number;
  /** Every thread is stopped (cgroup frozen, or all in state T): none is inside a write. */
  readonly stopped: boolean;
}

export interface Scan {
  /** Taken before the scan began: it says nothing about later starts. */
  readonly startedAtMs: number;
  readonly processes: readonly SeenProcess[];
  /** Starts in flight that the libvirt hook has let pass and libvirt has not finished: VM uuids. */
  readonly hookStarts: readonly string[];
}

export interface KeeperSetup {
  readonly settings: HostSettings;
  readonly bootId: string;
  /** Version text for the view. */
  readonly version: string;
  readonly realTime: boolean;
  /** As read from /run; null after a boot or when it is of another boot. */
  readonly runFile: RunFile | null;
  /** Last configuration kept on this host's disk, used until the store tells. */
  readonly config: GroupConfig | null;
}

export type IoOutcome =
  | { readonly kind: 'read'; readonly data: Uint8Array }
  | { readonly kind: 'written' }
  /** The call came back with an error: nothing of it is in flight any more, its blocks' content is unknown. */
  | { readonly kind: 'failed'; readonly error: string }
  /** The shell gave up waiting at the deadline. For a write: still in flight, may land at any time. A later
   * `written` or `failed` with the same id may still come. */
  | { readonly kind: 'late' };

export type KeeperInput =
  | { readonly kind: 'tick'; readonly nowMs: number; readonly scan: Scan | null }
  | { readonly kind: 'io'; readonly nowMs: number; readonly id: number; readonly outcome: IoOutcome }
  /** The watchdog as it was read back after arming, or lost. */
  | {
      readonly kind: 'watchdog';
      readonly nowMs: number;
      readonly state: WatchdogState;
      readonly timeoutMs: number | null;
      readonly why: string | null;
    }
  | { readonly kind: 'request'; readonly nowMs: number; readonly request: KeeperRequest }
  | { readonly kind: 'agent'; readonly nowMs: number; readonly connected: boolean };

export type KeeperEffect =
  /** Written synchronously to /run (tmpfs, atomic rename) before the effects that follow it. A failure to write stops
   * the effects that follow and is fatal for the epoch. */
  | { readonly kind: 'saveRun'; readonly file: RunFile }
  /** What the libvirt hook reads, one file a VM: allowed under this epoch and generation until this uptime. An
   * entry missing here is removed: the gate of that VM is closed. Written synchronously. */
  | { readonly kind: 'gate'; readonly open: readonly GateEntry[] }
  | {
      readonly kind: 'read';
      readonly id: number;
      readonly block: number;
      readonly blocks: number;
      readonly deadlineMs: number;
      /** Lease and token I/O go to different children, so that a hung one does not delay the other. */
      readonly lane: 'lease' | 'table';
    }
  | {
      readonly kind: 'write';
      readonly id: number;
      readonly block: number;
      readonly data: Uint8Array;
      readonly deadlineMs: number;
      readonly lane: 'lease' | 'table';
    }
  /** Pets only if the shell's clock is still before `notAfterMs`: a stalled shell must not pet late. */
  | { readonly kind: 'pet'; readonly notAfterMs: number }
  /** Magic close. */
  | { readonly kind: 'disarmWatchdog' }
  /** Stop all threads of every process of these VMs (cgroup freezer, or SIGSTOP). */
  | { readonly kind: 'freeze'; readonly vms: readonly string[] }
  | { readonly kind: 'thaw'; readonly vms: readonly string[]; readonly notAfterMs: number }
  | { readonly kind: 'kill'; readonly vms: readonly string[] }
  | { readonly kind: 'send'; readonly line: KeeperLine }
  /** A decided configuration, to be kept on this host's disk. */
  | { readonly kind: 'saveConfig'; readonly config: GroupConfig };

export interface GateEntry {
  readonly vm: string;
  readonly epoch: number;
  readonly generation: number;
  /** Boot-clock ms after which the hook refuses. */
  readonly notAfterMs: number;
  /** Only an incoming migration may pass, never a start. */
  readonly incoming: boolean;
}

/**
 * A copy of a VM that libvirt is receiving from its holder. It is paused and has run nothing; it may only ever be
 * continued under the generation after the one that its holder gave up for it (`isWhole`).
 */
export interface Incoming {
  readonly token: number;
  readonly vm: string;
  /** The holder's generation under which it is received. */
  readonly generation: number;
  /** Without a word from the agent it is expected no longer; 0: it is not, and is to be ended. */
  readonly untilMs: number;
  /** The holder's release says that it is gone after the copy was completed: the copy is the VM. */
  readonly isWhole: boolean;
}
