import type { CallOptions } from './callTable.ts';
import type { Domain } from './codec.generated.ts';
import type { Connection } from './connection.ts';
import * as procedures from './procedures.generated.ts';
import { numberParameter, type TypedParameters, typedParameters } from './typedParameters.ts';

/** What libvirt is doing with a domain that takes time: a migration, a save, a dump. */
export interface DomainJob {
  /** `unbounded` runs without a known end, as a live migration does. */
  readonly type: 'none' | 'bounded' | 'unbounded' | 'completed' | 'failed' | 'cancelled' | 'unknown';
  readonly elapsedMs: number | undefined;
  /** Of all data: memory, and disks that are copied too. */
  readonly totalBytes: number | undefined;
  readonly processedBytes: number | undefined;
  readonly remainingBytes: number | undefined;
  /** How long the guest will stand still, as far as QEMU can tell now; or did, for a completed migration. */
  readonly downtimeMs: number | undefined;
  /** Rounds over the guest's memory so far. */
  readonly iteration: number | undefined;
  /** Everything, under libvirt's names, such as `memory_dirty_rate`. */
  readonly values: TypedParameters;
}

const TYPES = ['none', 'bounded', 'unbounded', 'completed', 'failed', 'cancelled'] as const;

/** The domain's job, or the last one that completed. */
export async function getDomainJob(
  connection: Connection,
  domain: Domain,
  options: CallOptions & { readonly completed?: boolean } = {},
): Promise<DomainJob> {
  const args = { dom: domain, flags: options.completed === true ? 1 : 0 };
  const { type, params } = await connection.call(procedures.domainGetJobStats, args, options);
  const values = typedParameters(params);
  return {
    type: TYPES[type] ?? 'unknown',
    elapsedMs: numberParameter(values, 'time_elapsed'),
    totalBytes: numberParameter(values, 'data_total'),
    processedBytes: numberParameter(values, 'data_processed'),
    remainingBytes: numberParameter(values, 'data_remaining'),
    downtimeMs: numberParameter(values, 'downtime'),
    iteration: numberParameter(values, 'memory_iteration'),
    values,
  };
}

/** Cancels the domain's job. A migration that is cancelled leaves the domain where it was, running. */
export async function abortDomainJob(
  connection: Connection,
  domain: Domain,
  options?: CallOptions,
): Promise<void> {
  await connection.call(procedures.domainAbortJob, { dom: domain }, options);
}

/** How long the guest may stand still at the end of its live migration. The domain's next migration starts anew. */
export async function setMigrationDowntime(
  connection: Connection,
  domain: Domain,
  downtimeMs: number,
  options?: CallOptions,
): Promise<void> {
  const args = { dom: domain, downtime: BigInt(downtimeMs), flags: 0 };
  await connection.call(procedures.domainMigrateSetMaxDowntime, args, options);
}

export async function setMigrationSpeed(
  connection: Connection,
  domain: Domain,
  mebibytesPerSecond: number,
  options?: CallOptions,
): Promise<void> {
  const args = { dom: domain, bandwidth: BigInt(mebibytesPerSecond), flags: 0 };
  await connection.call(procedures.domainMigrateSetMaxSpeed, args, options);
}
