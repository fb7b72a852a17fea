import type { Domain, TypedParam } from './codec.generated.ts';
import type { Connection } from './connection.ts';
import { abortDomainJob, getDomainJob } from './domainJob.ts';
import { LIFECYCLE_DEADLINE_MS } from './domains.ts';
import { domainState, isActiveState } from './domainState.ts';
import { DeadlineError, errorCode, isLibvirtError } from './errors.ts';
import { flagBits } from './flags.ts';
import {
  MIGRATION_DEADLINE_MS,
  MigrationFailedError,
  type MigrationResult,
  type MigrationTarget,
  MigrationUndecidedError,
  type MigrateOptions,
} from './migrationTypes.ts';
import * as procedures from './procedures.generated.ts';

/** Between two looks at the progress, and between two attempts to cancel. */
const PROGRESS_INTERVAL_MS = 500;

/** A cancelled transfer ends within this time, or libvirt has lost control of QEMU. */
const CANCEL_DEADLINE_MS = 30_000;

/** Bits of `virDomainMigrateFlags`. */
const FLAG = {
  live: 1,
  persistDestination: 8,
  undefineSource: 16,
  paused: 32,
  nonSharedDisk: 64,
  changeProtection: 256,
  unsafe: 512,
  compressed: 2048,
  abortOnError: 4096,
  autoConverge: 8192,
  tls: 65536,
  parallel: 131072,
} as const;

/** `VIR_TYPED_PARAM_*` */
const ULLONG = 4;
const STRING = 7;

/** One migration, with the cookie that each step hands to the next. */
interface Course {
  readonly source: Connection;
  readonly target: MigrationTarget;
  readonly domain: Domain;
  readonly options: MigrateOptions;
  readonly flags: number;
  params: readonly TypedParam[];
  cookie: Uint8Array;
}

/**
 * Migrates a running domain. The two daemons need no connection to each other: this client carries their cookies (libvirt's
 * migration protocol version 3, in the order of `virDomainMigrateVersion3Full`), and only the guest's memory flows between
 * the hosts. Rejects with `MigrationFailedError` when the domain stays on the source, and with `MigrationUndecidedError`
 * when that can't be known.
 */
export async function migrateDomain(
  source: Connection,
  target: Connection | MigrationTarget,
  domain: Domain,
  options: MigrateOptions,
): Promise<MigrationResult> {
  const state = await source.call(procedures.domainGetState, { dom: domain, flags: 0 });
  const isPaused = domainState(state.state, state.reason).state === 'paused';
  const flags = migrateFlags(options, isPaused);
  const course: Course = {
    source,
    target: 'prepare' in target ? target : connectionTarget(target),
    domain,
    options,
    flags,
    params: initialParams(options, domain),
    cookie: new Uint8Array(),
  };
  await begin(course);
  await prepare(course);
  await perform(course);
  return finish(course);
}

function migrateFlags(options: MigrateOptions, isPaused: boolean): number {
  return flagBits([
    [options.live !== false, FLAG.live],
    [options.persist !== false, FLAG.persistDestination],
    [options.undefineSource, FLAG.undefineSource],
    [options.paused === true || isPaused, FLAG.paused],
    [options.copyStorage, FLAG.nonSharedDisk],
    [true, FLAG.changeProtection],
    [options.unsafe, FLAG.unsafe],
    [options.compressed, FLAG.compressed],
    [options.abortOnError !== false, FLAG.abortOnError],
    [options.autoConverge, FLAG.autoConverge],
    [options.tls, FLAG.tls],
    [options.parallel, FLAG.parallel],
  ]);
}

/** The target refuses flags that concern the source only. */
const targetFlags = (flags: number): number =>
  flags & ~(FLAG.abortOnError | FLAG.autoConverge | FLAG.changeProtection);

const text = (field: string, value: string): TypedParam => ({ field, value: { type: STRING, value } });

function initialParams(options: MigrateOptions, domain: Domain): TypedParam[] {
  const params = [text('destination_name', domain.name), text('migrate_uri', options.migrateUri)];
  if (options.listenAddress !== undefined) params.push(text('listen_address', options.listenAddress));
  if (options.targetXml !== undefined) params.push(text('destination_xml', options.targetXml));
  if (options.persistentXml !== undefined) params.push(text('persistent_xml', options.persistentXml));
  if (options.mebibytesPerSecond !== undefined) {
    params.push({
      field: 'bandwidth',
      value: { type: ULLONG, value: BigInt(options.mebibytesPerSecond) },
    });
  }
  return params;
}

function replaceParam(course: Course, field: string, value: string): void {
  course.params = [...course.params.filter((param) => param.field !== field), text(field, value)];
}

/** From here on the source refuses other changes of the domain, until it is confirmed or the connection closes. */
async function begin(course: Course): Promise<void> {
  const { source, domain, flags, params } = course;
  try {
    const begun = await source.call(procedures.domainMigrateBegin3Params, { dom: domain, params, flags });
    course.cookie = begun.cookieOut;
    replaceParam(course, 'destination_xml', begun.xml);
  } catch (error) {
    // Without an answer the daemon may have begun: a confirmed cancellation ends that, and an error of it is expected.
    if (!isLibvirtError(error)) await confirm(course, true).catch(() => {});
    throw new MigrationFailedError('begin', error);
  }
}

/** The target starts a QEMU that waits for the memory. */
async function prepare(course: Course): Promise<void> {
  const { target, params, cookie, flags } = course;
  try {
    course.options.signal?.throwIfAborted();
    const args = { params, cookieIn: cookie, flags: targetFlags(flags) };
    const prepared = await target.prepare(args);
    course.cookie = prepared.cookieOut;
    if (prepared.uriOut !== null) replaceParam(course, 'migrate_uri', prepared.uriOut);
  } catch (error) {
    if (!isLibvirtError(error)) await cancelTarget(course);
    throw await failed(course, 'prepare', error);
  }
}

