import type { CallOptions } from './callTable.ts';
import type { Domain } from './codec.generated.ts';
import type { Connection } from './connection.ts';
import { type DomainState, domainState } from './domainState.ts';
import { flagBits } from './flags.ts';
import * as procedures from './procedures.generated.ts';

/** A domain by libvirt's three names for it. libvirt finds it by `uuid`; `id` is -1 while it does not run. */
export type { Domain };

/** A stop waits for QEMU to write back and exit, and a start for QEMU to build its machine and for hook scripts. */
export const LIFECYCLE_DEADLINE_MS = 90_000;

export interface ListDomainsOptions extends CallOptions {
  /** Only those with (true) or without (false) a hypervisor process. */
  readonly active?: boolean;
  /** Only those with (true) or without (false) a stored definition. */
  readonly persistent?: boolean;
}

/** All domains, or some. */
export async function listDomains(
  connection: Connection,
  options: ListDomainsOptions = {},
): Promise<readonly Domain[]> {
  const flags = flagBits([
    [options.active === true, 1],
    [options.active === false, 2],
    [options.persistent === true, 4],
    [options.persistent === false, 8],
  ]);
  const list = procedures.connectListAllDomains;
  return (await connection.call(list, { needResults: 1, flags }, options)).domains;
}

/** Rejects with `errorCode.noDomain` when there is none of that name. */
export async function lookupDomainByName(
  connection: Connection,
  name: string,
  options?: CallOptions,
): Promise<Domain> {
  return (await connection.call(procedures.domainLookupByName, { name }, options)).dom;
}

/** Rejects with `errorCode.noDomain` when there is none. `uuid` with or without dashes. */
export async function lookupDomainByUuid(
  connection: Connection,
  uuid: string,
  options?: CallOptions,
): Promise<Domain> {
  return (await connection.call(procedures.domainLookupByUuid, { uuid }, options)).dom;
}

export interface DomainXmlOptions extends CallOptions {
  /** With the secrets in it, such as VNC passwords. */
  readonly secure?: boolean;
  /** The stored definition, rather than that of the running domain. */
  readonly inactive?: boolean;
  /** With the CPU model expanded to what the guest really sees. */
  readonly updateCpu?: boolean;
  /** In the form that another host accepts for a migration. */
  readonly migratable?: boolean;
}

export async function domainXml(
  connection: Connection,
  domain: Domain,
  options: DomainXmlOptions = {},
): Promise<string> {
  const flags = flagBits([
    [options.secure, 1],
    [options.inactive, 2],
    [options.updateCpu, 4],
    [options.migratable, 8],
  ]);
  return (await connection.call(procedures.domainGetXmlDesc, { dom: domain, flags }, options)).xml;
}

export interface DefineOptions extends CallOptions {
  /** Check the document against libvirt's schema first. */
  readonly validate?: boolean;
}

/** Stores a definition: a new one, or in place of the one with the same UUID. Nothing is started. */
export async function defineDomain(
  connection: Connection,
  xml: string,
  options: DefineOptions = {},
): Promise<Domain> {
  const flags = flagBits([[options.validate, 1]]);
  return (await connection.call(procedures.domainDefineXmlFlags, { xml, flags }, options)).dom;
}

export interface UndefineOptions extends CallOptions {
  /** Remove its managed save image too. libvirt refuses to undefine a domain that has one and is not told this. */
  readonly managedSave?: boolean;
  readonly snapshotsMetadata?: boolean;
  readonly checkpointsMetadata?: boolean;
  /** What becomes of UEFI variables. libvirt refuses to undefine a domain that has them and is not told. */
  readonly nvram?: 'keep' | 'remove';
  /** What becomes of the emulated TPM's state; libvirt 8.9 or newer. Without it libvirt follows the definition. */
  readonly tpm?: 'keep' | 'remove';
}

/** Forgets the definition. A running domain goes on, as a transient one. */
export async function undefineDomain(
  connection: Connection,
  domain: Domain,
  options: UndefineOptions = {},
): Promise<void> {
  const flags = flagBits([
    [options.managedSave, 1],
    [options.snapshotsMetadata, 2],
    [options.nvram === 'remove', 4],
    [options.nvram === 'keep', 8],
    [options.checkpointsMetadata, 16],
    [options.tpm === 'remove', 32],
    [options.tpm === 'keep', 64],
  ]);
  await connection.call(procedures.domainUndefineFlags, { dom: domain, flags }, options);
}

export interface CreateOptions extends CallOptions {
  /** Leave the CPUs stopped: the domain runs no instruction until `resumeDomain`. */
  readonly paused?: boolean;
  /** Destroy the domain when this connection closes. */
  readonly autodestroy?: boolean;
  readonly bypassCache?: boolean;
  /** Boot anew: a managed save image is thrown away. */
  readonly forceBoot?: boolean;
  readonly validate?: boolean;
  /** UEFI variables anew from their template; libvirt 8.1 or newer. */
  readonly resetNvram?: boolean;
}

