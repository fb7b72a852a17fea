import type * as z from 'zod/mini';
import { LAYOUT_VERSION } from '../protocol/store.ts';
import { surelyFits } from '../protocol/surelyFits.ts';
import { isZero } from './bytes.ts';
import { crc32c } from './crc32c.ts';
import type { DecodeMemo } from './decodeMemo.ts';

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

/**
 * Reads a record back. The zero tail counts: rest of an older, longer record means that the write was torn.
 * @param memo - of this kind and schema: knows whole records by their bytes, header and checksum among them.
 */
export function decodeRecord<Value>(
  bytes: Uint8Array,
  kind: RecordKind,
  schema: z.ZodMiniType<Value>,
  memo?: DecodeMemo<Value>,
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
  const seal = view.getUint32(CHECKED_HEADER_BYTES);
  const known = memo?.find(seal, bytes, payloadEnd) ?? null;
  if (known !== null && isZero(bytes, payloadEnd)) {
    return { kind: 'record', value: known };
  }
  const checksum = crc32c(bytes, HEADER_BYTES, payloadEnd, crc32c(bytes, 0, CHECKED_HEADER_BYTES));
  if (checksum !== seal) {
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
  const decoded = decodePayload(bytes.subarray(HEADER_BYTES, payloadEnd), schema);
  if (decoded.kind === 'record') {
    memo?.keep(seal, bytes, payloadEnd, decoded.value);
  }
  return decoded;
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
  if (surelyFits(schema, parsed)) {
    return { kind: 'record', value: parsed };
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
  // 0x7f has its highest bit set when one is added, and all above have it anyhow.
  let seen = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    seen |= byte | (byte + 1);
  }
  if ((seen & 0x80) !== 0) {
    return null;
  }
  let text = '';
  for (let from = 0; from < bytes.length; from += TEXT_CHUNK_BYTES) {
    const chunk = bytes.subarray(from, from + TEXT_CHUNK_BYTES);
    // A typed array is as good an argument list as an array, and need not be iterated for it.
    text += String.fromCharCode.apply(null, chunk as unknown as number[]);
  }
  return text;
}

function unreadable(reason: string): { kind: 'unreadable'; reason: string } {
  return { kind: 'unreadable', reason };
}
