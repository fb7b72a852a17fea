import type * as z from 'zod/mini';
import { LAYOUT_VERSION } from '../protocol/store.ts';
import { crc32c } from './crc32c.ts';

/** Unit of the lease area; a record takes one block or a whole number of them. */
export const BLOCK_BYTES = 4096;
const HEADER_BYTES = 16;
const CHECKED_HEADER_BYTES = 12;
/** 'USTD' in ASCII. */
const MAGIC = 0x55535444;

export const RECORD_KIND = { areaHeader: 1, lease: 2, config: 3, token: 4, definition: 5 } as const;
export type RecordKind = (typeof RECORD_KIND)[keyof typeof RECORD_KIND];

/** What a block (or a run of blocks) holds. Only `record` says anything; `unreadable` is never the same as `empty`. */
export type Decoded<Value> =
  | { readonly kind: 'empty' }
  | { readonly kind: 'record'; readonly value: Value }
  /** Written by a newer version of the product; this one must keep its hands off. */
  | { readonly kind: 'newer'; readonly version: number }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Largest payload, in bytes, of a record of that many blocks. */
export function recordCapacityBytes(blocks: number): number {
  return blocks * BLOCK_BYTES - HEADER_BYTES;
}

/** The value as the codec writes it: JSON in ASCII, everything else as \u escapes. */
export function recordText(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * A record as it is written to the store: header, ASCII JSON, zeros to the end of the last block.
 * @throws RangeError when the value does not fit in that many blocks.
 */
export function encodeRecord(kind: RecordKind, value: unknown, blocks: number): Uint8Array {
  const text = recordText(value);
  if (text.length > recordCapacityBytes(blocks)) {
    throw new RangeError(`a record of ${text.length} bytes does not fit in ${blocks} blocks`);
  }
  const bytes = new Uint8Array(blocks * BLOCK_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC);
  view.setUint16(4, LAYOUT_VERSION);
  view.setUint8(6, kind);
  view.setUint32(8, text.length);
  for (let index = 0; index < text.length; index += 1) {
    bytes[HEADER_BYTES + index] = text.charCodeAt(index);
  }
  const checksum = crc32c(
    bytes,
    HEADER_BYTES,
    HEADER_BYTES + text.length,
    crc32c(bytes, 0, CHECKED_HEADER_BYTES),
  );
  view.setUint32(CHECKED_HEADER_BYTES, checksum);
  return bytes;
}

/** Reads a record back. The zero tail counts: rest of an older, longer record means that the write was torn. */
export function decodeRecord<Value>(
  bytes: Uint8Array,
  kind: RecordKind,
  schema: z.ZodMiniType<Value>,
): Decoded<Value> {
  if (isZero(bytes, 0)) {
    return { kind: 'empty' };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < BLOCK_BYTES || view.getUint32(0) !== MAGIC) {
    return unreadable('no record of ours');
  }
  const payloadEnd = HEADER_BYTES + view.getUint32(8);
  if (payloadEnd > bytes.length) {
    return unreadable('length beyond the block');
  }
  const checksum = crc32c(bytes, HEADER_BYTES, payloadEnd, crc32c(bytes, 0, CHECKED_HEADER_BYTES));
  if (checksum !== view.getUint32(CHECKED_HEADER_BYTES)) {
    return unreadable('checksum differs');
  }
  const version = view.getUint16(4);
  if (version > LAYOUT_VERSION) {
    return { kind: 'newer', version };
  }
  if (version !== LAYOUT_VERSION || view.getUint8(6) !== kind || view.getUint8(7) !== 0) {
    return unreadable('another kind of record');
  }
  if (!isZero(bytes, payloadEnd)) {
    return unreadable('remains behind the record');
  }
  return decodePayload(bytes.subarray(HEADER_BYTES, payloadEnd), schema);
}

function decodePayload<Value>(payload: Uint8Array, schema: z.ZodMiniType<Value>): Decoded<Value> {
  const text = asciiText(payload);
  if (text === null) {
    return unreadable('not ASCII');
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return unreadable('not JSON');
  }
  const result = schema.safeParse(parsed);
  if (result.success) {
    return { kind: 'record', value: result.data };
  }
  return unreadable(`field ${result.error.issues[0]?.path.join('.') ?? ''} is not valid`);
}

/** Small enough for the argument list of one call. */
const TEXT_CHUNK_BYTES = 4096;

function asciiText(bytes: Uint8Array): string | null {
  const parts: string[] = [];
  for (let from = 0; from < bytes.length; from += TEXT_CHUNK_BYTES) {
    const chunk = bytes.subarray(from, from + TEXT_CHUNK_BYTES);
    for (let index = 0; index < chunk.length; index += 1) {
      if ((chunk[index] ?? 0) > 0x7e) {
        return null;
      }
    }
    // A typed array is as good an argument list as an array, and need not be iterated for it.
    parts.push(String.fromCharCode.apply(null, chunk as unknown as number[]));
  }
  return parts.join('');
}

const WORD_BYTES = 4;

/** The same bytes as whole words; null where they don't lie at a word's border. Blocks of a read always do. */
function words(bytes: Uint8Array): Int32Array | null {
  const { buffer, byteOffset, length } = bytes;
  const isAligned = byteOffset % WORD_BYTES === 0 && length % WORD_BYTES === 0;
  return isAligned ? new Int32Array(buffer, byteOffset, length / WORD_BYTES) : null;
}

function isZero(bytes: Uint8Array, from: number): boolean {
  const wordsFrom = Math.ceil(from / WORD_BYTES);
  const whole = words(bytes);
  const bytewiseTo = whole === null ? bytes.length : Math.min(wordsFrom * WORD_BYTES, bytes.length);
  for (let index = from; index < bytewiseTo; index += 1) {
    if (bytes[index] !== 0) {
      return false;
    }
  }
  if (whole !== null) {
    for (let index = wordsFrom; index < whole.length; index += 1) {
      if (whole[index] !== 0) {
        return false;
      }
    }
  }
  return true;
}

function unreadable(reason: string): { kind: 'unreadable'; reason: string } {
  return { kind: 'unreadable', reason };
}

/** Whether two blocks hold the same bytes; the only comparison that counts as "unchanged" (rule 4). */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) {
    return false;
  }
  const leftWords = words(left);
  const rightWords = words(right);
  return leftWords !== null && rightWords !== null
    ? sameElements(leftWords, rightWords)
    : sameElements(left, right);
}

function sameElements(left: ArrayLike<number>, right: ArrayLike<number>): boolean {
  for (let index = 0; index < left.length; index += 1) {
    if (left[index] !== right[index]) {
      return false;
    }
  }
  return true;
}
