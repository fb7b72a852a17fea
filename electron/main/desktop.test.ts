import { expect, test } from 'vitest';
import { groupView } from '../app/groupView.ts';
import { createFeedHub } from '../app/feedHub.ts';
import type { RunView, Word } from '../ipc/views.ts';
import { alone, groupId, powerLoss, snapshot } from '../../test/renderer/samples.ts';
import { alerts } from './alerts.ts';
import { isOwnPage } from './ipc.ts';
import { trayBitmap } from './trayIcon.ts';
import { trayMenu, worstWord } from './trayMenu.ts';

const healthy = groupView(snapshot());
const run: RunView = {
  id: 'r',
  groupId,
  kind: 'takeover',
  vmId: 'v',
  vmName: 'mail',
  from: 'alpha',
  to: 'beta',
  startedAt: '',
  elapsedMs: 0,
  steps: [],
  state: 'under-way',
  pauseMs: null,
  expectedPauseMs: null,
  stopRefused: 'It is over.',
  switchBackTo: null,
  failure: null,
};

test('the tray shows the worst state of all groups, and nothing is not known', () => {
  expect(worstWord([healthy, groupView(powerLoss(5_000))])).toBe('working');
  expect(worstWord([])).toBe('not-known');
});

test('the tray’s menu names each host’s state and never acts by itself', () => {
  const labels = trayMenu([groupView(powerLoss(5_000))]).flatMap((item) =>
    'label' in item ? [item.label] : [],
  );
  expect(labels).toContain('alpha: silent');
  expect(labels).toContain('Quit (protection continues)');
  expect(trayMenu([healthy]).every(({ kind }) => ['text', 'separator', 'open', 'quit'].includes(kind))).toBe(
    true,
  );
});

test('no two states share an icon, colours aside', () => {
  const words: readonly Word[] = ['protected', 'working', 'at-risk', 'not-protected', 'paused', 'not-known'];
  const shapes = words.map((word) =>
    trayBitmap(word)
      .filter((_, index) => index % 4 === 3)
      .join(''),
  );
  expect(new Set(shapes).size).toBe(words.length);
});

test('a takeover is announced when it begins and when it is over, once each', () => {
  const before = { groups: [healthy], runs: [] };
  const begun = { groups: [healthy], runs: [run] };
  const done = { groups: [healthy], runs: [{ ...run, state: 'done' as const, pauseMs: 13_100 }] };
  expect(alerts(before, begun).map(({ title }) => title)).toEqual(['Takeover of mail has begun']);
  expect(alerts(begun, begun)).toEqual([]);
  expect(alerts(begun, done)).toMatchObject([
    { key: 'r', title: 'mail runs on beta', body: 'alpha failed. It was away for 13.1 s.' },
  ]);
});

test('protection lost and regained is told; losing sight of the hosts is not', () => {
  const lost = { groups: [groupView(snapshot({ readiness: alone }))], runs: [] };
  const well = { groups: [healthy], runs: [] };
  const blind = {
    groups: [{ ...healthy, verdict: { ...healthy.verdict, word: 'not-known' as const } }],
    runs: [],
  };
  expect(alerts(well, lost).map(({ title }) => title)).toEqual(['Head office: protection lost']);
  expect(alerts(lost, well).map(({ title }) => title)).toEqual(['Head office: protected again']);
  expect(alerts(well, blind)).toEqual([]);
  expect(alerts(blind, well)).toEqual([]);
});

test('only the window’s own page at top level may speak to the app', () => {
  const frame = (url: string, parent: unknown = null) =>
    ({ senderFrame: { url, parent } }) as Parameters<typeof isOwnPage>[0];
  expect(isOwnPage(frame('app://main/index.html'))).toBe(true);
  expect(isOwnPage(frame('app://main/index.html', {}))).toBe(false);
  expect(isOwnPage(frame('app://other/index.html'))).toBe(false);
  expect(isOwnPage(frame('https://main/'))).toBe(false);
  expect(isOwnPage({ senderFrame: null })).toBe(false);
});

test('a late subscriber gets the present value at once, and none after it has left', () => {
  const feeds = createFeedHub();
  feeds.publish('app.preferences', { theme: 'dark' });
  const seen: string[] = [];
  const leave = feeds.subscribe('app.preferences', ({ theme }) => seen.push(theme));
  feeds.publish('app.preferences', { theme: 'light' });
  leave();
  feeds.publish('app.preferences', { theme: 'system' });
  expect(seen).toEqual(['dark', 'light']);
});
