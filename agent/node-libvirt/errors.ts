/** What is known about a call that did not end with a reply. */
export type CallOutcome =
  /** The request never left this process: nothing has happened. */
  | 'not-sent'
  /** The request was handed to the daemon: it may have been carried out, may still be, or may never be. */
  | 'unknown';

/** libvirt answered with an error. `code` is a `virErrorNumber`, `domain` a `virErrorDomain`. */
export class LibvirtError extends Error {
  readonly kind = 'libvirt';
  readonly code: number;
  readonly domain: number;
  /** The name of the procedure that failed, or the stream's. */
  readonly procedure: string;

  constructor(procedure: string, code: number, domain: number, message: string) {
    super(message);
    this.name = 'LibvirtError';
    this.procedure = procedure;
    this.code = code;
    this.domain = domain;
  }
}

/** The deadline of a call passed. The connection goes on; a reply that comes later is discarded. */
export class DeadlineError extends Error {
  readonly kind = 'deadline';
  readonly procedure: string;
  readonly deadlineMs: number;
  readonly outcome: CallOutcome;

  constructor(procedure: string, deadlineMs: number, outcome: CallOutcome, detail: string) {
    super(`libvirt did not answer ${procedure} within ${deadlineMs} ms${detail}`);
    this.name = 'DeadlineError';
    this.procedure = procedure;
    this.deadlineMs = deadlineMs;
    this.outcome = outcome;
  }
}

/** The connection is closed: by its owner, by the daemon, by keepalive, or because the daemon broke the protocol. */
export class ClosedError extends Error {
  readonly kind = 'closed';
  readonly outcome: CallOutcome;

  constructor(reason: string, outcome: CallOutcome, cause?: unknown) {
    super(reason, cause === undefined ? {} : { cause });
    this.name = 'ClosedError';
    this.outcome = outcome;
  }
}

/** Bytes that are no valid message of the protocol, or a value that does not fit into one. */
export class ProtocolError extends Error {
  readonly kind = 'protocol';

  constructor(message: string) {
    super(message);
    this.name = 'ProtocolError';
  }
}

/** More calls or more stream data are waiting on one connection than its bounds allow. Nothing was sent. */
export class BusyError extends Error {
  readonly kind = 'busy';

  constructor(message: string) {
    super(message);
    this.name = 'BusyError';
  }
}

/**
 * The numbers of `virErrorNumber` (libvirt's virterror.h) that callers commonly branch on.
 * The list is not complete: any other number may appear in `LibvirtError.code`.
 */
export const errorCode = {
  internal: 1,
  noMemory: 2,
  noSupport: 3,
  invalidArgument: 8,
  operationFailed: 9,
  domainExists: 20,
  xmlError: 27,
  /** A failure of the RPC layer itself; the answer to a procedure that the daemon does not know. */
  rpc: 39,
  noDomain: 42,
  noNetwork: 43,
  noStoragePool: 49,
  noStorageVolume: 50,
  operationInvalid: 55,
  noSecret: 66,
  configUnsupported: 67,
  operationTimeout: 68,
  migratePersistFailed: 69,
  hookScriptFailed: 70,
  noDomainMetadata: 80,
  migrateUnsafe: 81,
  operationUnsupported: 84,
  agentUnresponsive: 86,
  operationAborted: 78,
} as const;

/** True for an error of libvirt's with one of the codes. */
export function isLibvirtError(error: unknown, ...codes: readonly number[]): error is LibvirtError {
  return error instanceof LibvirtError && (codes.length === 0 || codes.includes(error.code));
}
