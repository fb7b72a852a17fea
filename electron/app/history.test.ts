import { expect, test } from 'vitest';
import type { LogEvent } from '../../agent/protocol/event.ts';
import { hostSnapshot, powerLoss, snapshot, status } from '../../test/renderer/samples.ts';
import { BeatHistory } from './beatHistory.ts';
import { EventLog } from './eventLog.ts';
import { groupView } from './groupView.ts';

const series = (history: BeatHistory, key: string) => history.all().find((one) => one.key === key)?.samples;

test('a beat is its round trip, a silent second is -1, and what nobody reports is null', () => {
  const history = new BeatHistory();
  history.sample(groupView(snapshot()));
  history.sample(groupView(powerLoss(6_000)));
  const old = [0, 1].map((slot) => hostSnapshot(slot, status(slot), { ageMs: 60_000 }));
  history.sample(groupView({ ...snapshot(), hosts: old }));
  expect(series(history, 'beta<alpha/0')).toEqual([0.3, -1, null]);
  expect(series(history, 'store/beta')).toEqual([3.1, 3.1, null]);
});

test('two minutes are kept, and no more', () => {
  const history = new BeatHistory();
  const view = groupView(snapshot());
  for (let second = 0; second < 300; second += 1) history.sample(view);
  expect(series(history, 'store/alpha')?.length).toBe(120);
});

const event = (seq: number, host = 'alpha', bootId = 'b1'): LogEvent => ({
  seq,
  bootId,
  atBootMs: seq,
  wallTime: `2026-11-21T07:00:${String(seq % 60).padStart(2, '0')}.000Z`,
  host,
  code: 'test.event',
  level: 'info',
  text: `Event ${seq}.`,
});

test('events that come again after a lost connection are not shown twice', () => {
  const log = new EventLog();
  expect(log.add('g', [event(1), event(2)])).not.toEqual([]);
  expect(log.add('g', [event(2)])).toEqual([]);
  expect(log.add('g', [event(1, 'beta')])).not.toEqual([]);
  expect(log.all().length).toBe(3);
});

test('a flood of events keeps the newest and forgets the oldest', () => {
  const log = new EventLog();
  for (let seq = 0; seq < 2_000; seq += 1) log.add('g', [event(seq)]);
  expect(log.all().length).toBe(400);
  expect(log.all().at(-1)?.seq).toBe(1_999);
  log.forget('g');
  expect(log.all()).toEqual([]);
});
