import fc from 'fast-check';
import { expect, test } from 'vitest';
import { admit, lossOf, type ReplayWindow } from './window.ts';

function admitAll(counters: readonly number[]): { window: ReplayWindow | null; accepted: number[] } {
  let window: ReplayWindow | null = null;
  const accepted: number[] = [];
  for (const counter of counters) {
    const next = admit(window, counter);
    if (next === null) continue;
    accepted.push(counter);
    window = next;
  }
  return { window, accepted };
}

test('no counter is admitted twice, in whatever order they come', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 600 }), (counters) => {
      const { accepted } = admitAll(counters);
      expect(new Set(accepted).size).toBe(accepted.length);
    }),
  );
});

test('a counter that comes first and late is admitted while it is within the window', () => {
  expect(admitAll([1, 300, 45]).accepted).toEqual([1, 300, 45]);
  expect(admitAll([1, 300, 44]).accepted).toEqual([1, 300]);
});

test('every second datagram lost is a loss of one half', () => {
  const { window } = admitAll(Array.from({ length: 200 }, (_, index) => 2 * index + 1));
  if (window === null) throw new Error('Nothing was admitted.');
  expect(lossOf(window, 0)).toBeCloseTo(0.5, 2);
});

test('silence counts as loss, up to all of it', () => {
  const { window } = admitAll(Array.from({ length: 240 }, (_, index) => index + 1));
  if (window === null) throw new Error('Nothing was admitted.');
  expect(lossOf(window, 0)).toBe(0);
  expect(lossOf(window, 60)).toBeCloseTo(0.25);
  expect(lossOf(window, 100_000)).toBe(1);
});

test('a session heard from its middle on has lost nothing before', () => {
  const { window } = admitAll([1000, 1001, 1002]);
  if (window === null) throw new Error('Nothing was admitted.');
  expect(lossOf(window, -1)).toBe(0);
});
