import type { LogEvent } from '../../protocol/event.ts';
import type { Failure } from '../../protocol/failure.ts';
import type { GoingDownReason } from '../../protocol/goingDown.ts';
import type { Probe } from '../../protocol/health.ts';
import type { KeeperRequestBody, KeeperView } from '../../protocol/keeperLink.ts';
import type { AdminCommand } from './adminCommand.ts';
import type { DomainDescription, HostPlaces, NetworkGap } from './description.ts';
import type { PeerFact } from './peerFact.ts';
import type { SignLook } from './signState.ts';
import type { UplinkLook } from './uplinkState.ts';
import type { ProbeAnswer } from '../health/state.ts';
import type { WallTime } from './wallClock.ts';

export type { AdminCommand } from './adminCommand.ts';

/**
 * The engine's border: `step(state, input) -> { state, effects }`. It decides what happens to the group's VMs on one
 * host; every right it needs it asks of the keeper. All times are this host's boot clock in ms.
 */

/** What the hypervisor says a domain does. `stopped` has no QEMU process, all others may have one. */
export type DomainRunState = 'running' | 'paused' | 'shutting-down' | 'crashed' | 'stopped';

export interface DomainFact {
  readonly vm: string;
  readonly name: string;
  readonly state: DomainRunState;
  /** libvirt's word for why: `shutdown`, `destroyed`, `crashed`, `failed`, `io-error`, `user`, `unknown` and more. */
  readonly reason: string;
}

/** What happened to a domain besides its change of state. */
export type DomainHappening =
  | { readonly kind: 'defined' }
  | { readonly kind: 'reboot' }
  /** Who asked QEMU to power off: the guest itself, or a signal on the host. */
  | { readonly kind: 'shutdown'; readonly by: 'guest' | 'host' }
  | { readonly kind: 'io-error'; readonly path: string; readonly reason: string }
  | { readonly kind: 'panicked' }
  /** The guest's watchdog device ran out; `action` is what QEMU did about it by itself. */
  | { readonly kind: 'watchdog'; readonly action: string };

/** What the host itself is like, looked at from time to time. */
export interface HostFact {
  readonly totalMiB: number;
  readonly freeMiB: number;
  /** The libvirt hook that refuses starts without a token; null where there is none to have. */
  readonly hasHook: boolean | null;
  /** Addresses of heartbeat links that this host can't use now, with the system's word for why. */
  readonly unusableLinks: readonly string[];
  /** Looked at more often than the rest. Empty too while the hypervisor can't be asked. */
  readonly networkGaps: readonly NetworkGap[];
  /** The last drill of each VM here that told something. */
  readonly drills?: readonly DrillFact[];
}

export interface DrillFact {
  readonly vm: string;
  /** Unix ms by this host's wall clock. */
  readonly atWallMs: number;
  readonly isGood: boolean;
  /** Why it is not. */
  readonly because: string | null;
}

/** Which definition of a VM this host keeps: `cached` in its own files, `placed` is what libvirt has here. */
export interface DefinitionFact {
  readonly vm: string;
  readonly cached: string | null;
  readonly placed: string | null;
  /** `standby`: the domain defined here is our copy. `active`: it is or was the VM itself. */
  readonly role: 'active' | 'standby';
}

export interface GoingDown {
  readonly reason: GoingDownReason;
  readonly sinceMs: number;
  readonly isEmpty: boolean;
}

/** What the engine must still know after a restart of the agent within one boot. */
export interface EngineMemory {
  readonly vms: readonly {
    readonly vm: string;
    /** Generation of the token under which the VM was last seen running here. */
    readonly ranAtGeneration: number;
    readonly lateStartGeneration: number;
    readonly stoppedGeneration: number;
    readonly failuresMs: readonly number[];
    /** Until when a stop of the guest is this host's own doing, for a switchover; 0: it is not. */
    readonly ownStopUntilMs: number;
    /** Generation under which it was being moved live to another host; 0: it was not. */
    readonly moving: number;
  }[];
  /** Ends of pauses on this host's boot clock, by the generation that began them. */
  readonly pauses: readonly { readonly since: number; readonly endsAtMs: number }[];
  /** A UPS says what it has to say once: an agent that is started again on battery still knows it. */
  readonly goingDown?: GoingDown | null;
}

export interface EngineSetup {
  readonly slot: number;
  readonly hostName: string;
  /** False where nothing real depends on the keeper's punctuality: on demo hosts. */
  readonly needsRealTime: boolean;
  readonly memory: EngineMemory | null;
  readonly definitions: readonly DefinitionFact[];
}

/** What an operation brought back, by what was asked. */
export type OperationValue =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'generation'; readonly generation: number }
  | { readonly kind: 'digest'; readonly digest: string }
  | { readonly kind: 'probed'; readonly answer: ProbeAnswer }
  | { readonly kind: 'counters'; readonly disk: number; readonly network: number }
  | {
      readonly kind: 'inspected';
      readonly description: DomainDescription;
      /** What the running guest has, where that may be something else. */
      readonly running?: DomainDescription | null;
      readonly places: HostPlaces;
    };

