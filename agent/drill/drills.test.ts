import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeGroup, uuidOf } from '../core/engine/testing/fakeGroup.ts';
import type { EngineEvent } from '../core/engine/types.ts';
import type { Driller } from '../hypervisor/driller.ts';
import type { GuestAgent } from '../hypervisor/hypervisor.ts';
import { Prober } from '../probes/runProbe.ts';
import { FailureError } from '../protocol/failure.ts';
import { DiskCopies } from './diskCopies.ts';
import { Drills } from './drills.ts';
import { DrillStore } from './drillStore.ts';

let dir: string;
let group: FakeGroup;
let events: EngineEvent[];
const copyDisks = vi.fn<Driller['copyDisks']>();
const endCopies = vi.fn<Driller['endCopies']>();
const endCopying = vi.fn<Driller['endCopying']>();
const guestBeat = vi.fn<GuestAgent['guestBeat']>();
const ping = vi.fn<() => Promise<void>>();
const driller: Driller = {
  copyDisks,
  endCopies,
  endCopying,
  boot: () => Promise.resolve({ whyEnded: () => Promise.resolve(null), end: () => Promise.resolve() }),
};

beforeEach(() => {
  vi.resetAllMocks();
  dir = mkdtempSync(join(tmpdir(), 'drills-'));
  events = [];
  group = new FakeGroup(2, [{}]).settle('h1');
  const facts = { totalMiB: 8192, freeMiB: 8192, hasHook: true, unusableLinks: [], networkGaps: [] };
  group.host('h2').feed({ kind: 'host', nowMs: group.nowMs, host: facts });
  copyDisks.mockImplementation(({ folder, signal }) => {
    signal.throwIfAborted();
    return Promise.resolve({ disks: [{ target: 'vda', path: join(folder, 'vda.qcow2') }], bytes: 1 });
  });
  endCopies.mockResolvedValue();
  endCopying.mockResolvedValue();
  ping.mockResolvedValue();
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** h2's drills, and h1's copies for them. */
function open(withDriller: Driller | null = driller, wallMs = 1_700_000_000_000): Drills {
  const store = new DrillStore(join(dir, 'area'));
  const room = vi.spyOn(store, 'checkRoom');
  room.mockResolvedValue();
  const copies = new DiskCopies({
    driller,
    store,
    engine: () => group.host('h1').engine,
    nowMs: () => group.nowMs,
    isDrilling: () => false,
  });
  return new Drills({
    driller: withDriller,
    store,
    prober: new Prober({ guestPing: ping, guestRun: () => Promise.resolve(0), guestBeat }),
    accounts: { userName: () => null, groupName: () => null, userId: () => null, groupId: () => null },
    slot: 1,
    hostName: 'h2',
    libDir: dir,
    nowMs: () => group.nowMs,
    wallMs: () => wallMs,
    screenshot: () => Promise.resolve({ png: Buffer.from('PNG'), width: 2, height: 1 }),
    bundle: (vm) => ({
      version: 1,
      vm,
      xml: `<domain><devices><disk type='file' device='disk'><target dev='vda'/></disk></devices></domain>`,
      autostart: false,
      nvram: null,
      tpm: [],
    }),
    copyDisks: (from, vm, drill, signal) => {
      expect(from).toBe(0);
      return copies.copy({ vm, from: 1, drill, signal });
    },
    engine: () => group.host('h2').engine,
    tell: (event) => events.push(event),
  });
}

const ended = (drills: Drills) =>
  vi.waitFor(async () => expect((await drills.show()).running).toBeNull(), { timeout: 10_000 });
const codes = (): readonly string[] => events.map(({ code }) => code);

test('a drill is told of, and its report and picture are kept', async () => {
  const drills = open();
  expect(drills.begin('web1').text).toContain('web1 itself goes on');
  await ended(drills);
  expect(codes()).toEqual(['drill.begun', 'drill.passed']);
  const again = open();
  expect((await again.show()).reports).toMatchObject([
    { vm: uuidOf(1), name: 'web1', host: 'h2', result: 'passed', hasPicture: true, copiedBytes: 1 },
  ]);
  expect(await again.picture('web1')).toEqual({
    png: Buffer.from('PNG').toString('base64'),
    width: 2,
    height: 1,
  });
  await expect(again.picture('web2')).rejects.toMatchObject({ failure: { code: 'drill.no-picture' } });
});

test('one at a time, and stopped by hand', async () => {
  ping.mockRejectedValue(new Error('silent'));
  const drills = open();
  expect(() => drills.stop()).toThrow('No drill');
  drills.begin('web1');
  expect(() => drills.begin('web1')).toThrow('under way on h2 already');
  expect((await drills.show()).running).toMatchObject({ name: 'web1' });
  drills.stop();
  await ended(drills);
  expect(codes()).toEqual(['drill.begun', 'drill.broken-off']);
});

test('it gives way when this host is needed', async () => {
  ping.mockRejectedValue(new Error('silent'));
  const drills = open();
  drills.begin('web1');
  drills.look();
  expect((await drills.show()).running).not.toBeNull();
  group.host('h1').powerOff();
  group.run(5000);
  drills.look();
  await ended(drills);
  expect((await drills.show()).reports).toMatchObject([{ because: { code: 'drill.gave-way' } }]);
});

test('one that tells nothing does not take the place of one that does', async () => {
  const drills = open();
  drills.begin('web1');
  await ended(drills);
  copyDisks.mockRejectedValueOnce(new FailureError({ code: 'drill.no-room', message: 'It is full.' }));
  drills.begin('web1');
  await ended(drills);
  expect((await drills.show()).reports).toMatchObject([{ result: 'passed' }]);
  expect((await drills.show()).last?.report.result).toBe('broken-off');
  expect(codes().at(-1)).toBe('drill.broken-off');
});

test('a refusal begins nothing', () => {
  expect(() => open().begin('web9')).toThrow('not a protected VM');
  expect(() => open(null).begin('web1')).toThrow('has no drills');
  group.host('h2').hasKeeper = false;
  group.run(4000);
  expect(() => open().begin('web1')).toThrow('No drill is made on h2 now');
  expect(events).toEqual([]);
});

test('the holder ends the copying when the VM has something better to do', async () => {
  copyDisks.mockImplementation(
    ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')));
        group.host('h1').change(uuidOf(1), 'paused', 'user');
      }),
  );
  const drills = open();
  drills.begin('web1');
  await ended(drills);
  expect((await drills.show()).reports).toMatchObject([
    { result: 'broken-off', because: { code: 'drill.not-the-holder' } },
  ]);
});

