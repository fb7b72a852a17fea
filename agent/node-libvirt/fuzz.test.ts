import { expect, test } from 'vitest';
import { fuzzConnections, fuzzDecoder } from './testing/fuzz.ts';

test('twenty thousand mutated messages are decoded or refused, without a hang or much memory', () => {
  const report = fuzzDecoder(20_000, 1);
  expect(report.values).toBeGreaterThan(1000);
  expect(report.refused).toBeGreaterThan(1000);
  expect(report.mostBytes).toBeLessThan(16 * 1024 * 1024);
  expect(report.slowestMs).toBeLessThan(1000);
});

test('a mutated event leaves its connection open or closes it, and nothing else', async () => {
  const { open, closed } = await fuzzConnections(3000, 2);
  expect(open + closed).toBe(3000);
  expect(open).toBeGreaterThan(100);
  expect(closed).toBeGreaterThan(100);
});
