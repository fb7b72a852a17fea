/** A disk that was copied for a drill. */
export interface CopiedDisk {
  readonly target: string;
  readonly path: string;
}

export interface CopyOrder {
  readonly vm: string;
  /** An existing folder that nothing but the copies of this drill lies in. */
  readonly folder: string;
  /** What the copies may take at most, and what they are likely to take: said once, before anything is written. */
  readonly mayTake: (bytes: number) => Promise<void>;
  /** Aborting it ends the copying, and what was written is deleted. */
  readonly signal: AbortSignal;
}

export interface Copied {
  readonly disks: readonly CopiedDisk[];
  readonly bytes: number;
}

export interface BootOrder {
  /** Of the copy, not of the VM. */
  readonly uuid: string;
  readonly xml: string;
  readonly signal: AbortSignal;
}

/** A copy that runs. */
export interface DrillGuest {
  /** Null while it runs; else why it does not. */
  whyEnded(): Promise<string | null>;
  /** Resolves when nothing of it runs any more. */
  end(): Promise<void>;
}

/** What a drill needs of a hypervisor. All of it rejects with `HypervisorError` at a deadline of its own at the latest. */
export interface Driller {
  /** On the host that runs the VM: its disks as they are at one moment. The VM is not touched. */
  copyDisks(order: CopyOrder): Promise<Copied>;
  /** On the standby. Whatever ends this process or its connection ends the copy. */
  boot(order: BootOrder): Promise<DrillGuest>;
  /** Ends every copy that runs on this host. */
  endCopies(): Promise<void>;
  /** Ends copying into this folder that nobody waits for any more. Anybody else's backups are left alone. */
  endCopying(folder: string): Promise<void>;
}
