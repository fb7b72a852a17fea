import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod/mini';
import { BLOCK_BYTES, RECORD_KIND, decodeRecord, encodeRecord, recordCapacityBytes } from './record.ts';

const Schema = z.strictObject({ seq: z.int(), text: z.string() });
const decode = (bytes: Uint8Array) => decodeRecord(bytes, RECORD_KIND.lease, Schema);
const encode = (value: z.infer<typeof Schema>) => encodeRecord(RECORD_KIND.lease, value, 1);

test('any value comes back as it was written', () => {
  fc.assert(
    fc.property(
      fc.record({ seq: fc.nat(), text: fc.string({ unit: 'binary', maxLength: 200 }) }),
      (value) => {
        expect(decode(encode(value))).toEqual({ kind: 'record', value });
      },
    ),
  );
});

test('a zero block is empty and nothing else is', () => {
  expect(decode(new Uint8Array(BLOCK_BYTES))).toEqual({ kind: 'empty' });
  fc.assert(
    fc.property(fc.nat(BLOCK_BYTES - 1), fc.integer({ min: 1, max: 255 }), (at, byte) => {
      const block = new Uint8Array(BLOCK_BYTES);
      block[at] = byte;
      expect(decode(block).kind).toBe('unreadable');
    }),
  );
});

test('rule 4: a torn record is never read as a record, nor as empty', () => {
  const text = fc.string({ minLength: 20, maxLength: 1000 });
  fc.assert(
    fc.property(text, text, fc.integer({ min: 1, max: 7 }), (before, after, sectors) => {
      const old = encode({ seq: 1, text: before });
      const torn = encode({ seq: 2, text: after });
      torn.set(old.subarray(sectors * 512), sectors * 512);
      const read = decode(torn);
      // A tear behind the last byte that differs leaves the new record whole.
      const whole = read.kind === 'record' && read.value.seq === 2 && read.value.text === after;
      expect(whole || read.kind === 'unreadable').toBe(true);
    }),
  );
});

test('a single flipped bit makes a record unreadable', () => {
  const recordBits = 64 * 8;
  const flipped = (bit: number): Uint8Array => {
    const block = encode({ seq: 7, text: 'one' });
    const at = bit >> 3;
    block[at] = (block[at] ?? 0) ^ (1 << (bit & 7));
    return block;
  };
  for (let bit = 0; bit < recordBits; bit += 1) {
    expect(decode(flipped(bit)).kind).toBe('unreadable');
  }
  fc.assert(
    fc.property(fc.integer({ min: recordBits, max: BLOCK_BYTES * 8 - 1 }), (bit) => {
      expect(decode(flipped(bit)).kind).toBe('unreadable');
    }),
  );
});

test('remains of a longer record behind a shorter one are noticed', () => {
  const block = encode({ seq: 1, text: 'short' });
  block[BLOCK_BYTES - 1] = 1;
  expect(decode(block)).toEqual({ kind: 'unreadable', reason: 'remains behind the record' });
});

test('a newer layout is told apart from damage', () => {
  const newer = encodeRecord(RECORD_KIND.lease, { seq: 1, text: '' }, 1);
  const patched = reseal(newer, (view) => view.setUint16(4, 2));
  expect(decode(patched)).toEqual({ kind: 'newer', version: 2 });
});

test('another kind of record, or one that the schema refuses, is unreadable', () => {
  expect(decode(encodeRecord(RECORD_KIND.token, { seq: 1, text: '' }, 1)).kind).toBe('unreadable');
  expect(decode(encodeRecord(RECORD_KIND.lease, { seq: 'x', text: '' }, 1))).toEqual({
    kind: 'unreadable',
    reason: 'field seq is not valid',
  });
});

test('a value that does not fit is refused, not cut', () => {
  const text = 'x'.repeat(recordCapacityBytes(1));
  expect(() => encode({ seq: 1, text })).toThrow(RangeError);
});

/** Changes a header field and seals the record again, as a newer version of the product would. */
function reseal(block: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const view = new DataView(block.buffer);
  const length = view.getUint32(8);
  change(view);
  let crc = 0xffffffff;
  const bytes = [...block.subarray(0, 12), ...block.subarray(16, 16 + length)];
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) {
      crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    }
  }
  view.setUint32(12, ~crc >>> 0);
  return block;
}
