import type { CallOptions } from './callTable.ts';
import type { Domain } from './codec.generated.ts';
import type { Connection } from './connection.ts';
import { ProtocolError } from './errors.ts';
import * as procedures from './procedures.generated.ts';

/** How long libvirt waits for a guest agent by itself. */
const AGENT_TIMEOUT_SECONDS = 5;

/** The call outlives libvirt's own wait by this much, so that libvirt's better error arrives. */
const AGENT_GRACE_MS = 5000;

export interface GuestCommand {
  readonly execute: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

/** QEMU understood a monitor command and refused it. */
export class QemuCommandError extends Error {
  readonly kind = 'qemu';
  /** QEMU's word for it, such as `GenericError` or `CommandNotFound`. */
  readonly errorClass: string;

  constructor(command: string, errorClass: string, description: string) {
    super(`QEMU refused ${command}: ${description}`);
    this.name = 'QemuCommandError';
    this.errorClass = errorClass;
  }
}

/**
 * Sends a QMP command to the domain's QEMU and gives what it returns. libvirt marks the domain as tainted, and does not
 * know what a command changes: read, or ask for what changes nothing that libvirt keeps. Rejects with `QemuCommandError` when QEMU refuses.
 */
export async function qemuMonitorCommand(
  connection: Connection,
  domain: Domain,
  command: GuestCommand,
  options?: CallOptions,
): Promise<unknown> {
  const args = { dom: domain, cmd: JSON.stringify(command), flags: 0 };
  const { result } = await connection.call(procedures.qemuDomainMonitorCommand, args, options);
  const answer = parseObject(result);
  const error = answer['error'];
  if (typeof error !== 'object' || error === null) return answer['return'];
  const [errorClass, description] = ['class', 'desc'].map((key) => String(Reflect.get(error, key)));
  throw new QemuCommandError(command.execute, errorClass ?? '', description ?? '');
}

export interface AgentOptions extends CallOptions {
  /** How long libvirt waits for the guest, from 1. Default 5. */
  readonly timeoutSeconds?: number;
}

/**
 * Sends a command to the guest agent and gives what it returns. Rejects with `errorCode.agentUnresponsive` when the
 * agent is not there or does not answer. The answer comes from inside the guest: treat it as hostile.
 */
export async function guestAgentCommand(
  connection: Connection,
  domain: Domain,
  command: GuestCommand,
  options: AgentOptions = {},
): Promise<unknown> {
  const timeout = options.timeoutSeconds ?? AGENT_TIMEOUT_SECONDS;
  const deadlineMs = options.deadlineMs ?? timeout * 1000 + AGENT_GRACE_MS;
  const args = { dom: domain, cmd: JSON.stringify(command), timeout, flags: 0 };
  const { result } = await connection.call(procedures.qemuDomainAgentCommand, args, { deadlineMs });
  return result === null ? null : parseObject(result)['return'];
}

/** For how long libvirt itself waits for this domain's agent in calls that have no time of their own. */
export async function setAgentTimeout(
  connection: Connection,
  domain: Domain,
  timeoutSeconds: number,
  options?: CallOptions,
): Promise<void> {
  const args = { dom: domain, timeout: timeoutSeconds, flags: 0 };
  await connection.call(procedures.domainAgentSetResponseTimeout, args, options);
}

/** Freezes the guest's file systems through its agent; returns how many. Thaw them soon: the guest's writers hang. */
export async function freezeFileSystems(
  connection: Connection,
  domain: Domain,
  options?: CallOptions,
): Promise<number> {
  const args = { dom: domain, mountpoints: [], flags: 0 };
  return (await connection.call(procedures.domainFsfreeze, args, options)).filesystems;
}

/** Returns how many were thawed. */
export async function thawFileSystems(
  connection: Connection,
  domain: Domain,
  options?: CallOptions,
): Promise<number> {
  const args = { dom: domain, mountpoints: [], flags: 0 };
  return (await connection.call(procedures.domainFsthaw, args, options)).filesystems;
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ProtocolError('an answer from the guest or QEMU is no JSON');
  }
  if (typeof value !== 'object' || value === null)
    throw new ProtocolError('an answer from QEMU is no object');
  return value as Readonly<Record<string, unknown>>;
}
