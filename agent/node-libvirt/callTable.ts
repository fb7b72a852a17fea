import { readErrorBody } from './codec.generated.ts';
import { BusyError, ClosedError, DeadlineError, LibvirtError, ProtocolError } from './errors.ts';
import { encodeMessage, type Message, messageStatus, messageType } from './framing.ts';
import type { Procedure } from './procedure.ts';
import type { XdrReader } from './xdr.ts';

/** Long enough for a busy host, short enough that a lost reply is noticed. Slow procedures have constants of their own. */
export const DEFAULT_DEADLINE_MS = 30_000;

/**
 * A daemon stops reading from a client with five requests in progress (`max_client_requests`), keepalive included.
 * Four keep it listening, so that a slow call is not mistaken for a dead daemon.
 */
export const DEFAULT_MAXIMUM_IN_FLIGHT = 4;

/** Calls that wait for their turn. More than this is a caller that does not wait for answers. */
export const MAXIMUM_QUEUED_CALLS = 256;

/** Arguments are small XML documents: 64 MiB of them in the queue is a caller gone wrong. */
export const MAXIMUM_QUEUED_BYTES = 64 * 1024 * 1024;

export interface CallOptions {
  /** Milliseconds until the call fails with `DeadlineError`, from 1; the time in the queue counts. */
  readonly deadlineMs?: number;
}

interface Call {
  readonly name: string;
  readonly program: number;
  readonly procedure: number;
  readonly serial: number;
  readonly message: Buffer;
  readonly finish: (body: XdrReader) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
  /** True when its deadline has passed. It keeps its place in flight, since the daemon still works on it. */
  abandoned: boolean;
}

/** The calls of one connection: those that wait, those in flight, their serials and their deadlines. */
export class CallTable {
  readonly #send: (message: Buffer) => void;
  readonly #maximumInFlight: number;
  readonly #inFlight = new Map<number, Call>();
  readonly #queue = new Map<number, Call>();
  #queuedBytes = 0;
  #lastSerial = 0;
  #closed: ClosedError | null = null;

  constructor(maximumInFlight: number, send: (message: Buffer) => void) {
    this.#maximumInFlight = maximumInFlight;
    this.#send = send;
  }

  /** `started` gets the serial before anything is sent, so that a stream can listen from its first byte on. */
  call<Args, Result>(
    procedure: Procedure<Args, Result>,
    args: Args,
    options: CallOptions,
    started?: (serial: number) => void,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new ClosedError(this.#closed.message, 'not-sent', this.#closed.cause);
      const serial = this.#nextSerial();
      const { name, program, number } = procedure;
      const message = encodeMessage(
        { program, procedure: number, type: messageType.call, serial, status: messageStatus.ok },
        (writer) => procedure.encode(writer, args),
      );
      if (
        this.#queue.size >= MAXIMUM_QUEUED_CALLS ||
        this.#queuedBytes + message.length > MAXIMUM_QUEUED_BYTES
      ) {
        throw new BusyError(`${this.#queue.size} calls are waiting already, ${name} was not sent`);
      }
      const deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
      const timer = setTimeout(() => this.#expire(serial, deadlineMs), deadlineMs);
      const finish = (body: XdrReader): void => resolve(procedure.decode(body));
      const call: Call = {
        name,
        program,
        procedure: number,
        serial,
        message,
        finish,
        reject,
        timer,
        abandoned: false,
      };
      this.#queue.set(serial, call);
      this.#queuedBytes += message.length;
      started?.(serial);
      this.#fill();
    });
  }

  /** Takes a reply. Replies to calls that nobody waits for any more only make room for the next. */
  settle(message: Message): void {
    const call = this.#inFlight.get(message.serial);
    if (!call) throw new ProtocolError(`a reply to the call ${message.serial}, which is not in flight`);
    if (message.program !== call.program || message.procedure !== call.procedure) {
      throw new ProtocolError(`a reply of procedure ${message.procedure} to ${call.name}`);
    }
    this.#inFlight.delete(message.serial);
    clearTimeout(call.timer);
    if (!call.abandoned) settleCall(call, message);
    this.#fill();
  }

  /** Rejects every call: those in flight have an unknown outcome, those in the queue were not sent. */
  close(error: ClosedError): void {
    this.#closed = error;
    for (const call of this.#inFlight.values()) {
      clearTimeout(call.timer);
      call.reject(new ClosedError(error.message, 'unknown', error.cause));
    }
    for (const call of this.#queue.values()) {
      clearTimeout(call.timer);
      call.reject(new ClosedError(error.message, 'not-sent', error.cause));
    }
    this.#inFlight.clear();
    this.#queue.clear();
  }

  #fill(): void {
    for (const call of this.#queue.values()) {
      if (this.#inFlight.size >= this.#maximumInFlight) return;
      this.#dequeue(call);
      this.#inFlight.set(call.serial, call);
      this.#send(call.message);
    }
  }

  #dequeue(call: Call): void {
    this.#queue.delete(call.serial);
    this.#queuedBytes -= call.message.length;
  }

  #expire(serial: number, deadlineMs: number): void {
    const waiting = this.#queue.get(serial);
    if (waiting) {
      this.#dequeue(waiting);
      const detail = `: ${this.#inFlight.size} earlier calls are still unanswered, so it was not sent`;
      waiting.reject(new DeadlineError(waiting.name, deadlineMs, 'not-sent', detail));
      return;
    }
    const call = this.#inFlight.get(serial);
    if (!call) return;
    call.abandoned = true;
    call.reject(
      new DeadlineError(call.name, deadlineMs, 'unknown', ': whether it was carried out is not known'),
    );
  }

  #nextSerial(): number {
    do this.#lastSerial = this.#lastSerial >= 0xffff_ffff ? 1 : this.#lastSerial + 1;
    while (this.#inFlight.has(this.#lastSerial) || this.#queue.has(this.#lastSerial));
    return this.#lastSerial;
  }
}

function settleCall(call: Call, message: Message): void {
  try {
    if (message.status === messageStatus.ok) call.finish(message.body);
    else if (message.status === messageStatus.error) call.reject(readLibvirtError(call.name, message.body));
    else throw new ProtocolError(`a reply to ${call.name} has the status ${message.status}`);
  } catch (error) {
    call.reject(error instanceof Error ? error : new ProtocolError(String(error)));
  }
}

/** The error in the body of a reply or a stream message. Throws `ProtocolError` when there is none. */
export function readLibvirtError(procedure: string, body: XdrReader): LibvirtError {
  const error = readErrorBody(body);
  return new LibvirtError(procedure, error.code, error.domain, error.message ?? 'libvirt gave no message');
}
