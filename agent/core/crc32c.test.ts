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

test('every length comes out as it does byte by byte', () => {
  const bytes = Uint8Array.from({ length: 41 }, (_, index) => index * 37);
  for (let from = 0; from < 5; from += 1) {
    for (let to = from; to <= bytes.length; to += 1) {
      let bytewise = 0;
      for (let index = from; index < to; index += 1) bytewise = crc32c(bytes, index, index + 1, bytewise);
      expect(crc32c(bytes, from, to)).toBe(bytewise);
    }
  }
});
