import { expect, test } from 'vitest';
import type { GroupView, RunView, Word } from '../../../electron/ipc/views.ts';
import { run } from '../../../test/renderer/dailySamples.ts';
import { newsBetween } from './news.ts';

const group = (word: Word): Pick<GroupView, 'id' | 'name' | 'verdict'> => ({
  id: 'g',
  name: 'Head office',
  verdict: { word, sentence: 'It counts down: 12 s.', suggestion: null },
});
const state = (word: Word, runs: readonly RunView[] = []) => ({
  groups: [group(word)],
  runs: { value: runs },
});

test('a group is news when its word changes, never because its sentence counts', () => {
  expect(newsBetween(state('working'), state('working'))).toEqual([]);
  expect(newsBetween(state('protected'), state('not-protected'))).toEqual([
    { text: 'Head office: Not protected', urgent: true },
  ]);
  expect(newsBetween({ groups: null, runs: null }, state('at-risk'))).toEqual([]);
});

test('a takeover interrupts when it begins and when it fails, and not when it is done', () => {
  const takeover = run({ kind: 'takeover' });
  const done = { ...takeover, state: 'done', pauseMs: 13_100 } as const;
  const failed = { ...takeover, state: 'failed', failure: { code: 'x.y', message: 'No space.' } } as const;
  const before = state('working');
  expect(newsBetween(before, state('working', [takeover]))[0]?.urgent).toBe(true);
  expect(newsBetween(state('working', [takeover]), state('working', [done]))).toEqual([
    { text: 'Takeover of mail: beta → alpha is done. mail was away for 13.1\u00a0s.', urgent: false },
  ]);
  expect(newsBetween(state('working', [takeover]), state('working', [failed]))[0]).toEqual({
    text: 'Takeover of mail: beta → alpha failed. No space.',
    urgent: true,
  });
});

test('a guest that moved while it ran was not away, and that is said', () => {
  const moving = run({ isLive: true });
  const done = { ...moving, state: 'done', pauseMs: 800 } as const;
  expect(newsBetween(state('working', [moving]), state('working', [done]))[0]?.text).toBe(
    'Switchover of mail: beta → alpha is done. mail stood still for 0.8\u00a0s; it was not restarted.',
  );
});

test('starts and stops, and what was there on opening, are not announced', () => {
  expect(newsBetween(state('protected'), state('protected', [run({ kind: 'start' })]))).toEqual([]);
  expect(newsBetween({ groups: [group('protected')], runs: null }, state('protected', [run()]))).toEqual([]);
});
