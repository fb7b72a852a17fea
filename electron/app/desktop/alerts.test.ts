import { expect, test } from 'vitest';
import { alone, groupId, powerLoss, snapshot } from '../../../test/renderer/samples.ts';
import type { GroupView, RunView, Word } from '../../ipc/views.ts';
import { groupView } from '../groupView.ts';
import { type Alert, type AlertInput, nextAlerts, noMemory } from './alerts.ts';

const healthy = groupView(snapshot());
const unprotected = groupView(snapshot({ readiness: alone }));
const as = (word: Word): GroupView => ({ ...healthy, verdict: { ...healthy.verdict, word } });

let runNumber = 0;
const run = (change: Partial<RunView>): RunView => ({
  id: `run-${(runNumber += 1)}`,
  groupId,
  kind: 'takeover',
  vmId: 'vm-mail',
  vmName: 'mail',
  from: 'alpha',
  to: null,
  startedAt: '2026-11-21T03:12:00.000Z',
  elapsedMs: 0,
  steps: [],
  state: 'under-way',
  isLive: false,
  progress: null,
  pauseMs: null,
  expectedPauseMs: null,
  stopRefused: null,
  switchBackTo: null,
  failure: null,
  ...change,
});

/** Plays moments one after another and gives what was told at each. */
function play(moments: readonly Partial<AlertInput>[]): readonly (readonly Alert[])[] {
  let memory = noMemory;
  let nowMs = 0;
  return moments.map((moment) => {
    nowMs = moment.nowMs ?? nowMs + 1_000;
    const [next, alerts] = nextAlerts(memory, {
      groups: [healthy],
      runs: [],
      incidents: [],
      ...moment,
      nowMs,
    });
    memory = next;
    return alerts;
  });
}
const titles = (told: readonly (readonly Alert[])[]): readonly string[] =>
  told.flatMap((alerts) => alerts.map(({ title }) => title));

test('the failure of a host is one story, told when it begins and when all of it is over', () => {
  const mail = run({});
  const shop = run({ vmId: 'vm-shop', vmName: 'web-shop' });
  const mailDone: RunView = { ...mail, state: 'done', to: 'beta', pauseMs: 12_800 };
  const shopDone: RunView = { ...shop, state: 'done', to: 'beta', pauseMs: 14_200 };
  const told = play([
    {},
    { runs: [mail, shop] },
    { runs: [mail, shop] },
    { runs: [mailDone, shop] },
    { runs: [mailDone, shopDone] },
    { runs: [mailDone, shopDone] },
  ]);
  expect(told.map((alerts) => alerts.length)).toEqual([0, 1, 0, 0, 1, 0]);
  expect(told[1]?.[0]).toMatchObject({
    title: 'alpha does not answer',
    body: 'mail and web-shop start on another host as soon as alpha is certainly stopped.',
  });
  expect(told[4]?.[0]).toMatchObject({
    key: told[1]?.[0]?.key,
    title: 'mail and web-shop run on beta',
    body: 'They were away for up to 14\u00a0s. alpha failed.',
  });
});

test('a takeover that fails says what failed and what to do, and which VMs are well', () => {
  const failure = { code: 'x', message: 'beta has no memory for mail.', fix: 'Stop another VM on beta.' };
  const mail = run({});
  const shop = run({ vmId: 'vm-shop', vmName: 'web-shop' });
  const told = play([
    { runs: [mail, shop] },
    {
      runs: [
        { ...mail, state: 'failed', failure },
        { ...shop, state: 'done', to: 'beta' },
      ],
    },
  ]);
  expect(told[1]).toMatchObject([
    {
      title: 'mail was not taken over',
      body: 'beta has no memory for mail. Stop another VM on beta. 1 other VM runs.',
      grave: true,
    },
  ]);
});

test('a switchover that somebody asked for is no alert; a VM that failed by itself is', () => {
  const asked = run({ kind: 'switchover' });
  const crashed = run({ kind: 'restart', to: 'alpha' });
  const told = play([
    { runs: [asked, crashed] },
    {
      runs: [
        { ...asked, state: 'done' },
        { ...crashed, state: 'done', pauseMs: 8_000 },
      ],
    },
  ]);
  expect(titles(told)).toEqual(['mail has failed', 'mail runs on alpha']);
  expect(told[1]?.[0]?.body).toBe('It was away for 8\u00a0s. The VM had failed.');
});

test('what had ended before the app saw it is history, not news', () => {
  const before = run({ state: 'done', to: 'beta' });
  expect(titles(play([{ runs: [before] }, { runs: [before] }]))).toEqual([]);
});

test('the cause is told, and a click leads to the story, once the events have it', () => {
  const mail = run({});
  const story = {
    id: 'story-1',
    groupId,
    kind: 'host-lost',
    vms: [{ vmName: 'mail' }],
    cause: 'alpha lost its power.',
  };
  const incidents = [story] as unknown as AlertInput['incidents'];
  const [begun, done] = play([
    { runs: [mail] },
    { runs: [{ ...mail, state: 'done', to: 'beta', pauseMs: 13_000 }], incidents },
  ]);
  expect(begun?.[0]?.place).toMatchObject({ page: 'overview', groupId });
  expect(done?.[0]?.place).toMatchObject({ page: 'events', groupId, incidentId: 'story-1' });
  expect(done?.[0]?.body).toBe('It was away for 13\u00a0s. alpha lost its power.');
});

