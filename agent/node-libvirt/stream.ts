import { readLibvirtError } from './callTable.ts';
import { DeadlineError, ProtocolError } from './errors.ts';
import { type Message, messageStatus } from './framing.ts';

/** A stream on which nothing has moved for so long is given up. */
export const STREAM_IDLE_DEADLINE_MS = 30_000;

/** The largest packet that every libvirt takes (VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX). */
export const STREAM_PACKET_BYTES = 262_120;

/** Data that nobody has read yet. With more of it, the connection stops reading from the daemon. */
export const STREAM_BUFFER_BYTES = 1024 * 1024;

/** What a packet costs beside its bytes, so that many tiny ones count as well. */
const PACKET_OVERHEAD_BYTES = 128;

export interface StreamOptions {
  /** Milliseconds without progress after which the stream fails with `DeadlineError`, from 1. */
  readonly idleDeadlineMs?: number;
}

/** What a stream needs of its connection. */
export interface StreamPort {
  /** Sends one packet; resolves when the socket can take another. */
  send(status: number, bytes: Uint8Array): Promise<void>;
  /** Whether the connection may go on reading from the daemon as far as this stream is concerned. */
  setFlowing(isFlowing: boolean): void;
  /** The stream is over: what still comes for it is dropped. */
  remove(): void;
}

const NO_BYTES = new Uint8Array();

/**
 * The data that belongs to one call, in one direction. The reader reads until null and then calls `finish`; the writer
 * writes and then calls `finish`, which reports whether all of it arrived. One operation at a time.
 */
export class Stream {
  readonly #name: string;
  readonly #port: StreamPort;
  readonly #idleDeadlineMs: number;
  readonly #chunks: Buffer[] = [];
  #bufferedBytes = 0;
  #atEnd = false;
  #isFinished = false;
  #error: Error | null = null;
  #changed: () => void = () => {};

  constructor(name: string, port: StreamPort, options: StreamOptions) {
    this.#name = name;
    this.#port = port;
    this.#idleDeadlineMs = options.idleDeadlineMs ?? STREAM_IDLE_DEADLINE_MS;
  }

  /** The next data, or null at the end. */
  async read(): Promise<Buffer | null> {
    while (this.#chunks.length === 0 && !this.#atEnd) await this.#change();
    const chunk = this.#chunks.shift();
    if (!chunk) return null;
    this.#bufferedBytes -= chunk.length + PACKET_OVERHEAD_BYTES;
    if (this.#bufferedBytes <= STREAM_BUFFER_BYTES) this.#port.setFlowing(true);
    return chunk;
  }

  /** Sends data, in packets. Resolves when the socket can take more. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += STREAM_PACKET_BYTES) {
      const packet = bytes.subarray(at, at + STREAM_PACKET_BYTES);
      await this.#withinDeadline(this.#port.send(messageStatus.continue, packet));
    }
  }

  /** Ends the stream well. Rejects with `LibvirtError` when the daemon says that it did not go well. */
  async finish(): Promise<void> {
    await this.#withinDeadline(this.#port.send(messageStatus.ok, NO_BYTES));
    while (!this.#isFinished) await this.#change();
    this.#port.remove();
  }

  /**
   * Ends the stream in the middle. The daemon is told; nothing is waited for. What is
   * read or written afterwards rejects with `error`. Does nothing when the stream is over.
   */
  abort(error: Error = new ProtocolError(`the stream of ${this.#name} was aborted`)): void {
    if (this.#isFinished || this.#error) return;
    this.fail(error);
    void this.#port.send(messageStatus.error, NO_BYTES);
  }

  /** Takes a packet of the daemon's. */
  receive(message: Message): void {
    if (message.status === messageStatus.error) {
      this.fail(readLibvirtError(this.#name, message.body));
    } else if (message.status === messageStatus.ok) {
      this.#isFinished = true;
      this.#atEnd = true;
      this.#changed();
    } else if (message.status === messageStatus.continue) {
      this.#receiveData(message.body.rest());
    } else {
      throw new ProtocolError(`a packet of ${this.#name} has the status ${message.status}`);
    }
  }

  /** Ends the stream with an error, which the operation in progress and all later ones reject with. */
  fail(error: Error): void {
    if (this.#error) return;
    this.#error = error;
    this.#chunks.length = 0;
    this.#changed();
    this.#port.remove();
  }

  #receiveData(bytes: Buffer): void {
    if (this.#atEnd) throw new ProtocolError(`data of ${this.#name} after its end`);
    if (bytes.length === 0) this.#atEnd = true;
    else {
      this.#chunks.push(bytes);
      this.#bufferedBytes += bytes.length + PACKET_OVERHEAD_BYTES;
      if (this.#bufferedBytes > STREAM_BUFFER_BYTES) this.#port.setFlowing(false);
    }
    this.#changed();
  }

  /** Resolves at the next packet, or rejects when the stream is or becomes broken or idle. */
  #change(): Promise<void> {
    return this.#withinDeadline(
      new Promise((resolve) => {
        this.#changed = resolve;
      }),
    );
  }

  async #withinDeadline(operation: Promise<void>): Promise<void> {
    if (this.#error) throw this.#error;
    let timer: NodeJS.Timeout | undefined;
    const idle = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.abort(new DeadlineError(`the stream of ${this.#name}`, this.#idleDeadlineMs, 'unknown', ''));
        resolve();
      }, this.#idleDeadlineMs);
    });
    await Promise.race([operation, idle]);
    clearTimeout(timer);
    if (this.#error) throw this.#error;
  }
}
