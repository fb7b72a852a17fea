import { ProtocolError } from './errors.ts';
import { MAXIMUM_MESSAGE_BYTES, XdrReader, XdrWriter } from './xdr.ts';

/** The length word, and six words of header. */
export const HEADER_BYTES = 28;

export const messageType = { call: 0, reply: 1, event: 2, stream: 3, streamHole: 6 } as const;

export const messageStatus = { ok: 0, error: 1, continue: 2 } as const;

/** Every program that this library speaks has version 1. */
const PROGRAM_VERSION = 1;

export interface MessageHeader {
  readonly program: number;
  readonly procedure: number;
  /** One of `messageType`. */
  readonly type: number;
  readonly serial: number;
  /** One of `messageStatus`. */
  readonly status: number;
}

export interface Message extends MessageHeader {
  /** The body. A view into what the socket delivered: whoever keeps it copies it. */
  readonly body: XdrReader;
}

/** One message as bytes. Throws `ProtocolError` when the body can't be encoded. */
export function encodeMessage(header: MessageHeader, writeBody: (writer: XdrWriter) => void): Buffer {
  const writer = new XdrWriter();
  writer.uint32(0);
  writer.uint32(header.program);
  writer.uint32(PROGRAM_VERSION);
  writer.int32(header.procedure);
  writer.int32(header.type);
  writer.uint32(header.serial);
  writer.int32(header.status);
  writeBody(writer);
  const bytes = writer.finish();
  bytes.writeUInt32BE(bytes.length, 0);
  return bytes;
}

/** `bytes`: one message without its length word. */
export function decodeMessage(bytes: Buffer): Message {
  const body = new XdrReader(bytes);
  const program = body.uint32();
  const version = body.uint32();
  if (version !== PROGRAM_VERSION) throw new ProtocolError(`program ${program} has the version ${version}`);
  return {
    program,
    procedure: body.int32(),
    type: body.int32(),
    serial: body.uint32(),
    status: body.int32(),
    body,
  };
}

const NO_BYTES: Buffer = Buffer.alloc(0);

/**
 * Cuts a stream of bytes into messages. It holds at most one message and one chunk of the socket's, in a buffer that
 * at most doubles: no length word is believed, memory grows only with bytes that have really arrived.
 */
export class Framer {
  #held: Buffer = NO_BYTES;
  #heldBytes = 0;
  #neededBytes = 4;

  /** Calls `deliver` for each complete message. Throws `ProtocolError` when the stream can't be followed any more. */
  push(chunk: Buffer, deliver: (message: Message) => void): void {
    if (this.#heldBytes === 0) {
      this.#keep(this.#cut(chunk, deliver));
      return;
    }
    this.#append(chunk);
    if (this.#heldBytes < this.#neededBytes) return;
    const bytes = this.#held.subarray(0, this.#heldBytes);
    // Whoever got a message may still hold a view of it: the buffer is never written again.
    this.#held = NO_BYTES;
    this.#heldBytes = 0;
    this.#keep(this.#cut(bytes, deliver));
  }

  /** Delivers what is complete, and returns the rest. */
  #cut(bytes: Buffer, deliver: (message: Message) => void): Buffer {
    let at = 0;
    this.#neededBytes = 4;
    while (bytes.length - at >= 4) {
      const length = bytes.readUInt32BE(at);
      if (length < HEADER_BYTES || length > MAXIMUM_MESSAGE_BYTES) {
        throw new ProtocolError(`a message claims a length of ${length} bytes`);
      }
      if (bytes.length - at < length) {
        this.#neededBytes = length;
        break;
      }
      deliver(decodeMessage(bytes.subarray(at + 4, at + length)));
      at += length;
    }
    return bytes.subarray(at);
  }

  #keep(rest: Buffer): void {
    if (rest.length > 0) this.#append(rest);
  }

  #append(chunk: Buffer): void {
    const bytes = this.#heldBytes + chunk.length;
    if (bytes > this.#held.length) {
      const larger = Buffer.allocUnsafe(Math.max(bytes, Math.min(this.#held.length * 2, this.#neededBytes)));
      this.#held.copy(larger, 0, 0, this.#heldBytes);
      this.#held = larger;
    }
    chunk.copy(this.#held, this.#heldBytes);
    this.#heldBytes = bytes;
  }
}
