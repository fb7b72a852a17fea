import { describe, expect, test } from 'vitest';
import { createBootClock } from './bootClock.ts';

describe('the boot clock', () => {
  test('counts finely between the coarse steps of the uptime', () => {
    let fineMs = 500;
    const clock = createBootClock(
      () => Math.floor((fineMs + 10_000) / 10) / 100,
      () => fineMs,
    );
    const first = clock();
    fineMs += 3;
    expect(clock() - first).toBe(3);
  });

  test('is never ahead of the kernel and at most 10 ms behind', () => {
    let fineMs = 0;
    const trueMs = (): number => fineMs + 12_345.6;
    const clock = createBootClock(
      () => Math.floor(trueMs() / 10) / 100,
      () => fineMs,
    );
    for (; fineMs < 200; fineMs += 7) {
      const now = clock();
      expect(now).toBeLessThanOrEqual(trueMs() + 1e-6);
      expect(now).toBeGreaterThan(trueMs() - 10.001);
    }
  });

  test('includes the time that the host was suspended', () => {
    let suspendedMs = 0;
    const clock = createBootClock(
      () => (1000 + suspendedMs) / 1000,
      () => 0,
    );
    const before = clock();
    suspendedMs = 60_000;
    expect(clock() - before).toBe(60_000);
  });
});
