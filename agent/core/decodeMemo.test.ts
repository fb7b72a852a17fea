import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod/mini';
import { sameBytes } from './bytes.ts';
import { createDecodeMemo, type DecodeMemo } from './decodeMemo.ts';
import { BLOCK_BYTES, RECORD_KIND, decodeRecord, encodeRecord } from './record.ts';

const Schema = z.strictObject({ seq: z.int(), text: z.string() });
type Value = z.infer<typeof Schema>;
const encode = (value: Value) => encodeRecord(RECORD_KIND.lease, value, 1);
const decode = (bytes: Uint8Array, memo?: DecodeMemo<Value>) =>
  decodeRecord(bytes, RECORD_KIND.lease, Schema, memo);

test('rule 4: whatever was remembered, a block with any other byte is read as it would be without', () => {
  const text = fc.string({ maxLength: 300 });
  const change = fc.record({ at: fc.nat(BLOCK_BYTES - 1), byte: fc.nat(255) });
  fc.assert(
    fc.property(text, change, (before, { at, byte }) => {
      const memo = createDecodeMemo<Value>(4);
      const block = encode({ seq: 1, text: before });
      expect(decode(block, memo)).toEqual(decode(block));
      const other = block.slice();
      other[at] = byte;
      expect(decode(other, memo)).toEqual(decode(other));
      expect(decode(block, memo)).toEqual({ kind: 'record', value: { seq: 1, text: before } });
    }),
  );
});

test('the buffer that was read may be used for something else', () => {
  const memo = createDecodeMemo<Value>(4);
  const block = encode({ seq: 1, text: 'one' });
  const buffer = block.slice();
  decode(buffer, memo);
  buffer.fill(1);
  expect(decode(block, memo)).toEqual({ kind: 'record', value: { seq: 1, text: 'one' } });
});

test('what is shared can not be changed', () => {
  const memo = createDecodeMemo<Value>(4);
  const block = encode({ seq: 1, text: 'one' });
  const first = decode(block, memo);
  const again = decode(block, memo);
  const value = (read: typeof first): Value | null => (read.kind === 'record' ? read.value : null);
  expect(value(again)).toBe(value(first));
  expect(Object.isFrozen(value(first))).toBe(true);
});

test('the oldest are forgotten', () => {
  const memo = createDecodeMemo<Value>(2);
  const finds = (seq: number): boolean => {
    const block = encode({ seq, text: '' });
    const view = new DataView(block.buffer);
    return memo.find(view.getUint32(12), block, 16 + view.getUint32(8)) !== null;
  };
  for (const seq of [1, 2, 3]) decode(encode({ seq, text: '' }), memo);
  expect([1, 2, 3].map(finds)).toEqual([false, true, true]);
});

test('a single other byte is noticed, at whatever border the blocks lie', () => {
  fc.assert(
    fc.property(fc.nat(15), fc.integer({ min: 1, max: 100 }), fc.nat(), (offset, length, where) => {
      const left = Uint8Array.from({ length }, (_, index) => index * 7);
      const room = new Uint8Array(offset + length);
      const right = room.subarray(offset);
      right.set(left);
      expect(sameBytes(left, right)).toBe(true);
      const at = where % length;
      right[at] = (right[at] ?? 0) ^ 0x80;
      expect(sameBytes(left, right)).toBe(false);
    }),
  );
});
