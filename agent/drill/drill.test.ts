import { mkdtempSync, readdirSync, existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Bundle } from '../definitions/bundle.ts';
import type { Driller, DrillGuest } from '../hypervisor/driller.ts';
import type { GuestAgent } from '../hypervisor/hypervisor.ts';
import { Prober } from '../probes/runProbe.ts';
import { FailureError } from '../protocol/failure.ts';
import { DEFAULT_FAST, DEFAULT_HEALTH } from '../protocol/health.ts';
import type { ProtectedVm } from '../protocol/group.ts';
import { Drill, type DrillOutcome, type DrillTools } from './drill.ts';
import { DrillStore } from './drillStore.ts';

const UUID = 'aaaaaaaa-0000-4000-8000-000000000009';
const vm: ProtectedVm = {
  token: 0,
  vm: 'aaaaaaaa-0000-4000-8000-000000000001',
  name: 'web',
  hosts: [0, 1],
  drain: 'threads-stopped',
  policy: { maxRestarts: 1, windowMs: 60_000, order: 100, shutdownTimeoutMs: 10_000 },
  memoryMiB: 128,
};
const bundle: Bundle = {
  version: 1,
  vm: vm.vm,
  xml: `<domain type='kvm'><name>web</name><uuid>${vm.vm}</uuid><devices><disk type='file' device='disk'>
    <source file='/srv/store/web.raw'/><target dev='vda'/></disk></devices></domain>`,
  autostart: false,
  nvram: null,
  tpm: [],
};

let dir: string;
let store: DrillStore;
let abort: AbortController;
let steps: string[];
const whyEnded = vi.fn<DrillGuest['whyEnded']>();
const end = vi.fn<DrillGuest['end']>();
const boot = vi.fn<Driller['boot']>();
const endCopies = vi.fn<Driller['endCopies']>();
const copyDisks = vi.fn<DrillTools['copyDisks']>();
const guestBeat = vi.fn<GuestAgent['guestBeat']>();
const ping = vi.fn<(id: string) => Promise<void>>();
const screenshot = vi.fn<DrillTools['screenshot']>();