export type OperationOutcome =
  | { readonly kind: 'done'; readonly value: OperationValue }
  /** `certain`: it was not and will not be carried out. Otherwise only facts can tell. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly certain: boolean };

export type EngineInput =
  | { readonly kind: 'tick'; readonly nowMs: number }
  | { readonly kind: 'view'; readonly nowMs: number; readonly view: KeeperView }
  | { readonly kind: 'keeperLost'; readonly nowMs: number }
  /** The hypervisor answers, and these are all its domains. */
  | {
      readonly kind: 'hypervisor';
      readonly nowMs: number;
      readonly version: string;
      readonly domains: readonly DomainFact[];
    }
  | { readonly kind: 'hypervisorLost'; readonly nowMs: number; readonly error: string }
  | {
      readonly kind: 'domain';
      readonly nowMs: number;
      readonly fact: DomainFact;
      readonly happening: DomainHappening | null;
    }
  /** Undefined and not running: the hypervisor knows nothing of it any more. */
  | { readonly kind: 'domainGone'; readonly nowMs: number; readonly vm: string }
  | {
      readonly kind: 'result';
      readonly nowMs: number;
      readonly operation: number;
      readonly outcome: OperationOutcome;
    }
  | { readonly kind: 'peers'; readonly nowMs: number; readonly peers: readonly PeerFact[] }
  | { readonly kind: 'host'; readonly nowMs: number; readonly host: HostFact }
  | UplinkLook
  | SignLook
  /** Only ends of pauses look at it, where nothing better is known, and idle hours. */
  | ({ readonly kind: 'wallClock'; readonly nowMs: number } & WallTime)
  | {
      readonly kind: 'command';
      readonly nowMs: number;
      readonly id: number;
      readonly command: AdminCommand;
    };

export type HypervisorAction =
  /** Only ever paused: the guest runs no instruction before the keeper was asked once more. */
  | { readonly kind: 'createPaused'; readonly vm: string }
  | { readonly kind: 'resume'; readonly vm: string }
  | { readonly kind: 'shutdown'; readonly vm: string }
  | { readonly kind: 'destroy'; readonly vm: string }
  /** The guest begins anew in the same QEMU, as by its reset button. */
  | { readonly kind: 'reset'; readonly vm: string }
  /** How much its disks did and it sent, since its QEMU was started. */
  | { readonly kind: 'counters'; readonly vm: string }
  /** Done when the guest's memory is there, paused, and its QEMU here has ended; certain of nothing otherwise. */
  | {
      readonly kind: 'migrate';
      readonly vm: string;
      readonly to: number;
      readonly generation: number;
      readonly digest: string | null;
      /** null: no limit. */
      readonly mebibytesPerSecond: number | null;
    }
  | { readonly kind: 'cancelMigration'; readonly vm: string }
  | { readonly kind: 'inspect'; readonly vm: string };

export type DefinitionAction =
  /** Put the VM's present definition on the store, in the half that `current` is not in. Brings the digest. */
  | {
      readonly kind: 'publish';
      readonly vm: string;
      readonly token: number;
      readonly current: string | null;
    }
  /** Bring the definition with this digest from the store into this host's cache. */
  | { readonly kind: 'fetch'; readonly vm: string; readonly token: number; readonly digest: string }
  /** Give the cached definition to libvirt, NVRAM and TPM state included. Never while the VM runs here. */
  | {
      readonly kind: 'place';
      readonly vm: string;
      readonly digest: string;
      readonly role: 'active' | 'standby';
    }
  /** No longer protected: forget the cache; `undefine` takes away our standby copy, else autostart is put back. */
  | { readonly kind: 'forget'; readonly vm: string; readonly undefine: boolean };

export type CommandReply =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'findings'; readonly findings: readonly Finding[] }
  | { readonly kind: 'failure'; readonly failure: Failure };

/** Something that a check found in a VM. `blocking` keeps it from being protected. */
export interface Finding {
  readonly failure: Failure;
  readonly blocking: boolean;
}

export type EngineEvent = Pick<LogEvent, 'code' | 'level' | 'text'> & {
  readonly vm?: string;
  readonly facts?: Readonly<Record<string, string | number | boolean | null>>;
};

/** Each effect with an `operation` is answered by one `result`; the engine itself gives up after `deadlineMs`. */
export type EngineEffect =
  | {
      readonly kind: 'keeper';
      readonly operation: number;
      readonly body: KeeperRequestBody;
      readonly deadlineMs: number;
    }
  | {
      readonly kind: 'hypervisor';
      readonly operation: number;
      readonly action: HypervisorAction;
      readonly deadlineMs: number;
    }
  | {
      readonly kind: 'definition';
      readonly operation: number;
      readonly action: DefinitionAction;
      readonly deadlineMs: number;
    }
  /** Tell the switches where the VM is now. Nobody waits for it: a guest that speaks up by itself is found as well. */
  | { readonly kind: 'announce'; readonly vm: string; readonly deadlineMs: number }
  /** Ask the guest, or have its agent do something. */
  | {
      readonly kind: 'probe';
      readonly operation: number;
      readonly vm: string;
      readonly probe: Probe;
      readonly deadlineMs: number;
    }
  | { readonly kind: 'event'; readonly event: EngineEvent }
  | { readonly kind: 'reply'; readonly id: number; readonly reply: CommandReply }
  /** To be kept in /run, for an agent that is started again in this boot. */
  | { readonly kind: 'remember'; readonly memory: EngineMemory };
