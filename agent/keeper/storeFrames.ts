import { CONFIG_READ_BLOCKS } from '../core/area.ts';
import { BLOCK_BYTES } from '../core/record.ts';

/**
 * What keeper and store-io child say to each other over the child's stdin and stdout: a header of 32 bytes, little
 * endian, and a payload. One child works on one request at a time.
 */

/** Largest transfer: the configuration's blocks of all hosts in one read. It bounds the buffers on both sides. */
export const MAX_BLOCKS = CONFIG_READ_BLOCKS;
export const HEADER_BYTES = 32;
/** Longest text of an error that a child reports. */
export const MAX_ERROR_CHARS = 160;

/** A child's first reply has this id and is empty: it listens. */
export const HELLO_ID = -1;

const REQUEST_MAGIC = 0x7155_4944;
const REPLY_MAGIC = 0x7255_4944;

export type StoreRequest =
  | { readonly kind: 'read'; readonly id: number; readonly block: number; readonly blocks: number }
  | { readonly kind: 'write'; readonly id: number; readonly block: number; readonly data: Uint8Array }
  /** End at once and leave no report: every answer has been received. */
  | { readonly kind: 'quit' };

export type StoreReply =
  | { readonly kind: 'done'; readonly id: number; readonly data: Uint8Array }
  | { readonly kind: 'failed'; readonly id: number; readonly error: string };

export interface RequestHeader {
  readonly kind: StoreRequest['kind'];
  readonly id: number;
  readonly block: number;
  readonly blocks: number;
  readonly payloadBytes: number;
}

const kinds = ['quit', 'read', 'write'] as const;

export function encodeRequest(request: StoreRequest): Uint8Array {
  const data = request.kind === 'write' ? request.data : new Uint8Array(0);
  const frame = Buffer.alloc(HEADER_BYTES + data.byteLength);
  frame.writeUInt32LE(REQUEST_MAGIC, 0);
  frame.writeUInt32LE(kinds.indexOf(request.kind), 4);
  if (request.kind !== 'quit') {
    frame.writeDoubleLE(request.id, 8);
    frame.writeUInt32LE(request.block, 16);
    frame.writeUInt32LE(request.kind === 'read' ? request.blocks : request.data.byteLength / BLOCK_BYTES, 20);
  }
  frame.writeUInt32LE(data.byteLength, 24);
  frame.set(data, HEADER_BYTES);
  return frame;
}

/** Throws when the header is not one of ours or asks for more than the bounds: the stream can't be trusted then. */
export function decodeRequestHeader(header: Uint8Array): RequestHeader {
  const view = new DataView(header.buffer, header.byteOffset, HEADER_BYTES);
  const kind = kinds[view.getUint32(4, true)];
  const blocks = view.getUint32(20, true);
  const payloadBytes = view.getUint32(24, true);
  if (view.getUint32(0, true) !== REQUEST_MAGIC || kind === undefined)
    throw new Error('not a store-io request');
  if (blocks > MAX_BLOCKS || payloadBytes !== (kind === 'write' ? blocks * BLOCK_BYTES : 0)) {
    throw new Error(`a store-io request of ${blocks} blocks and ${payloadBytes} bytes is out of bounds`);
  }
  return { kind, id: view.getFloat64(8, true), block: view.getUint32(16, true), blocks, payloadBytes };
}

export function encodeReply(reply: StoreReply): Uint8Array {
  const payload =
    reply.kind === 'done' ? reply.data : Buffer.from(reply.error.slice(0, MAX_ERROR_CHARS), 'utf8');
  const frame = Buffer.alloc(HEADER_BYTES + payload.byteLength);
  frame.writeUInt32LE(REPLY_MAGIC, 0);
  frame.writeUInt32LE(reply.kind === 'done' ? 0 : 1, 4);
  frame.writeDoubleLE(reply.id, 8);
  frame.writeUInt32LE(payload.byteLength, 24);
  frame.set(payload, HEADER_BYTES);
  return frame;
}

/** Puts replies together from the pieces in which a pipe delivers them. Holds one reply at most. */
export class ReplyReader {
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** Returns the replies that are now whole. Throws when the stream is not one of replies. */
  push(piece: Buffer): readonly StoreReply[] {
    this.#pieces.push(piece);
    this.#bytes += piece.byteLength;
    const replies: StoreReply[] = [];
    for (let reply = this.#take(); reply !== null; reply = this.#take()) replies.push(reply);
    return replies;
  }

  #take(): StoreReply | null {
    if (this.#bytes < HEADER_BYTES) return null;
    const first = this.#pieces[0];
    if (first === undefined || first.byteLength < HEADER_BYTES) this.#join();
    const header = this.#pieces[0] ?? Buffer.alloc(0);
    const payloadBytes = header.readUInt32LE(24);
    if (header.readUInt32LE(0) !== REPLY_MAGIC || payloadBytes > MAX_BLOCKS * BLOCK_BYTES) {
      throw new Error('not a store-io reply');
    }
    if (this.#bytes < HEADER_BYTES + payloadBytes) return null;
    const all = this.#join();
    const end = HEADER_BYTES + payloadBytes;
    const payload = all.subarray(HEADER_BYTES, end);
    this.#pieces = all.byteLength > end ? [all.subarray(end)] : [];
    this.#bytes = all.byteLength - end;
    const id = all.readDoubleLE(8);
    return all.readUInt32LE(4) === 0
      ? { kind: 'done', id, data: payload }
      : { kind: 'failed', id, error: payload.toString('utf8') };
  }

  #join(): Buffer {
    const all = this.#pieces.length === 1 ? this.#pieces[0] : undefined;
    const joined = all ?? Buffer.concat(this.#pieces);
    this.#pieces = [joined];
    return joined;
  }
}