beforeEach(() => {
  vi.resetAllMocks();
  dir = mkdtempSync(join(tmpdir(), 'drill-'));
  store = new DrillStore(join(dir, 'area'));
  vi.spyOn(store, 'checkRoom').mockResolvedValue();
  abort = new AbortController();
  steps = [];
  whyEnded.mockResolvedValue(null);
  end.mockResolvedValue();
  endCopies.mockResolvedValue();
  boot.mockResolvedValue({ whyEnded, end });
  ping.mockResolvedValue();
  screenshot.mockResolvedValue({ png: Buffer.from('PNG'), width: 2, height: 1 });
  copyDisks.mockImplementation(async (_vm, drill) => {
    const folder = await store.prepare(1, drill);
    return { disks: [{ target: 'vda', path: join(folder, 'vda.qcow2') }], bytes: 7 };
  });
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

function run(
  policy: Partial<ProtectedVm['policy']> = {},
  known: Bundle | null = bundle,
): Promise<DrillOutcome> {
  const driller: Driller = {
    boot,
    endCopies,
    copyDisks: () => Promise.reject(new Error('not on the standby')),
    endCopying: () => Promise.resolve(),
  };
  const tools: DrillTools = {
    driller,
    store,
    prober: new Prober({ guestPing: ping, guestRun: () => Promise.resolve(1), guestBeat }),
    accounts: { userName: () => null, groupName: () => null, userId: () => null, groupId: () => null },
    slot: 1,
    nowMs: () => performance.now(),
    screenshot,
    bundle: () => known,
    copyDisks,
  };
  const onStep = (step: string): void => void steps.push(step);
  return new Drill(tools, {
    vm: { ...vm, policy: { ...vm.policy, ...policy } },
    uuid: UUID,
    signal: abort.signal,
    onStep,
  }).run();
}

/** Nothing of it runs, and no file of it is left. */
function expectNothingLeft(): void {
  expect(endCopies.mock.invocationCallOrder.at(-1)).toBeGreaterThan(
    boot.mock.invocationCallOrder.at(-1) ?? 0,
  );
  expect(existsSync(join(dir, 'drills', 'host-1'))).toBe(false);
}

test('a copy that answers has passed, is ended, and leaves no file', async () => {
  const outcome = await run();
  expect(outcome).toMatchObject({
    result: 'passed',
    because: null,
    copiedBytes: 7,
    checks: [{ probe: 'agent', outcome: 'well' }],
    picture: { width: 2 },
  });
  expect(outcome.wellMs).toBeGreaterThanOrEqual(outcome.bootMs ?? Infinity);
  expect(steps).toEqual(['preparing', 'copying', 'starting', 'checking', 'ending', 'ending']);
  expect(end).toHaveBeenCalledOnce();
  expect(boot.mock.calls[0]?.[0].xml).toContain(
    `<source file="${join(dir, 'drills/host-1', UUID, 'vda.qcow2')}"/>`,
  );
  expectNothingLeft();
});

test('what needs the network is not asked, and said so', async () => {
  const fast = { ...DEFAULT_FAST, probe: 'tcp://192.0.2.9:5432' };
  const outcome = await run({ health: { ...DEFAULT_HEALTH, fast } });
  expect(outcome.checks[1]).toEqual({
    probe: 'tcp://192.0.2.9:5432',
    outcome: 'not-asked',
    text: 'the copy has no network',
  });
  expect(outcome.result).toBe('passed');
});

test('a copy that does not start or does not stay up has failed', async () => {
  boot.mockRejectedValueOnce(new Error('no such machine'));
  expect(await run()).toMatchObject({ result: 'failed', because: { code: 'drill.not-started' } });
  expectNothingLeft();
  whyEnded.mockResolvedValue('it is crashed (panicked)');
  expect(await run()).toMatchObject({ result: 'failed', because: { code: 'drill.ended' } });
  expectNothingLeft();
});

test('a drill that could not be held says nothing about the VM', async () => {
  const failure = { code: 'drill.no-room', message: 'The store is full.' };
  copyDisks.mockRejectedValueOnce(new FailureError(failure));
  expect(await run()).toMatchObject({ result: 'broken-off', because: failure });
  expect(await run({}, null)).toMatchObject({
    result: 'broken-off',
    because: { code: 'drill.no-definition' },
  });
  expect(boot).not.toHaveBeenCalled();
  expectNothingLeft();
});

test('a store that fills up while the copy runs ends it', async () => {
  const failure = { code: 'drill.no-room', message: 'The store is full.' };
  ping.mockRejectedValue(new Error('silent'));
  vi.spyOn(store, 'checkRoom').mockRejectedValue(new FailureError(failure));
  expect(await run()).toMatchObject({ result: 'broken-off', because: failure });
  expect(end).toHaveBeenCalledOnce();
  expectNothingLeft();
});

test('files that another host names outside of the folder of the drill are not used', async () => {
  copyDisks.mockResolvedValueOnce({ disks: [{ target: 'vda', path: '/srv/store/web.raw' }], bytes: 7 });
  expect(await run()).toMatchObject({ result: 'broken-off', because: { code: 'drill.copy-elsewhere' } });
  const path = `${join(dir, 'drills/host-1', UUID)}/../../../web.raw`;
  copyDisks.mockResolvedValueOnce({ disks: [{ target: 'vda', path }], bytes: 7 });
  expect(await run()).toMatchObject({ because: { code: 'drill.copy-elsewhere' } });
  expect(boot).not.toHaveBeenCalled();
});

test('when this host is needed the copy is ended at once, whatever is waited for', async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  ping.mockImplementation(() => {
    asked.resolve();
    return answer.promise;
  });
  const running = run();
  await asked.promise;
  abort.abort(new FailureError({ code: 'drill.gave-way', message: 'It gave way.' }));
  expect(end).toHaveBeenCalledOnce();
  answer.reject(new Error('gone'));
  expect(await running).toMatchObject({ result: 'broken-off', because: { code: 'drill.gave-way' } });
  expectNothingLeft();
});

test('one that is broken off before anything was begun copies nothing', async () => {
  abort.abort(new FailureError({ code: 'drill.stopped', message: 'It was stopped.' }));
  copyDisks.mockRejectedValueOnce(abort.signal.reason);
  expect(await run()).toMatchObject({ result: 'broken-off', because: { code: 'drill.stopped' } });
  expect(boot).not.toHaveBeenCalled();
});

test('what an earlier drill left is gone before anything is copied', async () => {
  await store.prepare(1, 'old');
  copyDisks.mockImplementationOnce(() => {
    expect(readdirSync(join(dir, 'drills'))).toEqual([]);
    expect(endCopies).toHaveBeenCalledOnce();
    return Promise.reject(new Error('enough'));
  });
  expect(await run()).toMatchObject({ because: { message: 'enough' } });
});
