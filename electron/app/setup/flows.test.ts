import { existsSync, readFileSync, rmSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { readInventory } from '../../backend/inventory/inventory.ts';
import { join } from 'node:path';
import { cleanUp, codeOf, folder, play, type PlayedHost, SetupBench, soon } from './testing/setupBench.ts';

afterEach(cleanUp);

interface Two {
  readonly at: string;
  readonly bench: SetupBench;
  readonly alpha: PlayedHost;
  readonly beta: PlayedHost;
}

/** A set-up with two good hosts in it. */
async function twoHosts(): Promise<Two> {
  const at = folder();
  const bench = new SetupBench(at);
  await bench.app.handlers['setup.begin']({ kind: 'new', resume: null });
  const alpha = await play('alpha');
  const beta = await play('beta');
  await bench.add(alpha);
  await bench.add(beta);
  return { at, bench, alpha, beta };
}

const check = (bench: SetupBench, line: string | null = null) =>
  bench.app.handlers['checks.run']({ groupId: null, line });
const lineOf = (bench: SetupBench, key: string) => bench.report?.lines.find((line) => line.key === key);

test('a fix is said, made, and its line is looked at again; the others stay as they were', async () => {
  const { bench, beta } = await twoHosts();
  beta.facts.set('libvirtSocket', null);
  await check(bench);
  await vi.waitFor(() => expect(bench.report?.blocking).toBe(1), soon);
  const key = 'hypervisor.socket beta';
  expect(lineOf(bench, key)).toMatchObject({
    state: 'failed',
    fix: { id: 'start-libvirt' },
    acceptable: false,
  });
  const others = bench.report?.lines.filter((line) => line.key !== key).map((line) => line.checkedAt);
  expect(
    await codeOf(bench.app.handlers['checks.accept']({ groupId: null, line: key, on: true })),
  ).toMatchObject({
    code: 'check.not-acceptable',
  });
  beta.intercept = (script) => {
    if (script.includes('libvirtd.socket')) beta.facts.delete('libvirtSocket');
    return null;
  };
  const { workId } = await bench.app.handlers['checks.fix']({
    groupId: null,
    line: key,
    fix: 'start-libvirt',
  });
  expect(await bench.done(workId)).toMatchObject({ kind: 'fix', state: 'done' });
  await vi.waitFor(() => expect(lineOf(bench, key)?.state).toBe('passed'), soon);
  expect(bench.report?.lines.filter((line) => line.key !== key).map((line) => line.checkedAt)).toEqual(
    others,
  );
  expect(bench.state.stage).toBe('install');
});

test('a host that can not be read is named in the report, and the lines of the others are there', async () => {
  const { bench, beta } = await twoHosts();
  beta.intercept = (script) =>
    script.includes('one finished yes') ? { exitCode: 0, stdout: '\u0000garbage' } : null;
  await check(bench);
  await vi.waitFor(
    () =>
      expect(bench.report?.failures).toMatchObject([
        { host: 'beta', failure: { code: 'host.facts-failed' } },
      ]),
    soon,
  );
  expect(bench.report?.lines.some((line) => line.host === 'alpha')).toBe(true);
  expect(bench.state.stage).toBe('checks');
});

test('what was taken on survives the app, and the report can be saved', async () => {
  const { at, bench, alpha } = await twoHosts();
  alpha.facts.set('@watchdogs', null).set('@watchdogDevices', null);
  await check(bench);
  const key = 'watchdog.device alpha';
  await bench.app.handlers['checks.accept']({ groupId: null, line: key, on: true });
  await vi.waitFor(() => expect(bench.state.stage).toBe('install'), soon);
  expect(readInventory(join(at, 'inventory.json')).setups[0]?.accepted).toEqual([key]);
  for (const format of ['html', 'json'] as const) {
    const { path, bytes } = await bench.app.handlers['checks.save']({ groupId: null, format });
    expect(readFileSync(path)).toHaveLength(bytes);
    rmSync(path);
  }
});

test('an installation is previewed, stopped between two steps, gone on with, and undone', async () => {
  const { bench, alpha, beta } = await twoHosts();
  await check(bench);
  await bench.app.handlers['setup.plan']({});
  await vi.waitFor(() => expect(bench.state.plan).toHaveLength(2), soon);
  expect(bench.state.plan?.[0]).toMatchObject({ host: 'alpha', version: '9.9.9', installedVersion: null });
  expect(bench.state.plan?.[0]?.changes.every(({ needed }) => needed)).toBe(true);
  expect(alpha.changes).toEqual([]);
  let stop = async (): Promise<unknown> => undefined;
  alpha.intercept = (script) => {
    if (script.includes('groupadd -r')) void stop();
    return null;
  };
  const { workId } = await bench.app.handlers['setup.install']({});
  stop = () => bench.app.handlers['work.stop']({ workId });
  expect(await codeOf(bench.app.handlers['setup.install']({}))).toMatchObject({ code: 'setup.busy' });
  expect(await bench.done(workId)).toMatchObject({
    state: 'interrupted',
    failure: { code: 'install.stopped' },
  });
  const half = alpha.changes.length;
  expect(half).toBeGreaterThan(0);
  alpha.intercept = null;
  const again = await bench.app.handlers['setup.install']({});
  alpha.facts.set('installed', '/opt/understudy/9.9.9');
  beta.facts.set('installed', '/opt/understudy/9.9.9');
  const whole = await bench.done(again.workId);
  expect(whole.failure).toBeNull();
  expect(whole.steps.find(({ id }) => id === 'alpha folders')?.state).toBe('already-done');
  expect(alpha.changes.length).toBeGreaterThan(half);
  await vi.waitFor(() => expect(bench.state.stage).toBe('store'), soon);
  alpha.facts.delete('installed');
  const undoing = await bench.app.handlers['setup.undo']({ hosts: ['alpha'] });
  const undone = await bench.done(undoing.workId);
  expect(undone.state).toBe('done');
  expect(undone.steps.some(({ state }) => state === 'undone')).toBe(true);
  await vi.waitFor(() => expect(bench.state.stage).toBe('install'), soon);
});

test('a connection that is cut while it installs is made again, and the step is gone on with', async () => {
  const { bench, alpha } = await twoHosts();
  await check(bench);
  let cut = false;
  alpha.intercept = (script) => {
    if (!cut && script.includes('groupadd -r')) {
      cut = true;
      alpha.server.cutAll();
    }
    return null;
  };
  const { workId } = await bench.app.handlers['setup.install']({});
  expect(await bench.done(workId)).toMatchObject({ state: 'done' });
  expect(cut).toBe(true);
});

/** Both hosts see one store, as their probes tell. */
function shareStore(hosts: readonly PlayedHost[], timesMs: readonly number[]): void {
  const files = new Map<string, string>();
  let area: object = { kind: 'absent', freeBytes: 1e9 };
  for (const { probes } of hosts) {
    probes.set(
      'place',
      ({ path, nonce }) => (files.set(String(path), String(nonce)), { fileSystemType: 0x6969 }),
    );
    probes.set('look', ({ path }) => ({
      nonce: files.get(String(path)) ?? null,
      absent: !files.has(String(path)),
    }));
    probes.set('remove', ({ path }) => ({ removed: files.delete(String(path)) }));
    probes.set('latency', () => ({ timesMs }));
    probes.set('inspect', () => ({ area }));
    probes.set('format', ({ header, config }) => ({
      formatted: true,
      area: (area = { kind: 'area', header, config }),
    }));
    probes.set('listen', () => ({ heard: true, roundTripMs: 1 }));
    probes.set('send', () => ({ heard: true, roundTripMs: 1 }));
  }
}

test('a store is found, proven and measured, and each timing says its seconds', async () => {
  const { bench, alpha, beta } = await twoHosts();
  for (const host of [alpha, beta]) host.installed = true;
  shareStore([alpha, beta], [1, 2, 60]);
  const disk =
    "<disk type='file' device='disk'><source file='/srv/vms/web.qcow2'/><target dev='vda'/></disk>";
  beta.domains.set('web', `<domain><name>web</name><devices>${disk}</devices></domain>`);
  await check(bench);
  await bench.app.handlers['setup.findStores']({});
  await vi.waitFor(
    () =>
      expect(bench.state.stores?.candidates).toMatchObject([
        { path: '/srv/vms', problems: [], vms: ['web'] },
      ]),
    soon,
  );
  const { workId } = await bench.app.handlers['setup.proveStore']({ kind: 'folder', path: '/srv/vms' });
  expect(await bench.done(workId)).toMatchObject({ kind: 'prove', state: 'done' });
  expect(bench.state.proof?.seen).toEqual([
    { writer: 'alpha', reader: 'beta' },
    { writer: 'beta', reader: 'alpha' },
  ]);
  expect(bench.state.proof?.profiles.map(({ name, refused }) => [name, refused === null])).toEqual([
    ['swift', false],
    ['steady', true],
    ['patient', true],
  ]);
  expect(bench.state.stage).toBe('group');
});

test('a store that is not one place is refused, with what to do', async () => {
  const { bench, alpha, beta } = await twoHosts();
  for (const host of [alpha, beta]) host.installed = true;
  shareStore([alpha], [1]);
  shareStore([beta], [1]);
  await check(bench);
  const { workId } = await bench.app.handlers['setup.proveStore']({ kind: 'folder', path: '/srv/vms' });
  expect(await bench.done(workId)).toMatchObject({ state: 'failed', failure: { code: 'store.not-shared' } });
  expect(bench.state.proof).toBeNull();
});

test('a group is made on the proven store and known from then on, also when its agents do not answer yet', async () => {
  const { at, bench, alpha, beta } = await twoHosts();
  for (const host of [alpha, beta]) host.installed = true;
  shareStore([alpha, beta], [1]);
  await check(bench);
  const proof = await bench.app.handlers['setup.proveStore']({ kind: 'folder', path: '/srv/vms' });
  await bench.done(proof.workId);
  const draft = { ...bench.state.draft, name: ' ' };
  expect(await codeOf(bench.app.handlers['setup.createGroup'](draft))).toEqual({
    code: 'input.invalid',
    field: 'name',
  });
  const { workId } = await bench.app.handlers['setup.createGroup']({ ...draft, name: 'office' });
  await vi.waitFor(() => expect(bench.state.group?.name).toBe('office'), soon);
  const { groups } = readInventory(join(at, 'inventory.json'));
  expect(groups).toMatchObject([
    { name: 'office', areaPath: '/srv/vms/understudy.area', hosts: [{ slot: 0 }, { slot: 1 }] },
  ]);
  expect(bench.state.stage).toBe('vms');
  expect(await codeOf(bench.app.handlers['hosts.forget']({ host: 'alpha' }))).toMatchObject({
    code: 'setup.busy',
  });
  expect(bench.work(workId)?.stopRefused).toContain('lease area');
  expect(existsSync(join(at, 'inventory.json'))).toBe(true);
});

test('the app may die while a group is made: the hosts say how far it came, and it goes on there', async () => {
  const { at, bench, alpha, beta } = await twoHosts();
  for (const host of [alpha, beta]) host.installed = true;
  shareStore([alpha, beta], [1]);
  await check(bench);
  const proof = await bench.app.handlers['setup.proveStore']({ kind: 'folder', path: '/srv/vms' });
  await bench.done(proof.workId);
  alpha.intercept = (script) => (script.includes('systemctl start') ? { exitCode: 1, stderr: 'no' } : null);
  const { workId } = await bench.app.handlers['setup.createGroup']({ ...bench.state.draft, name: 'office' });
  expect(await bench.done(workId)).toMatchObject({
    state: 'failed',
    failure: { code: 'group.start-failed' },
  });
  const path = join(at, 'inventory.json');
  const [group] = readInventory(path).groups;
  bench.app.close();
  const next = new SetupBench(at);
  const [saved] = readInventory(path).setups;
  await next.app.handlers['setup.begin']({ kind: 'new', resume: saved?.id ?? '' });
  for (const _ of [alpha, beta]) await next.answer({ kind: 'secret', secret: 'pw', remember: false });
  await vi.waitFor(() => expect(next.state.stage).toBe('store'), soon);
  expect(next.state.draft.name).toBe('office');
  const again = await next.app.handlers['setup.proveStore']({ kind: 'folder', path: '/srv/vms' });
  expect((await next.done(again.workId)).failure).toBeNull();
  alpha.intercept = null;
  const settings = {
    version: 1,
    slot: 0,
    hostName: 'alpha',
    hardwareId: 'ab'.repeat(32),
    groupId: group?.groupId,
    areaId: group?.areaId,
    areaPath: group?.areaPath,
    hypervisor: 'libvirt',
    watchdogDevice: null,
    watchdogAttributes: null,
  };
  for (const [slot, host] of [alpha, beta].entries())
    host.facts.set('hostSettings', JSON.stringify({ ...settings, slot, hostName: host.name }));
  await check(next);
  await vi.waitFor(() => expect(next.state.group?.name).toBe('office'), soon);
  expect(next.state.stage).toBe('vms');
});
