import type { Domain, TypedParam } from './codec.generated.ts';
import type { DomainJob } from './domainJob.ts';

/** A busy guest with much memory over a slow link. When it passes, the migration is cancelled. */
export const MIGRATION_DEADLINE_MS = 60 * 60_000;

export interface MigrateOptions {
  /**
   * Where the source's QEMU sends the memory, such as `tcp://10.0.0.2`. libvirt picks a port from 49152 to 49215 when
   * there is none. The data is not encrypted without `tls`.
   */
  readonly migrateUri: string;
  /** The address that the target's QEMU listens on. Default: all. */
  readonly listenAddress?: string;
  /** Keep the CPUs running meanwhile. Default true. */
  readonly live?: boolean;
  /** Store the definition on the target. Default true. */
  readonly persist?: boolean;
  /** Forget the definition on the source. Default false. */
  readonly undefineSource?: boolean;
  /** Leave the domain paused on the target. */
  readonly paused?: boolean;
  /** Copy the disks too: the hosts share no storage. */
  readonly copyStorage?: boolean;
  /** Migrate although libvirt finds a disk's cache mode unsafe. */
  readonly unsafe?: boolean;
  /** Cancel at the first I/O error of the guest's. Default true. */
  readonly abortOnError?: boolean;
  /** Slow the guest down when it writes faster than the link carries. */
  readonly autoConverge?: boolean;
  readonly compressed?: boolean;
  /** Encrypt the data; both hosts need QEMU's certificates. */
  readonly tls?: boolean;
  readonly parallel?: boolean;
  readonly mebibytesPerSecond?: number;
  /** What the target's domain looks like, where it must differ. */
  readonly targetXml?: string;
  /** The definition that the target stores, where it must differ. */
  readonly persistentXml?: string;
  /** Milliseconds for the transfer, from 1. Default `MIGRATION_DEADLINE_MS`. */
  readonly deadlineMs?: number;
  /** Cancels the migration while the domain can still stay. */
  readonly signal?: AbortSignal;
  /** Called about twice a second during the transfer. */
  readonly onProgress?: (job: DomainJob) => void;
}

/** The migration did not happen. The domain is on the source, in the state that it had, unless `sourceProblem` tells more. */
export class MigrationFailedError extends Error {
  readonly kind = 'migration-failed';
  /** Set when the source could not be told to go on: its domain may be left paused. */
  readonly sourceProblem: unknown;

  constructor(stage: string, cause: unknown, sourceProblem?: unknown) {
    super(`the migration failed in the step ${stage}: ${messageOf(cause)}`, { cause });
    this.name = 'MigrationFailedError';
    this.sourceProblem = sourceProblem;
  }
}

/**
 * The target was told to start the domain, and it is not known whether it did. The source's domain stands still, paused,
 * and must: to resume it while the target's runs would corrupt its disks. Find out whether the target's domain runs,
 * or destroy it there, and then call `settle`.
 */
export class MigrationUndecidedError extends Error {
  readonly kind = 'migration-undecided';
  /** Ends the migration on the source: forgets the domain there (`target`), or lets it go on (`source`). */
  readonly settle: (runsOn: 'source' | 'target') => Promise<void>;

  constructor(cause: unknown, settle: (runsOn: 'source' | 'target') => Promise<void>) {
    super(`whether the target runs the domain is not known: ${messageOf(cause)}`, { cause });
    this.name = 'MigrationUndecidedError';
    this.settle = settle;
  }
}

export interface MigrationResult {
  /** The domain on the target. */
  readonly domain: Domain;
  /** Set when the source could not be told that it is over: a paused remainder may be left there. */
  readonly sourceProblem: unknown;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

interface StepArguments {
  readonly params: readonly TypedParam[];
  readonly cookieIn: Uint8Array;
  readonly flags: number;
}

/** What is done on the target, where that is not a daemon that this client is connected to. */
export interface MigrationTarget {
  /** `uriOut`: where the source sends the memory, when that is not the `migrateUri` that was asked for. */
  prepare(args: StepArguments): Promise<{ readonly cookieOut: Uint8Array; readonly uriOut: string | null }>;
  finish(
    args: StepArguments & { readonly cancelled: number },
  ): Promise<{ readonly dom: Domain; readonly cookieOut: Uint8Array }>;
  /** Whether the target certainly has no process of the domain. False in doubt. */
  isGone(domain: Domain): Promise<boolean>;
}
