import { expect, test } from 'vitest';
import type { WorldResult } from '../world/result.ts';
import { judge } from './judge.ts';
import { parseScenario } from './parseScenario.ts';

const result: WorldResult = {
  violations: [],
  vms: {
    v1: {
      host: 'b',
      downtimeS: 33.12345,
      longestDownS: 33.12345,
      runs: [
        { at: 0, value: 'a' },
        { at: 30, value: null },
        { at: 53, value: 'b' },
      ],
      readiness: [
        { at: 0, value: null },
        { at: 3, value: 'protected' },
        { at: 40, value: 'degraded' },
      ],
      down: [
        { at: 0, value: false },
        { at: 30, value: true },
        { at: 63.12345, value: false },
      ],
    },
  },
  hosts: { a: { resets: 2, resetsAt: [20, 90] }, b: { resets: 0, resetsAt: [] } },
  failovers: 1,
  endedAt: 120,
};

const verdictOf = (expected: readonly object[], over: Partial<WorldResult> = {}) => {
  const head = { hosts: ['a', 'b'], vms: [{ name: 'v1', host: 'a' }], until: 120 };
  const scenario = parseScenario(JSON.stringify({ ...head, expect: expected }), 'f.json');
  return judge(scenario, { ...result, ...over });
};
const sawOf = (expected: object): string[] => verdictOf([expected]).failedExpectations.map(({ saw }) => saw);

test('what is printed has the shape that the design fixes', () => {
  expect(verdictOf([])).toEqual({
    ok: true,
    violations: [],
    failedExpectations: [],
    vms: { v1: { host: 'b', downtime: 33.123 } },
    resets: { a: 2, b: 0 },
    endedAt: 120,
  });
});

test('a violation alone makes it fail', () => {
  const violations = [{ invariant: 'I1', at: 40, detail: 'twice' }] as const;
  expect(verdictOf([], { violations })).toMatchObject({ ok: false, violations });
});

test('where a VM runs is looked at in its time', () => {
  expect(sawOf({ at: 29, vm: 'v1', runsOn: 'a' })).toEqual([]);
  expect(sawOf({ at: 31, vm: 'v1', runsOn: null })).toEqual([]);
  expect(sawOf({ vm: 'v1', runsOn: 'b' })).toEqual([]);
  expect(sawOf({ at: 31, vm: 'v1', runsOn: 'b' })).toEqual(['at 31 s v1 runs on no host']);
  expect(sawOf({ at: 60, vm: 'v1', runsOn: 'a' })).toEqual(['at 60 s v1 runs on b']);
});

test('readiness, resets and what a host runs are looked at in their time', () => {
  expect(sawOf({ at: 10, vm: 'v1', readiness: 'protected' })).toEqual([]);
  expect(sawOf({ at: 50, vm: 'v1', readiness: 'protected' })).toEqual(['at 50 s v1 is degraded']);
  expect(sawOf({ at: 1, vm: 'v1', readiness: 'protected' })).toEqual(['at 1 s v1 is judged by no agent']);
  expect(sawOf({ at: 50, host: 'a', resets: 1 })).toEqual([]);
  expect(sawOf({ host: 'a', resets: 1 })).toEqual(['until 120 s a was reset 2 times']);
  expect(sawOf({ host: 'b', runs: ['v1'], resets: 0 })).toEqual([]);
  expect(sawOf({ at: 40, host: 'a', runs: ['v1'] })).toEqual(['at 40 s a runs nothing']);
});

test('downtime until a time counts what has passed of an outage that goes on', () => {
  expect(sawOf({ vm: 'v1', maxDowntime: 34 })).toEqual([]);
  expect(sawOf({ vm: 'v1', maxDowntime: 33 })).toEqual(['until 120 s v1 was down for 33.123 s']);
  expect(sawOf({ at: 40, vm: 'v1', maxDowntime: 10 })).toEqual([]);
  expect(sawOf({ at: 40.5, vm: 'v1', maxDowntime: 10 })).toEqual(['until 40.5 s v1 was down for 10.5 s']);
});

test('one expectation may ask for several things, and each that fails is told', () => {
  expect(sawOf({ at: 31, vm: 'v1', runsOn: 'b', readiness: 'degraded', maxDowntime: 0 })).toHaveLength(3);
});
