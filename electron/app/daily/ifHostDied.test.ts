import { expect, test } from 'vitest';
import { alone, snapshot, status } from '../../../test/renderer/samples.ts';
import type { EventView } from '../../ipc/views.ts';
import { groupView } from '../groupView.ts';
import type { GroupSnapshot } from '../groupView.ts';
import { groupFacts } from './facts.ts';
import { ifHostDied } from './ifHostDied.ts';

const started = (vm: string, tookMs: number): EventView => ({
  key: vm,
  groupId: snapshot().id,
  seq: 1,
  bootId: '',
  atBootMs: 0,
  wallTime: '',
  host: 'beta',
  code: 'vm.started',
  level: 'notice',
  vm,
  text: '',
  facts: { tookMs },
});

const predict = (from: GroupSnapshot, events: readonly EventView[] = []) =>
  ifHostDied(groupFacts(groupView(from), from.hosts, events));

test('each host says which VMs move where, and after how many seconds', () => {
  const [alpha, beta] = predict(snapshot(), [started('web-shop', 4200)]);
  expect(alpha).toMatchObject({ host: 'alpha', word: 'protected', takeoverMs: 12_000, stays: [] });
  expect(alpha?.moves).toEqual([
    { vmId: expect.any(String), vmName: 'web-shop', to: 'beta', backInMs: 16_200, basis: 'seen' },
    { vmId: expect.any(String), vmName: 'files', to: 'beta', backInMs: 22_000, basis: 'assumed' },
  ]);
  expect(alpha?.sentence).toBe('beta starts web-shop and files within about 22\u00a0s.');
  expect(beta?.moves.map(({ vmName, to }) => [vmName, to])).toEqual([['mail', 'alpha']]);
});

test('a third VM on the same host waits for one of the first two', () => {
  const all = snapshot({ vms: 6 });
  const [alpha] = predict(all);
  expect(alpha?.moves.map(({ backInMs }) => backInMs)).toEqual([22_000, 22_000, 32_000]);
});

test('VMs that would stay stopped are named with the reason and what to do', () => {
  const [alpha] = predict(snapshot({ readiness: alone }));
  expect(alpha).toMatchObject({ word: 'not-protected', moves: [] });
  expect(alpha?.stays[0]).toMatchObject({
    why: 'No other host of the group is alive to take over.',
    fix: 'Bring alpha back: check its power and network.',
  });
});

test('too little memory on the host that would take over is a risk that is said', () => {
  const from = snapshot();
  const hosts = from.hosts.map((host, slot) => ({
    ...host,
    status: slot === 1 ? { ...status(1), self: { ...status(1).self, memoryFreeMiB: 100 } } : host.status,
  }));
  const [alpha] = predict({ ...from, hosts });
  expect(alpha).toMatchObject({ word: 'at-risk', memory: [{ host: 'beta', freeMiB: 100, suffices: false }] });
  expect(alpha?.sentence).toContain('The memory there may not suffice.');
});

test('a host in maintenance takes nothing', () => {
  const from = snapshot();
  const hosts = from.hosts.map((host) => ({
    ...host,
    status: host.status && { ...host.status, pauses: [{ slot: 1, endsInMs: 60_000, untilWallMs: null }] },
  }));
  const [alpha] = predict({ ...from, hosts });
  expect(alpha?.stays.map(({ why }) => why)).toEqual([
    'No other host is ready to run it.',
    'No other host is ready to run it.',
  ]);
});

test('without an armed watchdog nobody takes over by time', () => {
  const from = snapshot();
  const hosts = from.hosts.map((host, slot) => ({
    ...host,
    status:
      slot === 0 ? { ...status(0), self: { ...status(0).self, watchdog: 'none' as const } } : host.status,
  }));
  const [alpha] = predict({ ...from, hosts });
  expect(alpha).toMatchObject({ takeoverMs: null, word: 'not-protected' });
});

test('when no host answers, nothing is claimed', () => {
  const from = snapshot();
  const hosts = from.hosts.map((host) => ({ ...host, ageMs: 60_000 }));
  expect(predict({ ...from, hosts }).map(({ word }) => word)).toEqual(['not-known', 'not-known']);
});