test('what an earlier agent left is ended and deleted, as soon as the hypervisor answers', async () => {
  await new DrillStore(join(dir, 'area')).prepare(1, 'old');
  const drills = open();
  await drills.clear();
  expect(endCopying).toHaveBeenCalledExactlyOnceWith(join(dir, 'drills'));
  expect(readdirSync(join(dir, 'drills'))).toEqual([]);
});

const NIGHT = new Date(2026, 0, 2, 3).getTime();

/** The policy wants drills by night; looks once, at this hour, and again an hour and a half later. */
async function lookAt(wallMs: number, change: object = {}): Promise<readonly string[]> {
  const policy = { drillEveryDays: 7, drillFromHour: 22, drillToHour: 5, ...change };
  group.config = {
    ...group.config,
    vms: group.config.vms.map((vm) => ({ ...vm, policy: { ...vm.policy, ...policy } })),
  };
  const host = group.host('h2');
  group.run(1000);
  host.feed({ kind: 'wallClock', nowMs: group.nowMs, wallMs });
  const drills = open(driller, wallMs);
  await drills.clear();
  drills.look();
  await ended(drills);
  drills.look();
  return codes();
}

test('one that is due is made in its hours, and once', async () => {
  expect(await lookAt(NIGHT)).toEqual(['drill.begun', 'drill.passed']);
});

test.each([
  ['it is day', new Date(2026, 0, 2, 12).getTime(), {}],
  ['no hours are given', NIGHT, { drillFromHour: undefined, drillToHour: undefined }],
  ['no drills are asked for', NIGHT, { drillEveryDays: undefined }],
])('none is made by itself when %s', async (_what, wallMs, change) => {
  expect(await lookAt(wallMs, change)).toEqual([]);
});

test('a damaged report counts as none', async () => {
  const drills = open();
  drills.begin('web1');
  await ended(drills);
  writeFileSync(join(dir, 'drills', `${uuidOf(1)}.json`), '{"report":');
  expect((await open().show()).reports).toEqual([]);
});
