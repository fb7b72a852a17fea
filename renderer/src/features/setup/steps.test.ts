import { expect, test } from 'vitest';
import type { SetupStage, SetupView } from '../../../../electron/ipc/setup/views.ts';
import { furthest, isPassed, neighbours, pageOf, railSteps } from './steps.ts';

const setup = (stage: SetupStage, more: Partial<SetupView> = {}): SetupView => ({
  id: '7e000000-0000-4000-8000-000000000001',
  kind: 'new',
  stage,
  hosts: [],
  keyChange: null,
  plan: null,
  stores: null,
  proof: null,
  draft: { name: '', profile: null, port: 7677, links: [], watchdogs: [], acceptSoftwareWatchdog: false },
  group: null,
  ...more,
});

test('an address leads no further than the set-up has come, and to where it stands when it names no page', () => {
  expect(pageOf(setup('install'), 'checks', null)).toBe('checks');
  expect(pageOf(setup('install'), 'vms', null)).toBe('install');
  expect(pageOf(setup('install'), 'nonsense', null)).toBe('install');
  expect(pageOf(setup('install'), null, null)).toBe('install');
});

test('a page that was reached stays while the hosts are read again, but does not count as passed', () => {
  const reached = furthest(setup('vms'), 'install');
  expect(reached).toBe('vms');
  const again = setup('install');
  expect(pageOf(again, 'group', furthest(again, reached))).toBe('group');
  expect(isPassed(again, 'group')).toBe(false);
});

test('connecting to a group has two steps, whatever stage the app is in between', () => {
  const connect = setup('group', { kind: 'connect' });
  expect(railSteps(connect, null).map(({ id, state }) => [id, state])).toEqual([
    ['hosts', 'open'],
    ['done', 'locked'],
  ]);
  expect(neighbours(connect, 'hosts')).toEqual({ before: null, after: 'done' });
  expect(isPassed(setup('vms', { kind: 'connect' }), 'hosts')).toBe(true);
  expect(pageOf(setup('vms', { kind: 'connect' }), null, null)).toBe('done');
});
