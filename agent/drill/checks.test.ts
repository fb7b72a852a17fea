import { expect, test } from 'vitest';
import type { DrillCheck } from '../protocol/drill.ts';
import { DEFAULT_FAST, DEFAULT_HEALTH } from '../protocol/health.ts';
import { mustAnswer, questionsFor, verdictOf } from './checks.ts';

const MINUTE_MS = 60_000;
const policy = { maxRestarts: 1, windowMs: 60_000, order: 100, shutdownTimeoutMs: 10_000 };
const watched = (probe: string) => ({
  ...policy,
  health: { ...DEFAULT_HEALTH, fast: { ...DEFAULT_FAST, probe } },
});
const one = (outcome: DrillCheck['outcome'], probe = 'agent'): DrillCheck => ({ probe, outcome, text: 'x' });

test('the guest agent is asked, and a program in the guest; nothing over the network', () => {
  expect(questionsFor(policy).map(({ text }) => text)).toEqual(['agent']);
  expect(questionsFor(watched('agent')).map(({ text }) => text)).toEqual(['agent']);
  expect(questionsFor(watched('exec:/bin/ok'))[1]?.probe).toMatchObject({ kind: 'exec' });
  expect(questionsFor(watched('heartbeat'))[1]?.probe).toEqual({ kind: 'heartbeat' });
  expect(questionsFor(watched('http://192.0.2.9/'))[1]?.probe).toBeNull();
});

test('it has passed when all that was asked is well', () => {
  const seen = (checks: readonly DrillCheck[]) => verdictOf({ checks, ranMs: 1000 }, true)?.result;
  expect(seen([one('well')])).toBe('passed');
  expect(seen([one('well'), one('not-asked')])).toBe('passed');
  expect(seen([one('well'), one('failed')])).toBeUndefined();
  expect(seen([one('silent')])).toBeUndefined();
});

test('a guest that nobody can ask has run, and not passed', () => {
  expect(mustAnswer(policy)).toBe(false);
  expect(verdictOf({ checks: [one('silent')], ranMs: 3 * MINUTE_MS - 1 }, false)).toBeNull();
  expect(verdictOf({ checks: [one('silent')], ranMs: 3 * MINUTE_MS }, false)).toMatchObject({
    result: 'ran',
  });
});

test('a guest that is watched from inside has failed when it does not become well', () => {
  expect(mustAnswer(watched('agent'))).toBe(true);
  expect(mustAnswer(watched('exec:/bin/ok'))).toBe(true);
  expect(mustAnswer(watched('heartbeat'))).toBe(true);
  expect(mustAnswer(watched('http://192.0.2.9/'))).toBe(false);
  expect(verdictOf({ checks: [one('silent')], ranMs: 10 * MINUTE_MS - 1 }, true)).toBeNull();
  expect(verdictOf({ checks: [one('silent')], ranMs: 10 * MINUTE_MS }, true)).toMatchObject({
    result: 'failed',
    because: { code: 'drill.not-well' },
  });
  expect(verdictOf({ checks: [one('well'), one('failed')], ranMs: 10 * MINUTE_MS }, false)?.result).toBe(
    'failed',
  );
});
