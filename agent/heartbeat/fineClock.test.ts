import { expect, test } from 'vitest';
import { createFineClock } from './fineClock.ts';

test('the clock is as fine as the monotonic one and catches up after a suspend', () => {
  let fineMs = 5;
  let suspendedMs = 0;
  const clock = createFineClock(
    () => Math.floor((1000 + fineMs + suspendedMs) / 10) * 10,
    () => fineMs,
  );
  const start = clock();
  fineMs += 0.25;
  expect(clock() - start).toBeCloseTo(0.25, 6);
  suspendedMs = 60_000;
  fineMs += 1001;
  expect(clock() - start).toBeGreaterThan(60_900);
});

test('the clock never goes back, although the boot clock comes in steps', () => {
  let fineMs = 0;
  const clock = createFineClock(
    () => Math.floor(fineMs / 10) * 10,
    () => fineMs,
  );
  let last = clock();
  for (let step = 0; step < 20_000; step += 1) {
    fineMs += 0.7;
    const now = clock();
    expect(now).toBeGreaterThanOrEqual(last);
    last = now;
  }
});
