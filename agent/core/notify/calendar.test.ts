import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isoTime, lastWeekdayMs } from './calendar.ts';

test.each([
  [0, '1970-01-01T00:00:00Z'],
  [951_782_400_000, '2000-02-29T00:00:00Z'],
  [1_795_860_000_000, '2026-11-28T10:00:00Z'],
  [4_107_542_399_000, '2100-02-28T23:59:59Z'],
  [4_107_542_400_000, '2100-03-01T00:00:00Z'],
])('%i is %s', (wallMs, text) => {
  expect(isoTime(wallMs)).toBe(text);
});

test('days follow each other as they do in the text', () => {
  const ms = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1000);
  fc.assert(
    fc.property(ms, (wallMs) => {
      expect(isoTime(wallMs) < isoTime(wallMs + 1000)).toBe(true);
      expect(isoTime(wallMs)).toMatch(/^\d{4}-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])T[0-2]\d:[0-5]\d:[0-5]\dZ$/);
    }),
  );
});

test('the newest Monday at seven', () => {
  const monday = 1_796_022_000_000;
  expect(isoTime(monday)).toBe('2026-11-30T07:00:00Z');
  expect(lastWeekdayMs(monday, 1, 7)).toBe(monday);
  expect(lastWeekdayMs(monday - 1, 1, 7)).toBe(monday - 604_800_000);
  expect(lastWeekdayMs(monday + 604_799_999, 1, 7)).toBe(monday);
});
