import { expect, test } from 'vitest';
import { FailureError } from '../../../agent/protocol/failure.ts';
import { refuseArea } from '../group/area.ts';
import { defaultAddresses, firstConfig, hostSettings } from '../group/plan.ts';
import type { CommandResult } from '../ssh/collect.ts';
import type { HostSession, RootRun } from '../ssh/session.ts';
import { sampleFacts } from '../testing/sampleFacts.ts';
import { sampleGroupInput as input } from '../testing/sampleGroup.ts';
import { asyncExports, findStores, folderProblems } from './find.ts';
import { recommendProfile, summarize } from './latency.ts';
import type { AreaState } from './probe.ts';
import { profileChoices } from './profiles.ts';
import { proveSharing } from './prove.ts';
import { hereSession } from '../testing/hereSession.ts';
import { storeSpace } from './space.ts';

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (fault) {
    if (fault instanceof FailureError) return fault.failure.code;
    throw fault;
  }
  return 'no failure';
}

test('stores that all hosts have are found, local ones last or not at all', () => {
  const local = { mounts: [{ path: '/srv/vms', type: 'ext4', source: '/dev/sdb', options: 'rw' }] };
  expect(findStores([sampleFacts('a'), sampleFacts('b')]).map((store) => store.path)).toEqual([
    '/srv/vms',
    '/srv/vms/images',
  ]);
  expect(findStores([sampleFacts('a'), sampleFacts('b', { mounts: [], pools: [] })])).toEqual([]);
  const problems = folderProblems('/srv/vms/images', [sampleFacts('a'), sampleFacts('b', local)]);
  expect(problems.map((problem) => problem.code)).toEqual(['store.local-file-system']);
});

test('a LUN is offered when all hosts have it unused and of the same size', () => {
  const lun = { path: '/dev/disk/by-id/wwn-1', sizeBytes: 1e9, type: 'disk', fileSystem: '', mounted: '' };
  const without = { mounts: [], pools: [] };
  const offered = (other: Partial<typeof lun>): string[] =>
    findStores([
      sampleFacts('a', { ...without, blocks: [lun] }),
      sampleFacts('b', { ...without, blocks: [{ ...lun, ...other }] }),
    ]).map((store) => store.path);
  expect(offered({})).toEqual([lun.path]);
  expect(offered({ fileSystem: 'LVM2_member' })).toEqual([]);
  expect(offered({ sizeBytes: 2e9 })).toEqual([]);
});

test('local locks, read-only mounts and async exports are named', () => {
  const mounted = (options: string): string[] =>
    folderProblems('/srv/vms', [
      sampleFacts('a', { mounts: [{ path: '/srv/vms', type: 'nfs', source: 'nas:/vms', options }] }),
    ]).map((problem) => problem.code);
  expect(mounted('rw,nolock')).toEqual(['store.local-locks']);
  expect(mounted('rw,local_lock=all')).toEqual(['store.local-locks']);
  expect(mounted('rw,local_lock=none')).toEqual([]);
  expect(mounted('ro,hard')).toEqual(['store.not-writable']);
  const exports = asyncExports([
    sampleFacts('a', { exports: ['/vms *(rw,async,no_root_squash)', '/x *(rw,sync)'] }),
  ]);
  expect(exports.map((failure) => failure.code)).toEqual(['store.async-export']);
});

test('a volume of two replicas without quorum is refused where it can be seen', () => {
  const mounts = [{ path: '/srv/vms', type: 'fuse.glusterfs', source: 'a:/vms', options: 'rw' }];
  const problems = (replicas: number, quorum: string): string[] =>
    folderProblems('/srv/vms', [
      sampleFacts('a', { mounts, glusterVolumes: [{ name: 'vms', replicas, quorum }] }),
      sampleFacts('b', { mounts }),
    ]).map((problem) => problem.code);
  expect(problems(2, 'none')).toEqual(['store.two-replicas']);
  expect(problems(2, 'auto')).toEqual([]);
  expect(problems(3, 'none')).toEqual([]);
});

test('percentiles are by nearest rank and every write is in one bar', () => {
  const times = Array.from({ length: 200 }, (_, index) => (index + 1) / 10);
  const latency = summarize('a', times);
  expect(latency).toMatchObject({ writes: 200, p50Ms: 10, p99Ms: 19.8, maxMs: 20 });
  expect(latency.histogram.reduce((sum, bar) => sum + bar.count, 0)).toBe(200);
});

test('the profile follows the slower host', () => {
  const of = (...times: number[]) => summarize('a', times);
  expect(recommendProfile([of(1, 2, 3), of(2, 9, 40)])).toBe('swift');
  expect(recommendProfile([of(1, 2, 3), of(90, 95)])).toBe('steady');
  expect(recommendProfile([of(400)])).toBe('patient');
  expect(recommendProfile([of(1), of(6_000)])).toBeNull();
});

test('a choice of timing says its seconds, and one that the store is too slow for says why', () => {
  const quick = profileChoices([summarize('a', [1, 2, 3])]);
  expect(quick.map(({ name, refused, recommended }) => [name, refused === null, recommended])).toEqual([
    ['swift', true, false],
    ['steady', true, true],
    ['patient', true, false],
  ]);
  expect(quick[1]).toMatchObject({ loseAfterMs: 8000, takeoverMs: 21_500, softwareTakeoverMs: 43_000 });
  expect(quick[1]?.sentence).toContain('21.5 s');
  const slow = profileChoices([summarize('a', [400])]);
  expect(slow.map(({ refused }) => refused !== null)).toEqual([true, true, false]);
  expect(slow[2]?.recommended).toBe(true);
  expect(profileChoices([summarize('a', [9_000])]).some(({ recommended }) => recommended)).toBe(false);
});

