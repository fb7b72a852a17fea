import { describe, expect, test } from 'vitest';
import { search } from '../search.ts';
import { SMALL, SMALL_WITH_HOLD, withTiming } from '../timing.ts';
import { type Bounds, keeperModel } from './model.ts';

const tiny: Bounds = {
  hosts: 2,
  holder: 0,
  faults: 1,
  kinds: ['freeze'],
  points: 'first',
  late: false,
  withinSteps: null,
};
const searched = (over: Partial<Bounds>) =>
  withTiming(SMALL, () => search(keeperModel({ ...tiny, ...over }), 20_000));

describe('the shipped keepers', () => {
  test('one freeze at any moment, for any time, is survived, and the search comes to its end', () => {
    const found = searched({});
    expect(found).toMatchObject({ complete: true, violation: null });
    expect(found.states).toBeGreaterThan(50);
  });

  test('a hand-over between the hosts is survived at any moment', () => {
    expect(searched({ kinds: ['hand-over'] })).toMatchObject({ complete: true, violation: null });
  });

  test('guests are held while the store is lost by all: nothing bad among the first states', () => {
    const found = withTiming(SMALL_WITH_HOLD, () =>
      search(keeperModel({ ...tiny, kinds: ['stall-all'] }), 800),
    );
    expect(found.violation).toBeNull();
  });
});

describe('the search fails when an assumption does not hold', () => {
  test('a watchdog that fires later than promised lets two hosts write', () => {
    const found = searched({ wrong: 'watchdog-fires-late', kinds: ['freeze'] });
    expect(found.violation?.what).toMatch(/^I1: hosts 0 and 1/);
    expect(found.violation?.path).toContain('0: freeze at point 0');
  });

  test('threads that count as stopped inside a write let two hosts write', () => {
    const found = searched({ wrong: 'stopped-under-a-write', kinds: ['stall-busy'] });
    expect(found.violation?.what).toMatch(/^I1/);
  });
});