test('protection lost and regained is told once it has settled', () => {
  const told = play([
    { groups: [healthy], nowMs: 0 },
    { groups: [unprotected], nowMs: 1_000 },
    { groups: [unprotected], nowMs: 5_000 },
    { groups: [unprotected], nowMs: 6_000 },
    { groups: [healthy], nowMs: 20_000 },
    { groups: [healthy], nowMs: 25_000 },
  ]);
  expect(told.map((alerts) => alerts.map(({ title }) => title))).toEqual([
    [],
    [],
    [],
    ['Head office: protection lost'],
    [],
    ['Head office: protected again'],
  ]);
});

test('losing sight of the hosts is never told as a loss, and seeing them again is no gain', () => {
  const blind = { groups: [as('not-known')], nowMs: 0 };
  expect(
    titles(
      play([
        { groups: [healthy], nowMs: 0 },
        { ...blind, nowMs: 60_000 },
        { ...blind, nowMs: 3_600_000 },
        { groups: [healthy], nowMs: 3_700_000 },
        { groups: [healthy], nowMs: 3_800_000 },
      ]),
    ),
  ).toEqual([]);
});

test('how things are at the start is no news', () => {
  expect(
    titles(
      play([
        { groups: [unprotected], nowMs: 0 },
        { groups: [unprotected], nowMs: 60_000 },
      ]),
    ),
  ).toEqual([]);
});

test('being protected for the first time is no news; losing it right after is', () => {
  const told = play([
    { groups: [unprotected], nowMs: 0 },
    { groups: [healthy], nowMs: 10_000 },
    { groups: [unprotected], nowMs: 12_000 },
    { groups: [unprotected], nowMs: 17_000 },
  ]);
  expect(titles(told)).toEqual(['Head office: protection lost']);
});

test('a group without a VM has nothing to lose', () => {
  const empty = { ...as('not-protected'), vms: [] };
  expect(titles(play([{}, { groups: [empty], nowMs: 10_000 }, { groups: [empty], nowMs: 60_000 }]))).toEqual(
    [],
  );
});

test('protection that comes and goes is folded into one alert that says how often, then there is quiet', () => {
  const moments = Array.from({ length: 60 }, (_, at) => ({
    groups: [at % 2 === 0 ? healthy : unprotected],
    nowMs: at * 6_000,
  })).flatMap((moment) => [moment, { ...moment, nowMs: moment.nowMs + 5_500 }]);
  const told = play(moments).flat();
  expect(told).toHaveLength(5);
  expect(told.at(-1)?.body).toMatch(/It changed \d+ times within 10\u00a0min\. It comes and goes/);
});

test('after flapping the state it came to rest in is told', () => {
  const flapping = Array.from({ length: 30 }, (_, at) => ({
    groups: [at % 2 === 0 ? healthy : unprotected],
    nowMs: at * 6_000,
  }));
  const rest = [
    { groups: [unprotected], nowMs: 200_000 },
    { groups: [unprotected], nowMs: 900_000 },
  ];
  expect(titles(play([...flapping, ...rest]))).toContain('Head office: protection lost');
});

const withLink = (state: 'up' | 'down', hosts: GroupView['hosts'] = healthy.hosts): GroupView => ({
  ...healthy,
  hosts,
  links: healthy.links.map((link, index) =>
    index === 0 ? { ...link, ends: link.ends.map((end) => ({ ...end, state })) } : link,
  ),
});

test('a link that stays down between two living hosts is told, with what is left', () => {
  const told = play([
    { groups: [withLink('up')], nowMs: 0 },
    { groups: [withLink('down')], nowMs: 1_000 },
    { groups: [withLink('down')], nowMs: 60_000 },
    { groups: [withLink('down')], nowMs: 61_000 },
    { groups: [withLink('down')], nowMs: 62_000 },
  ]);
  expect(told.map((alerts) => alerts.length)).toEqual([0, 0, 0, 1, 0]);
  expect(told[3]?.[0]).toMatchObject({ kind: 'links', title: 'Link 1 between alpha and beta is down' });
  expect(told[3]?.[0]?.body).toMatch(/^Heartbeats go on over 1 other link\./);
});

test('a link that never settles is told once, with how often it changed', () => {
  const moments = Array.from({ length: 40 }, (_, at) => ({
    groups: [withLink(at % 2 === 0 ? 'up' : 'down')],
    nowMs: at * 2_000,
  }));
  const told = play(moments).flat();
  expect(told).toMatchObject([
    {
      title: 'Link 1 between alpha and beta comes and goes',
      body: 'It changed 12 times within 10\u00a0min. Check its cable and switch.',
    },
  ]);
});

test('links of a host that is lost are not told: the host is the news', () => {
  const lost = groupView(powerLoss(60_000)).hosts;
  const down = withLink('down', lost);
  expect(
    titles(play([{ nowMs: 0 }, { groups: [down], nowMs: 1_000 }, { groups: [down], nowMs: 100_000 }])).filter(
      (title) => title.startsWith('Link'),
    ),
  ).toEqual([]);
});

test('the memory holds nothing of groups, links and runs that are gone, however long the app runs', () => {
  let memory = noMemory;
  for (let at = 0; at < 500; at += 1) {
    const group = { ...(at % 2 === 0 ? healthy : unprotected), id: `group-${at % 50}` };
    const runs = [run({ groupId: group.id, vmId: `vm-${at}`, kind: 'restart' })];
    [memory] = nextAlerts(memory, { nowMs: at * 10_000, groups: [group], runs, incidents: [] });
  }
  expect(memory.protection.size).toBe(1);
  expect(memory.links.size).toBe(healthy.links.length);
  expect(memory.rescues.open.size).toBe(1);
  expect(memory.rescues.over.size).toBe(0);
  expect(memory.told.size).toBeLessThanOrEqual(61);
  for (const times of memory.told.values()) expect(times.length).toBeLessThanOrEqual(5);
});
