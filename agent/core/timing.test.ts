import { expect, test } from 'vitest';
import {
  PROFILES,
  quietAfterBootMs,
  stopMarginMs,
  takeoverByTimeMs,
  takeoverByTimeUnreadableMs,
  takeoverTimeMs,
} from './timing.ts';

test('T of the three profiles is what the safety page says', () => {
  expect(takeoverTimeMs(PROFILES.swift)).toBe(12_000);
  expect(takeoverTimeMs(PROFILES.steady)).toBe(21_500);
  expect(takeoverTimeMs(PROFILES.patient)).toBe(45_500);
});

test('T is strictly greater than its bound, on the half second', () => {
  for (const timing of Object.values(PROFILES)) {
    const bound =
      ((timing.loseAfterMs + timing.tickMs + timing.watchdogMs) * 1.001 + timing.landWithinMs) / 0.999;
    const taken = takeoverTimeMs(timing);
    expect(taken).toBeGreaterThan(bound);
    expect(taken - 500).toBeLessThanOrEqual(bound);
    expect(taken % 500).toBe(0);
  }
});

test('rule 1: only an armed watchdog, or an accepted software one with doubled T, allows a takeover by time', () => {
  const timing = PROFILES.steady;
  expect(takeoverByTimeMs({ timing, watchdog: 'armed', softwareWatchdogAccepted: false })).toBe(21_500);
  expect(takeoverByTimeMs({ timing, watchdog: 'software', softwareWatchdogAccepted: true })).toBe(43_000);
  expect(takeoverByTimeMs({ timing, watchdog: 'software', softwareWatchdogAccepted: false })).toBeNull();
  expect(takeoverByTimeMs({ timing, watchdog: 'none', softwareWatchdogAccepted: true })).toBeNull();
});

test('an unreadable record may promise the longest T of all', () => {
  const timing = PROFILES.swift;
  const promise = { timing, watchdog: 'armed', softwareWatchdogAccepted: false } as const;
  expect(takeoverByTimeUnreadableMs(promise)).toBe(45_500);
  expect(takeoverByTimeUnreadableMs({ ...promise, watchdog: 'none' })).toBeNull();
});

test('the margin before L is at least a tick and well below L', () => {
  for (const timing of Object.values(PROFILES)) {
    expect(stopMarginMs(timing)).toBeGreaterThanOrEqual(timing.tickMs);
    expect(stopMarginMs(timing)).toBeLessThan(timing.loseAfterMs / 2);
  }
});

test('rule 5: writes of the boot before have landed before the first write', () => {
  expect(quietAfterBootMs(PROFILES.steady)).toBeCloseTo(2002);
});
