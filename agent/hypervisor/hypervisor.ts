import type { DomainDescription, HostPlaces, NetworkLook } from '../core/engine/description.ts';
import type { DomainFact, DomainHappening } from '../core/engine/types.ts';
import type { Failure } from '../protocol/failure.ts';
import type { HeardBeat } from './guestBeats.ts';
import type { MoveProgress } from '../protocol/moveProgress.ts';
import type { Driller } from './driller.ts';

/** What a hypervisor says on its own. */
export type HypervisorReport =
  /** It answers, and these are all its domains: forget what was known before. Comes again from time to time. */
  | { readonly kind: 'domains'; readonly version: string; readonly domains: readonly DomainFact[] }
  /** Nothing more is known of it until the next `domains`. Comes once for each loss and each failed attempt. */
  | { readonly kind: 'lost'; readonly error: string }
  | { readonly kind: 'domain'; readonly fact: DomainFact; readonly happening: DomainHappening | null }
  | { readonly kind: 'gone'; readonly vm: string };

/** A domain's stored definition, in the hypervisor's own form. */
export interface StoredDefinition {
  readonly xml: string;
  readonly autostart: boolean;
  readonly isActive: boolean;
}

/** What a guest's screen shows. */
export interface ScreenPicture {
  /** Small enough for a control message. */
  readonly png: Buffer;
  readonly width: number;
  readonly height: number;
}

/** What probes need of guests: their agents, and their heartbeats. Each rejects at its deadline at the latest. */
export interface GuestAgent {
  guestPing(vm: string, deadlineMs: number): Promise<void>;
  /** The exit status. */
  guestRun(vm: string, path: string, args: readonly string[], deadlineMs: number): Promise<number>;
  /** The newest beat that was not given out before; waits for one. */
  guestBeat(vm: string, deadlineMs: number): Promise<HeardBeat>;
}

export interface ReceiveOrder {
  readonly vm: string;
  /** The holder's generation, by which the hook knows the incoming migration again. */
  readonly generation: number;
  readonly xml: string;
  readonly cookie: Uint8Array;
}

/** A running guest, as the other host is asked about it before anything is begun. */
export interface Departure {
  readonly xml: string;
  /** Its host's processor, where the guest has that one; else its own stands in the definition. */
  readonly hostCpu: string | null;
  /** What keeps it from leaving. */
  readonly against: readonly Failure[];
}

export interface PreflightOrder extends Pick<Departure, 'xml' | 'hostCpu'> {
  /** How this host is called in what is told. */
  readonly hostName: string;
}

/** A copy that waits for its memory on a port of this host's loopback. */
export interface Receiving {
  readonly cookie: Uint8Array;
  readonly memoryPort: number;
  /** All of it was sent. The copy is complete, and paused. */
  finish(cookie: Uint8Array): Promise<Uint8Array>;
  /** Ends it, whatever there is of it. */
  cancel(): Promise<void>;
}

/** The other host, as the sending one sees it: the same steps, and a port here for the memory. */
export interface IncomingSide {
  prepare(order: { readonly xml: string; readonly cookie: Uint8Array }): Promise<{
    readonly cookie: Uint8Array;
    readonly memoryPort: number;
  }>;
  finish(cookie: Uint8Array): Promise<Uint8Array>;
  cancel(): Promise<void>;
}

export interface SendOptions {
  readonly signal: AbortSignal;
  /** null: no limit. */
  readonly mebibytesPerSecond: number | null;
  /** Called now and then while the memory is sent. */
  readonly onProgress: (progress: MoveProgress) => void;
}

/** Moves running guests. Rejects with `HypervisorError`. */
export interface LiveMover {
  /** Resolves when the copy is complete there, and the QEMU here has ended. Otherwise the guest stays here. */
  send(vm: string, side: IncomingSide, options: SendOptions): Promise<void>;
  receive(order: ReceiveOrder): Promise<Receiving>;
  departure(vm: string): Promise<Departure>;
  /** What keeps a guest of another host from coming here. */
  arrival(order: PreflightOrder): Promise<readonly Failure[]>;
}

/**
 * What the engine needs of a hypervisor. Every method rejects with `HypervisorError` at its deadline at the latest; VMs
 * are named by their uuid in lower case.
 */
export interface Hypervisor {
  /** Null where running guests can't be moved. */
  readonly mover: LiveMover | null;
  /** Null where there are no drills. */
  readonly driller: Driller | null;
  /** Begins to report, and goes on across restarts of the hypervisor's daemon. The listener must not throw. */
  start(listener: (report: HypervisorReport) => void): void;
  /** Ends the connection. VMs are left alone. */
  stop(): Promise<void>;
  createPaused(vm: string, deadlineMs: number): Promise<void>;
  resume(vm: string, deadlineMs: number): Promise<void>;
  /** Asks the guest; resolves when it was asked. */
  shutdown(vm: string, deadlineMs: number): Promise<void>;
  /** Resolves when its process is gone; at once when it does not run. */
  destroy(vm: string, deadlineMs: number): Promise<void>;
  /** The guest begins anew in the same process. */
  reset(vm: string, deadlineMs: number): Promise<void>;
  /** What its disks did and its network sent so far. */
  counters(vm: string, deadlineMs: number): Promise<{ readonly disk: number; readonly network: number }>;
  readonly guestAgent: GuestAgent;
  /** `running`: what the running guest has now; absent where it can be no other than what is stored. */
  inspect(
    vm: string,
    deadlineMs: number,
  ): Promise<{ description: DomainDescription; running?: DomainDescription | null; places: HostPlaces }>;
  /** Of these VMs, those whose definition, devices or autostart are not as at the last call. */
  changed(vms: readonly string[], deadlineMs: number): Promise<readonly string[]>;
  /** Null when there is no such domain. */
  definition(vm: string, deadlineMs: number): Promise<StoredDefinition | null>;
  /** Stores a definition with autostart off. Memory images that an earlier run left here are thrown away. */
  define(vm: string, xml: string, deadlineMs: number): Promise<void>;
  setAutostart(vm: string, autostart: boolean, deadlineMs: number): Promise<void>;
  /** Makes the switches learn where a running VM is. Resolves when that has begun. */
  announce(vm: string, deadlineMs: number): Promise<void>;
  /** What these VMs' definitions here need of the host's network. */
  networks(vms: readonly string[], deadlineMs: number): Promise<NetworkLook>;
  /** The guest's screen, made smaller if need be. Rejects when it does not run or has none. */
  screenshot(vm: string, deadlineMs: number): Promise<ScreenPicture>;
  /** Forgets the definition of a domain that does not run, and its files beside the disks. */
  undefine(vm: string, deadlineMs: number): Promise<void>;
}

/** `certain`: it was not carried out and will not be. */
export class HypervisorError extends Error {
  readonly failure: Failure;
  readonly certain: boolean;

  constructor(failure: Failure, certain: boolean, cause?: unknown) {
    super(failure.message, cause === undefined ? {} : { cause });
    this.name = 'HypervisorError';
    this.failure = failure;
    this.certain = certain;
  }
}