const createFlags = (options: CreateOptions): number =>
  flagBits([
    [options.paused, 1],
    [options.autodestroy, 2],
    [options.bypassCache, 4],
    [options.forceBoot, 8],
    [options.validate, 16],
    [options.resetNvram, 32],
  ]);

/**
 * Starts a defined domain; from its managed save image, if it has one. Returns it with its new id.
 * After `DeadlineError` or `ClosedError` with the outcome `unknown` it may be running: ask before starting it elsewhere.
 */
export async function createDomain(
  connection: Connection,
  domain: Domain,
  options: CreateOptions = {},
): Promise<Domain> {
  const args = { dom: domain, flags: createFlags(options) };
  return (await connection.call(procedures.domainCreateWithFlags, args, slow(options))).dom;
}

/** Starts a domain without storing its definition. */
export async function createTransientDomain(
  connection: Connection,
  xml: string,
  options: CreateOptions = {},
): Promise<Domain> {
  const args = { xmlDesc: xml, flags: createFlags(options) };
  return (await connection.call(procedures.domainCreateXml, args, slow(options))).dom;
}

export interface DestroyOptions extends CallOptions {
  /** Never SIGKILL: fail if QEMU does not exit by SIGTERM within libvirt's 15 s. */
  readonly graceful?: boolean;
}

/** Pulls the domain's plug. Resolves when its process is gone. */
export async function destroyDomain(
  connection: Connection,
  domain: Domain,
  options: DestroyOptions = {},
): Promise<void> {
  const flags = flagBits([[options.graceful, 1]]);
  await connection.call(procedures.domainDestroyFlags, { dom: domain, flags }, slow(options));
}

export interface ShutdownOptions extends CallOptions {
  /** How the guest is asked. Without it libvirt chooses. */
  readonly way?: 'acpi' | 'agent';
}

const shutdownFlags = (options: ShutdownOptions): number =>
  flagBits([
    [options.way === 'acpi', 1],
    [options.way === 'agent', 2],
  ]);

/** Asks the guest to shut down. Resolves when it has been asked: it may take its time, or not obey. */
export async function shutdownDomain(
  connection: Connection,
  domain: Domain,
  options: ShutdownOptions = {},
): Promise<void> {
  const args = { dom: domain, flags: shutdownFlags(options) };
  await connection.call(procedures.domainShutdownFlags, args, options);
}

/** Asks the guest to reboot, as `shutdownDomain` does. */
export async function rebootDomain(
  connection: Connection,
  domain: Domain,
  options: ShutdownOptions = {},
): Promise<void> {
  await connection.call(procedures.domainReboot, { dom: domain, flags: shutdownFlags(options) }, options);
}

/** Presses the reset button. */
export async function resetDomain(
  connection: Connection,
  domain: Domain,
  options?: CallOptions,
): Promise<void> {
  await connection.call(procedures.domainReset, { dom: domain, flags: 0 }, options);
}

/** Stops the domain's CPUs. */
export async function suspendDomain(
  connection: Connection,
  domain: Domain,
  options?: CallOptions,
): Promise<void> {
  await connection.call(procedures.domainSuspend, { dom: domain }, options);
}

/** Lets the domain's CPUs run again, or for the first time after a paused start. */
export async function resumeDomain(
  connection: Connection,
  domain: Domain,
  options?: CallOptions,
): Promise<void> {
  await connection.call(procedures.domainResume, { dom: domain }, options);
}

export async function getDomainState(
  connection: Connection,
  domain: Domain,
  options?: CallOptions,
): Promise<DomainState> {
  const { state, reason } = await connection.call(
    procedures.domainGetState,
    { dom: domain, flags: 0 },
    options,
  );
  return domainState(state, reason);
}

export async function getDomainAutostart(
  connection: Connection,
  domain: Domain,
  options?: CallOptions,
): Promise<boolean> {
  return (await connection.call(procedures.domainGetAutostart, { dom: domain }, options)).autostart !== 0;
}

/** Whether libvirt starts the domain when the host boots. */
export async function setDomainAutostart(
  connection: Connection,
  domain: Domain,
  autostart: boolean,
  options?: CallOptions,
): Promise<void> {
  const args = { dom: domain, autostart: autostart ? 1 : 0 };
  await connection.call(procedures.domainSetAutostart, args, options);
}

const slow = (options: CallOptions): CallOptions => ({
  deadlineMs: options.deadlineMs ?? LIFECYCLE_DEADLINE_MS,
});
