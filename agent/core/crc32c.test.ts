import { expect, test } from 'vitest';
import { crc32c } from './crc32c.ts';

const ascii = (text: string) => Uint8Array.from(text, (unit) => unit.charCodeAt(0));

test('the check value of CRC-32C comes out', () => {
  expect(crc32c(ascii('123456789'))).toBe(0xe3069283);
});

test('32 zero bytes give the value of RFC 3720', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
});

test('a checksum can be taken in parts', () => {
  const bytes = ascii('an understudy learns the part');
  expect(crc32c(bytes, 10, bytes.length, crc32c(bytes, 0, 10))).toBe(crc32c(bytes));
});