const header = {
  areaId: '22222222-2222-4222-8222-222222222222',
  groupId: '11111111-1111-4111-8111-111111111111',
  blockBytes: 4096,
  hostSlots: 8,
  tokenSlots: 64,
} as const;

test('an area is made only where nothing is, or where this very group began', () => {
  const code = (area: AreaState, groupId: string | null = null): string =>
    codeOf(() => refuseArea('/srv/vms/understudy.area', area, groupId));
  expect(code({ kind: 'absent', freeBytes: 1e9 })).toBe('no failure');
  expect(code({ kind: 'blank', begun: true })).toBe('no failure');
  expect(code({ kind: 'area', header, config: null }, header.groupId)).toBe('no failure');
  expect(code({ kind: 'area', header, config: null })).toBe('store.area-of-another-group');
  expect(code({ kind: 'newer', version: 2 })).toBe('store.newer-layout');
  expect(code({ kind: 'foreign', why: 'there is data' })).toBe('store.not-empty');
  expect(code({ kind: 'absent', freeBytes: 1e6 })).toBe('store.full');
});

test('the first configuration names each host with its own addresses and hardware', () => {
  const config = firstConfig(input);
  expect(config).toMatchObject({ generation: 1, vms: [], disarmed: false });
  expect(new Set(config.hosts.map((host) => host.hardwareId)).size).toBe(2);
  expect(config.hosts.map((host) => host.links)).toEqual([
    [{ link: 0, address: '192.0.2.97', port: 7677 }],
    [{ link: 0, address: '192.0.2.98', port: 7677 }],
  ]);
  const [first] = input.hosts;
  expect(first === undefined ? null : hostSettings(input, first)).toMatchObject({
    slot: 0,
    watchdogDevice: '/dev/watchdog0',
    watchdogAttributes: '/sys/class/watchdog/watchdog0',
  });
});

test('an address that a host does not have, and uneven links, are refused', () => {
  const [a, b] = input.hosts;
  if (a === undefined || b === undefined) throw new Error('two hosts');
  expect(codeOf(() => firstConfig({ ...input, hosts: [a, { ...b, addresses: ['198.51.100.1'] }] }))).toBe(
    'input.link-address',
  );
  expect(codeOf(() => firstConfig({ ...input, hosts: [a, { ...b, addresses: [] }] }))).toBe('input.links');
  expect(defaultAddresses(sampleFacts('a'), 'a.example')).toEqual(['192.0.2.97']);
});

/** Stores by host: what each write of one host does to the others. */
function fakeHosts(stores: ReadonlyMap<string, Map<string, string>>, stale: boolean): HostSession[] {
  return [...stores].map(([hostName, store]) => {
    const cache = new Map<string, string>();
    const runAsRoot = async (run: RootRun): Promise<CommandResult> => {
      const request = JSON.parse(typeof run.stdin === 'string' ? run.stdin : '') as Record<string, string>;
      const path = request['path'] ?? '';
      const answers: Record<string, () => object> = {
        place: () => (store.set(path, request['nonce'] ?? ''), { fileSystemType: 0x6969 }),
        look: () => {
          const nonce = (stale ? cache.get(path) : undefined) ?? store.get(path) ?? null;
          if (nonce !== null) cache.set(path, nonce);
          return { nonce, absent: nonce === null };
        },
        remove: () => ({ removed: store.delete(path) }),
      };
      const stdout = JSON.stringify({ ok: true, ...answers[request['action'] ?? '']?.() });
      return { exitCode: 0, signal: null, stdout, stderr: '' };
    };
    return {
      hostName,
      user: 'root',
      runAsRoot,
      openControl: () => Promise.reject(new Error('not here')),
      closed: Promise.resolve(null),
      close: () => undefined,
    };
  });
}

async function proofCode(hosts: readonly HostSession[]): Promise<string> {
  try {
    await proveSharing(hosts, { kind: 'folder', path: '/srv/vms' });
  } catch (fault) {
    if (fault instanceof FailureError) return fault.failure.code;
    throw fault;
  }
  return 'proven';
}

test('sharing is proven both ways, and a separate, a one-way or a caching store is refused', async () => {
  const one = new Map<string, string>();
  expect(
    await proofCode(
      fakeHosts(
        new Map([
          ['a', one],
          ['b', one],
        ]),
        false,
      ),
    ),
  ).toBe('proven');
  expect(one.size).toBe(0);
  const apart = new Map([
    ['a', new Map<string, string>()],
    ['b', new Map<string, string>()],
  ]);
  expect(await proofCode(fakeHosts(apart, false))).toBe('store.not-shared');
  expect(
    await proofCode(
      fakeHosts(
        new Map([
          ['a', one],
          ['b', one],
        ]),
        true,
      ),
    ),
  ).toBe('store.direct-io-lies');
});

test('the room of a place is told by df, and a path that is not there has none', async () => {
  const found = await storeSpace(hereSession, ['/', '/no such place']);
  expect([...found.keys()]).toEqual(['/']);
  expect(found.get('/')?.sizeBytes).toBeGreaterThan(0);
});
