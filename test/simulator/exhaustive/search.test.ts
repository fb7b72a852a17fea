import { expect, test } from 'vitest';
import { Fingerprints } from './fingerprints.ts';
import { type Model, search } from './search.ts';

/** Two counters that can each go up to a limit, in any order. */
const counters = (limit: number, forbidden: string | null): Model<readonly [number, number]> => ({
  start: [0, 0],
  successors: ([left, right]) => [
    ...(left < limit ? [{ label: 'left', state: [left + 1, right] as const }] : []),
    ...(right < limit ? [{ label: 'right', state: [left, right + 1] as const }] : []),
  ],
  key: (state) => state.join(),
  violation: (state) => (state.join() === forbidden ? 'forbidden' : null),
});

test('every state is visited once, however many ways lead to it', () => {
  expect(search(counters(9, null), 1000)).toEqual({
    states: 100,
    transitions: 180,
    complete: true,
    violation: null,
  });
});

test('a violation comes with the way to it', () => {
  const found = search(counters(9, '2,1'), 1000);
  expect(found.violation?.what).toBe('forbidden');
  expect(found.violation?.path.toSorted()).toEqual(['left', 'left', 'right']);
});

test('a search that is cut off does not call itself complete', () => {
  expect(search(counters(9, null), 10).complete).toBe(false);
});

test('fingerprints of a hundred thousand texts stay apart while the table grows', () => {
  const seen = new Fingerprints();
  for (let index = 0; index < 100_000; index += 1) {
    expect(seen.add(`text ${index}`)).toBe(true);
  }
  expect(seen.add('text 7')).toBe(false);
  expect(seen.size).toBe(100_000);
});
