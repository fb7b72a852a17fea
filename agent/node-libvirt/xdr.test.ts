import { expect, test } from 'vitest';
import { ProtocolError } from './errors.ts';
import { XdrReader, XdrWriter } from './xdr.ts';

const written = (write: (writer: XdrWriter) => void): Buffer => {
  const writer = new XdrWriter();
  write(writer);
  return writer.finish();
};

const UUID = '6695eb01-f6a4-8304-79aa-97f2502e193f';

test('every kind of value comes back as it was written', () => {
  const reader = new XdrReader(
    written((writer) => {
      writer.uint32(0xffff_ffff);
      writer.int32(-0x8000_0000);
      writer.int64(-(1n << 63n));
      writer.uint64((1n << 64n) - 1n);
      writer.double(-0.5);
      writer.string('Grüße', 16);
      writer.opaque(Buffer.from([1, 2, 3, 4, 5]), 5);
      writer.uuid(UUID);
      writer.optional('there', (inner, value) => inner.string(value, 8));
      writer.optional(null, (inner, value: string) => inner.string(value, 8));
      writer.array([7, 8], 2, (inner, value) => inner.int32(value));
      writer.fixedArray([9], 1, (inner, value) => inner.int32(value));
    }),
  );
  expect(reader.uint32()).toBe(0xffff_ffff);
  expect(reader.int32()).toBe(-0x8000_0000);
  expect(reader.int64()).toBe(-(1n << 63n));
  expect(reader.uint64()).toBe((1n << 64n) - 1n);
  expect(reader.double()).toBe(-0.5);
  expect(reader.string(16)).toBe('Grüße');
  expect([...reader.opaque(5)]).toEqual([1, 2, 3, 4, 5]);
  expect(reader.uuid()).toBe(UUID);
  expect(reader.optional((inner) => inner.string(8))).toBe('there');
  expect(reader.optional((inner) => inner.string(8))).toBeNull();
  expect(reader.array(2, 4, (inner) => inner.int32())).toEqual([7, 8]);
  expect(reader.fixedArray(1, (inner) => inner.int32())).toEqual([9]);
  expect(reader.remaining).toBe(0);
});

test('values are padded to four bytes with zeros', () => {
  expect(written((writer) => writer.string('abcde', 5)).toString('hex')).toBe('000000056162636465000000');
  expect(written((writer) => writer.raw(Buffer.from('abcde'))).toString('hex')).toBe('6162636465');
});

test('a value that does not fit is refused, not cut', () => {
  const refused: ((writer: XdrWriter) => void)[] = [
    (writer) => writer.uint32(-1),
    (writer) => writer.uint32(1.5),
    (writer) => writer.uint32(Number.NaN),
    (writer) => writer.int32(0x8000_0000),
    (writer) => writer.int64(1n << 63n),
    (writer) => writer.uint64(-1n),
    (writer) => writer.string('Grüße', 5),
    (writer) => writer.string('a\0b', 5),
    (writer) => writer.opaque(Buffer.alloc(6), 5),
    (writer) => writer.uuid('not a UUID'),
    (writer) => writer.array([1, 2, 3], 2, (inner, value) => inner.int32(value)),
    (writer) => writer.fixedArray([1], 2, (inner, value) => inner.int32(value)),
    (writer) => writer.raw(Buffer.alloc(33 * 1024 * 1024)),
  ];
  for (const write of refused) expect(() => written(write)).toThrow(ProtocolError);
});

test('a length beyond the bytes that are there is an error before anything is allocated', () => {
  const claims = (count: number): XdrReader => new XdrReader(written((writer) => writer.uint32(count)));
  expect(() => claims(0xffff_ffff).string(0xffff_ffff)).toThrow(ProtocolError);
  expect(() => claims(0xffff_ffff).opaque(0xffff_ffff)).toThrow(ProtocolError);
  expect(() => claims(100).string(99)).toThrow(ProtocolError);
  expect(() => claims(1_000_000).array(1_000_000, 4, (inner) => inner.int32())).toThrow(ProtocolError);
  expect(() => claims(5).array(4, 0, (inner) => inner.int32())).toThrow(ProtocolError);
  expect(() => claims(2).optional((inner) => inner.int32())).toThrow(ProtocolError);
  expect(() => claims(1).uint64()).toThrow(ProtocolError);
  expect(() => claims(1).uuid()).toThrow(ProtocolError);
});

test('bytes that are no UTF-8 become replacement characters', () => {
  const bytes = written((writer) => writer.opaque(Buffer.from([0x61, 0xff, 0x62]), 3));
  expect(new XdrReader(bytes).string(3)).toBe('a\ufffdb');
});

test('an opaque value does not keep its message alive', () => {
  const bytes = written((writer) => writer.opaque(Buffer.from([1, 2, 3]), 3));
  const value = new XdrReader(bytes).opaque(3);
  expect(value.buffer).not.toBe(bytes.buffer);
  expect(value.buffer.byteLength).toBe(3);
});

test('a writer grows with what is written', () => {
  const bytes = written((writer) => {
    for (let value = 0; value < 10_000; value += 1) writer.uint32(value);
  });
  const reader = new XdrReader(bytes);
  expect(reader.fixedArray(10_000, (inner) => inner.uint32()).at(-1)).toBe(9999);
});