/** The memory flows. A deadline and a cancellation both end it through libvirt, which then answers the call itself. */
async function perform(course: Course): Promise<void> {
  const { source, domain, flags, options } = course;
  const deadlineMs = options.deadlineMs ?? MIGRATION_DEADLINE_MS;
  const expiry = AbortSignal.timeout(deadlineMs);
  const signal = options.signal ? AbortSignal.any([options.signal, expiry]) : expiry;
  const watch = watchTransfer(course, signal);
  try {
    signal.throwIfAborted();
    const args = { dom: domain, dconnuri: null, params: course.params, cookieIn: course.cookie, flags };
    const performed = await source.call(procedures.domainMigratePerform3Params, args, {
      deadlineMs: deadlineMs + CANCEL_DEADLINE_MS,
    });
    course.cookie = performed.cookieOut;
  } catch (error) {
    watch.stop();
    await cancelTarget(course);
    const { name } = procedures.domainMigratePerform3Params;
    const cause = expiry.aborted
      ? new DeadlineError(name, deadlineMs, 'unknown', ' and was cancelled')
      : error;
    // Without an answer the transfer may still run. Confirming it would pull the domain from under libvirt.
    if (error instanceof DeadlineError) throw new MigrationFailedError('perform', cause, error);
    throw await failed(course, 'perform', cause);
  } finally {
    watch.stop();
  }
}

/** The point of no return: the target's domain runs when this succeeds. */
async function finish(course: Course): Promise<MigrationResult> {
  const { target, domain, params, cookie, flags } = course;
  try {
    const args = { params, cookieIn: cookie, flags: targetFlags(flags), cancelled: 0 };
    const finished = await target.finish(args);
    course.cookie = finished.cookieOut;
    const sourceProblem = await confirm(course, false).catch((error: unknown) => error);
    return { domain: finished.dom, sourceProblem };
  } catch (error) {
    course.cookie = new Uint8Array();
    // Only libvirt's own refusal, and its word that there is no such process, prove that the target's does not run.
    if (isLibvirtError(error) && (await target.isGone(domain))) throw await failed(course, 'finish', error);
    throw new MigrationUndecidedError(error, (runsOn) => confirm(course, runsOn === 'source'));
  }
}

/** The steps of a migration that the target's daemon takes, over a connection to it. */
export function connectionTarget(target: Connection): MigrationTarget {
  const deadlineMs = LIFECYCLE_DEADLINE_MS;
  return {
    prepare: (args) => target.call(procedures.domainMigratePrepare3Params, args, { deadlineMs }),
    finish: (args) => target.call(procedures.domainMigrateFinish3Params, args, { deadlineMs }),
    // False in doubt.
    async isGone(domain) {
      try {
        const found = await target.call(procedures.domainLookupByUuid, { uuid: domain.uuid });
        const { state } = await target.call(procedures.domainGetState, { dom: found.dom, flags: 0 });
        return !isActiveState(domainState(state, 0).state);
      } catch (error) {
        return isLibvirtError(error, errorCode.noDomain);
      }
    },
  };
}

/** The waiting QEMU of the target ends. It has not run an instruction, and can't, whatever the answer is. */
async function cancelTarget(course: Course): Promise<void> {
  const args = {
    params: course.params,
    cookieIn: new Uint8Array(),
    flags: targetFlags(course.flags),
    cancelled: 1,
  };
  // libvirt has no domain to return here and reports that as an error.
  await course.target.finish(args).catch(() => {});
}

/** Lets the source's domain go on, and gives the error to throw. */
async function failed(course: Course, stage: string, cause: unknown): Promise<MigrationFailedError> {
  course.cookie = new Uint8Array();
  try {
    await confirm(course, true);
    return new MigrationFailedError(stage, cause);
  } catch (error) {
    // A source whose transfer has failed has ended the migration by itself, and says that it knows of none.
    if (isLibvirtError(error, errorCode.operationInvalid)) return new MigrationFailedError(stage, cause);
    return new MigrationFailedError(stage, cause, error);
  }
}

async function confirm(course: Course, isCancelled: boolean): Promise<void> {
  const args = {
    dom: course.domain,
    params: course.params,
    cookieIn: course.cookie,
    flags: course.flags,
    cancelled: isCancelled ? 1 : 0,
  };
  await course.source.call(procedures.domainMigrateConfirm3Params, args, {
    deadlineMs: LIFECYCLE_DEADLINE_MS,
  });
}

/** Reports progress, and cancels when told. Its own calls may fail: the transfer's own answer decides. */
function watchTransfer(course: Course, signal: AbortSignal): { stop(): void } {
  const { source, domain, options } = course;
  let isLooking = false;
  const look = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    try {
      // libvirt refuses to cancel a transfer that has not quite begun: the next look tries again.
      if (signal.aborted) await abortDomainJob(source, domain);
      else if (options.onProgress) options.onProgress(await getDomainJob(source, domain));
    } catch (error) {
      if (!isLibvirtError(error)) stop();
    } finally {
      isLooking = false;
    }
  };
  const tick = (): void => void look();
  const timer = setInterval(tick, PROGRESS_INTERVAL_MS);
  const stop = (): void => {
    clearInterval(timer);
    signal.removeEventListener('abort', tick);
  };
  signal.addEventListener('abort', tick);
  return { stop };
}
