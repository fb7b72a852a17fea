import { expect, test } from 'vitest';
import { fuzzDecoder } from './testing/fuzz.ts';

/** The time that a million messages may take; on a machine of two cores they take a third of it. */
const DEADLINE_MS = 60_000;

test('a million mutated messages are decoded or refused, without a hang or much memory', {
  timeout: DEADLINE_MS,
}, () => {
  const report = fuzzDecoder(1_000_000, 20_240_229);
  console.log(JSON.stringify(report));
  expect(report.values + report.refused + report.incomplete).toBe(1_000_000);
  expect(report.values).toBeGreaterThan(100_000);
  expect(report.refused).toBeGreaterThan(100_000);
  expect(report.mostBytes).toBeLessThan(16 * 1024 * 1024);
  expect(report.slowestMs).toBeLessThan(1000);
});
