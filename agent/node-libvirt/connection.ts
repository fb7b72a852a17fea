import type { Duplex } from 'node:stream';
import { type CallOptions, CallTable } from './callTable.ts';
import { ClosedError, LibvirtError } from './errors.ts';
import { encodeMessage, Framer, type Message, messageType } from './framing.ts';
import {
  Keepalive,
  KEEPALIVE_PING,
  KEEPALIVE_PROGRAM,
  type KeepaliveTiming,
  keepalivePong,
} from './keepalive.ts';
import type { EventMessage, Procedure } from './procedure.ts';
import { connectClose } from './procedures.generated.ts';
import { Stream, type StreamOptions } from './stream.ts';

/** Saying goodbye is a courtesy to the daemon's log. */
const GOODBYE_DEADLINE_MS = 1000;

type Listener = (message: Message) => void;

/**
 * One connection to a libvirt daemon. Several calls may be in flight; each has a deadline. Closing it cancels them all.
 * It never reconnects: what a reconnected client must read again, only its owner knows.
 */
export class Connection {
  readonly #socket: Duplex;
  readonly #framer = new Framer();
  readonly #calls: CallTable;
  readonly #streams = new Map<number, Stream>();
  readonly #stalled = new Set<Stream>();
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #closed: Promise<ClosedError>;
  #announceClosed: (error: ClosedError) => void = () => {};
  #keepalive: Keepalive | null = null;
  #error: ClosedError | null = null;

  /** `socket` is connected, and nobody else reads from it. The handshake is the caller's: see `connect`. */
  constructor(socket: Duplex, maximumInFlight: number) {
    this.#socket = socket;
    this.#calls = new CallTable(maximumInFlight, (message) => this.#write(message));
    this.#closed = new Promise((resolve) => {
      this.#announceClosed = resolve;
    });
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#fail(`the socket to libvirt failed: ${error.message}`, error));
    socket.on('close', () => this.#fail('libvirt closed the connection'));
  }

  /** Resolves when the connection is closed, with the reason. Never rejects. */
  get closed(): Promise<ClosedError> {
    return this.#closed;
  }

  get isOpen(): boolean {
    return this.#error === null;
  }

  /**
   * Calls a procedure. Rejects with `LibvirtError` (libvirt's own answer), `DeadlineError`, `ClosedError`, `BusyError`
   * or `ProtocolError` (arguments that can't be encoded, or a reply that can't be decoded).
   */
  call<Args, Result>(
    procedure: Procedure<Args, Result>,
    args: Args,
    options: CallOptions = {},
  ): Promise<Result> {
    return this.#calls.call(procedure, args, options);
  }

  /**
   * Calls a procedure that has a stream. The stream shares the connection: while its data is not read, no reply is
   * read either, so large ones want a connection of their own.
   */
  async openStream<Args, Result>(
    procedure: Procedure<Args, Result>,
    args: Args,
    options: CallOptions & StreamOptions = {},
  ): Promise<{ readonly result: Result; readonly stream: Stream }> {
    let opened: Stream | undefined;
    try {
      const result = await this.#calls.call(procedure, args, options, (serial) => {
        opened = this.#addStream(procedure, serial, options);
      });
      if (!opened) throw new ClosedError('the stream was closed before it began', 'unknown');
      return { result, stream: opened };
    } catch (error) {
      if (error instanceof LibvirtError) opened?.fail(error);
      else opened?.abort();
      throw error;
    }
  }

  /**
   * Hears messages that the daemon sends on its own, in their order; returns the way to stop. The listener must not
   * throw. A message that can't be decoded closes the connection: a lost event must not go unnoticed.
   */
  listen<Body>(event: EventMessage<Body>, listener: (body: Body) => void): () => void {
    const key = eventKey(event.program, event.number);
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners);
    // Each listener reads the body for itself.
    const hear: Listener = (message) => listener(event.decode(message.body.fork()));
    listeners.add(hear);
    return () => listeners.delete(hear);
  }

  startKeepalive(timing: KeepaliveTiming): void {
    this.#keepalive ??= new Keepalive(
      timing,
      (message) => this.#write(message),
      (silentMs) => this.#fail(`libvirt has been silent for ${silentMs} ms and answers no keepalive`),
    );
  }

  /** Says goodbye to the daemon, for at most a second, and closes. */
  async close(): Promise<void> {
    await this.call(connectClose, undefined, { deadlineMs: GOODBYE_DEADLINE_MS }).catch(() => {});
    this.destroy('the connection was closed by its owner');
  }

  /** Closes at once. Every call fails with `ClosedError`; the daemon may still carry out those that it has got. */
  destroy(reason: string): void {
    this.#fail(reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #write(message: Buffer): void {
    if (this.#error === null) this.#socket.write(message);
  }

  #addStream<Args, Result>(
    procedure: Procedure<Args, Result>,
    serial: number,
    options: StreamOptions,
  ): Stream {
    const { name, program, number } = procedure;
    const stream: Stream = new Stream(
      name,
      {
        send: (status, bytes) => {
          const header = { program, procedure: number, type: messageType.stream, serial, status };
          this.#write(encodeMessage(header, (writer) => writer.raw(bytes)));
          return this.#drained();
        },
        setFlowing: (isFlowing) => this.#setFlowing(stream, isFlowing),
        remove: () => {
          this.#streams.delete(serial);
          this.#setFlowing(stream, true);
        },
      },
      options,
    );
    this.#streams.set(serial, stream);
    return stream;
  }

  #setFlowing(stream: Stream, isFlowing: boolean): void {
    if (isFlowing) this.#stalled.delete(stream);
    else this.#stalled.add(stream);
    // The daemon's answers to keepalive can't be heard while nothing is read.
    this.#keepalive?.setDeaf(this.#stalled.size > 0);
    if (this.#stalled.size > 0) this.#socket.pause();
    else this.#socket.resume();
  }

  async #drained(): Promise<void> {
    if (this.#error !== null || !this.#socket.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#socket.off('drain', done);
        this.#socket.off('close', done);
        resolve();
      };
      this.#socket.on('drain', done);
      this.#socket.on('close', done);
    });
  }

  #receive(chunk: Buffer): void {
    this.#keepalive?.heard();
    try {
      this.#framer.push(chunk, (message) => {
        if (this.#error === null) this.#dispatch(message);
      });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#fail(`a message of libvirt's could not be handled: ${text}`, error);
    }
  }

  #dispatch(message: Message): void {
    if (message.program === KEEPALIVE_PROGRAM) {
      // A daemon that sends pings and reads no answers must not fill this process with them.
      if (message.procedure === KEEPALIVE_PING && !this.#socket.writableNeedDrain)
        this.#write(keepalivePong());
    } else if (message.type === messageType.reply) {
      this.#calls.settle(message);
    } else if (message.type === messageType.stream) {
      // A packet may still come for a stream that was aborted here.
      this.#streams.get(message.serial)?.receive(message);
    } else if (message.type === messageType.event) {
      const listeners = this.#listeners.get(eventKey(message.program, message.procedure)) ?? [];
      for (const listener of listeners) listener(message);
    }
  }

  #fail(reason: string, cause?: unknown): void {
    if (this.#error) return;
    this.#error = new ClosedError(reason, 'unknown', cause);
    this.#keepalive?.stop();
    this.#socket.destroy();
    this.#calls.close(this.#error);
    for (const stream of this.#streams.values()) stream.fail(this.#error);
    this.#listeners.clear();
    this.#announceClosed(this.#error);
  }
}

const eventKey = (program: number, procedure: number): string => `${program}:${procedure}`;
