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

/**
 * Cuts a stream of bytes into messages. It holds at most one message and one chunk of the socket's, and believes no
 * length word: memory grows only with bytes that have really arrived.
 */
export class Framer {
  #chunks: Buffer[] = [];
  #held = 0;
  #needed = 4;

  /** Calls `deliver` for each complete message. Throws `ProtocolError` when the stream can't be followed any more. */
  push(chunk: Buffer, deliver: (message: Message) => void): void {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    if (this.#held < this.#needed) return;
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#held);
    let at = 0;
    this.#needed = 4;
    while (bytes.length - at >= 4) {
      const length = bytes.readUInt32BE(at);
      if (length < HEADER_BYTES || length > MAXIMUM_MESSAGE_BYTES) {
        throw new ProtocolError(`a message claims a length of ${length} bytes`);
      }
      if (bytes.length - at < length) {
        this.#needed = length;
        break;
      }
      deliver(decodeMessage(bytes.subarray(at + 4, at + length)));
      at += length;
    }
    this.#chunks = at === bytes.length ? [] : [bytes.subarray(at)];
    this.#held = bytes.length - at;
  }
}
