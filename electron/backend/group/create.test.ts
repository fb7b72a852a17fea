import { expect, test } from 'vitest';
import type { GroupConfig } from '../../../agent/protocol/group.ts';
import type { CommandResult } from '../ssh/collect.ts';
import type { HostSession, RootRun } from '../ssh/session.ts';
import { sampleFacts } from '../testing/sampleFacts.ts';
import { sampleGroupInput as input } from '../testing/sampleGroup.ts';
import { carryOut, type CreatePlan, type GroupHostSession } from './create.ts';
import { firstConfig } from './plan.ts';

const plan: CreatePlan = { input, config: firstConfig(input), checks: [], latencies: [] };

/** A host whose store has an area with this configuration, and which remembers what was put on it. */
function fakeHost(
  hostName: string,
  inArea: GroupConfig,
  key: string,
): [GroupHostSession, Map<string, string>] {
  const files = new Map<string, string>();
  const header = {
    areaId: inArea.areaId,
    groupId: inArea.groupId,
    blockBytes: 4096,
    hostSlots: 8,
    tokenSlots: 64,
  };
  const answer = (run: RootRun): string => {
    if (run.what.startsWith('the probe')) {
      return JSON.stringify({ ok: true, formatted: false, area: { kind: 'area', header, config: inArea } });
    }
    if (run.what.startsWith('the upload')) files.set(run.args?.[0] ?? '', String(run.stdin as string));
    return run.what === 'reading the group key' ? key : '';
  };
  const runAsRoot = async (run: RootRun): Promise<CommandResult> => ({
    exitCode: 0,
    signal: null,
    stdout: answer(run),
    stderr: '',
  });
  const session: HostSession = {
    hostName,
    user: 'root',
    runAsRoot,
    openControl: () => Promise.reject(new Error('not here')),
    closed: Promise.resolve(null),
    close: () => undefined,
  };
  return [{ session, sshAddress: '192.0.2.1' }, files];
}

const etc = (name: string): string => `/etc/understudy/${name}`;

test('every host gets the key, the configuration and its own settings, the settings last', async () => {
  const [a, onA] = fakeHost('a', plan.config, '');
  const [b, onB] = fakeHost('b', plan.config, '');
  await carryOut([a, b], plan, () => undefined);
  expect([...onA.keys()]).toEqual([etc('group.key'), etc('group.json'), etc('host.json')]);
  expect(onA.get(etc('group.key'))).toMatch(/^[0-9a-f]{64}$/);
  expect(onB.get(etc('group.key'))).toBe(onA.get(etc('group.key')));
  expect(JSON.parse(onB.get(etc('host.json')) ?? '')).toMatchObject({ slot: 1, hostName: 'b' });
});

test('a creation that was cut off goes on with its own key and the configuration on the store', async () => {
  const earlier: GroupConfig = { ...plan.config, profile: 'swift' };
  const key = 'ab'.repeat(32);
  const [a, onA] = fakeHost('a', earlier, `${key}\n`);
  const [b, onB] = fakeHost('b', earlier, '');
  await carryOut([a, b], plan, () => undefined);
  for (const files of [onA, onB]) {
    expect(files.get(etc('group.key'))).toBe(key);
    expect(JSON.parse(files.get(etc('group.json')) ?? '')).toEqual(earlier);
  }
});

test('a host that has its part already is left as it is', async () => {
  const settings = {
    version: 1 as const,
    slot: 0,
    hostName: 'a',
    hardwareId: 'a'.repeat(64),
    groupId: input.groupId,
    areaId: input.areaId,
    areaPath: input.areaPath,
    hypervisor: 'libvirt' as const,
    watchdogDevice: null,
    watchdogAttributes: null,
  };
  const hosts = input.hosts.map((host, slot) =>
    slot === 0 ? { ...host, facts: sampleFacts('a', { settings }) } : host,
  );
  const [a, onA] = fakeHost('a', plan.config, 'cd'.repeat(32));
  const [b, onB] = fakeHost('b', plan.config, '');
  await carryOut([a, b], { ...plan, input: { ...input, hosts } }, () => undefined);
  expect(onA.size).toBe(0);
  expect(onB.get(etc('group.key'))).toBe('cd'.repeat(32));
});
