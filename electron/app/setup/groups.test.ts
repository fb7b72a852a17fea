import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { FailureError } from '../../../agent/protocol/failure.ts';
import { readInventory } from '../../backend/inventory/inventory.ts';
import { connect, groupId, playGroup } from './testing/playedGroup.ts';
import { cleanUp, codeOf, folder, later, play, SetupBench, soon } from './testing/setupBench.ts';

afterEach(cleanUp);

const vmId = (digit: number): string => `${String(digit).repeat(8)}-0000-4000-8000-000000000000`;
const domain = (name: string, digit: number, cache = " cache='none'"): string => `<domain type='kvm'>
  <name>${name}</name>
  <uuid>${vmId(digit)}</uuid>
  <memory unit='MiB'>20480</memory>
  <vcpu>2</vcpu>
  <os><type machine='pc'>hvm</type></os>
  <cpu mode='custom'/>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu'${cache}/>
      <source file='/srv/vms/${name}.qcow2'/>
      <target dev='vda'/>
    </disk>
  </devices>
</domain>`;

test('a group that exists is joined through one host; the other is found and its key asked about', async () => {
  const at = folder();
  const group = await playGroup(at);
  const bench = new SetupBench(at);
  await connect(bench, group);
  const { groups, hosts } = readInventory(join(at, 'inventory.json'));
  expect(groups).toMatchObject([
    {
      name: 'office',
      groupId,
      hosts: [
        { name: 'alpha', slot: 0 },
        { name: 'beta', slot: 1 },
      ],
    },
  ]);
  expect(hosts.map(({ name, address }) => [name, address])).toEqual([
    ['alpha', '127.0.0.1'],
    ['beta', '127.0.0.2'],
  ]);
  await vi.waitFor(
    () =>
      expect(bench.app.feeds.latest('groups.views')?.[0]?.hosts.map((host) => host.console.kind)).toEqual([
        'connected',
        'connected',
      ]),
    soon,
  );
  expect(bench.app.feeds.latest('prompts.open')).toEqual([]);
  expect(bench.state.stage).toBe('vms');
});

test('a host without a group, or with a damaged one, is nothing to connect to', async () => {
  const at = folder();
  const bench = new SetupBench(at);
  await bench.app.handlers['setup.begin']({ kind: 'connect', resume: null });
  const host = await play('alpha');
  const tried = bench.add(host);
  expect(await codeOf(tried)).toEqual({ code: 'setup.no-group-there', field: 'address' });
  const group = await playGroup(at);
  const { intercept } = group.hosts[0];
  group.hosts[0].intercept = (script) =>
    script.includes('cat /etc/understudy/group.json')
      ? { exitCode: 0, stdout: '{"groupId": 7' }
      : (intercept?.(script) ?? null);
  expect(await codeOf(bench.add(group.hosts[0]))).toEqual({
    code: 'setup.group-unreadable',
    field: 'address',
  });
  expect(readInventory(join(at, 'inventory.json')).hosts).toEqual([]);
});

test('VMs of all hosts are listed with their reasons, predicted, and protected at once with a result each', async () => {
  const at = folder();
  const group = await playGroup(at);
  const [alpha, beta] = group.hosts;
  alpha.domains.set('web', domain('web', 1)).set('mail', domain('mail', 2));
  beta.domains.set('erp', domain('erp', 3, ''));
  const bench = new SetupBench(at);
  await connect(bench, group);
  await bench.app.handlers['pairs.refresh']({ groupId });
  const rows = await vi.waitFor(() => {
    const view = bench.app.feeds.latest('pairs.views')?.[0];
    if (view === undefined || view.running) throw new Error('not listed yet');
    return view.rows;
  }, soon);
  expect(rows.map(({ name, host, running, reasons }) => [name, host, running, reasons?.length])).toEqual([
    ['erp', 'beta', true, 1],
    ['mail', 'alpha', true, 0],
    ['web', 'alpha', true, 0],
  ]);
  expect(rows[0]?.reasons?.[0]).toMatchObject({
    blocking: true,
    failure: { code: 'vm.cache-mode' },
    fix: { id: 'cache:vda' },
  });
  const choice = (digit: number, order: number) => ({ vmId: vmId(digit), hosts: ['alpha', 'beta'], order });
  const prediction = await bench.app.handlers['pairs.predict']({
    groupId,
    choices: [choice(1, 1), choice(2, 2)],
  });
  expect(prediction.ifHostFails[0]).toMatchObject({ host: 'alpha', fits: false, left: ['mail'] });
  expect(prediction.ifHostFails[0]?.sentence).toContain('no room for mail');
  group.refusals.set('protect', ({ vm }) =>
    vm === 'mail' ? new FailureError({ code: 'vm.cache-mode', message: 'mail caches.' }) : null,
  );
  const { workId } = await bench.app.handlers['pairs.protect']({
    groupId,
    choices: [choice(1, 1), choice(2, 2)],
    policy: { maxRestarts: 1 },
  });
  const work = await bench.done(workId);
  expect(work).toMatchObject({ state: 'failed', failure: { code: 'setup.some-refused' } });
  expect(work.steps.map(({ title, state, failure }) => [title, state, failure?.code ?? null])).toEqual([
    ['web', 'done', null],
    ['mail', 'failed', 'vm.cache-mode'],
  ]);
  expect(group.asked.find(({ method }) => method === 'protect')).toEqual({
    host: 'alpha',
    method: 'protect',
    params: { vm: 'web', hosts: ['alpha', 'beta'], policy: { maxRestarts: 1, order: 1 } },
  });
});

test('new hardware takes the place of a lost host under its name, and a cut is gone on with', async () => {
  const at = folder();
  const group = await playGroup(at);
  const bench = new SetupBench(at);
  await connect(bench, group);
  group.hosts[1].server.cutAll();
  const fresh = await play('gamma');
  fresh.installed = true;
  const header = { areaId: group.config.areaId, groupId, blockBytes: 4096, hostSlots: 8, tokenSlots: 64 };
  fresh.probes.set('inspect', () => ({ area: { kind: 'area', header, config: group.config } }));
  fresh.facts.set('@addresses', 'eth0 inet 127.0.0.9/24');
  const replace = async (): Promise<string> => {
    const begun = bench.app.handlers['hosts.replace']({ groupId, host: 'beta', input: fresh.input });
    await bench.answer({ kind: 'accept' });
    return (await begun).workId;
  };
  fresh.intercept = (script) =>
    script.includes('systemctl start') ? { exitCode: 1, stderr: 'no such unit' } : null;
  const workId = await replace();
  expect(await bench.done(workId)).toMatchObject({
    state: 'failed',
    failure: { code: 'group.start-failed' },
  });
  expect(group.config.hosts.map(({ name, slot }) => [name, slot])).toEqual([
    ['alpha', 0],
    ['beta', 2],
  ]);
  fresh.intercept = null;
  const again = await replace();
  expect(await bench.done(again)).toMatchObject({ kind: 'replace', state: 'done' });
  expect(group.asked.filter(({ method }) => method === 'group.replaceHost')).toHaveLength(1);
  expect(fresh.changes.some((script) => script.includes('/etc/understudy/host.json'))).toBe(true);
  const { groups, hosts } = readInventory(join(at, 'inventory.json'));
  expect(groups[0]?.hosts).toEqual([
    { name: 'alpha', slot: 0 },
    { name: 'beta', slot: 2 },
  ]);
  expect(hosts.find(({ name }) => name === 'beta')?.port).toBe(fresh.input.port);
});

test('a host is uninstalled, and the others take it out of the group', async () => {
  const at = folder();
  const group = await playGroup(at);
  const bench = new SetupBench(at);
  await connect(bench, group);
  const plan = await bench.app.handlers['hosts.planUninstall']({ host: 'beta' });
  expect(plan.changes.every(({ needed }) => needed)).toBe(true);
  expect(plan.changes.at(-1)?.changes).toContain('/etc/understudy');
  expect(group.hosts[1].changes).toEqual([]);
  const { workId } = await bench.app.handlers['hosts.uninstall']({ host: 'beta', deleteArea: false });
  expect((await bench.done(workId)).failure).toBeNull();
  expect(group.config.hosts.map(({ name }) => name)).toEqual(['alpha']);
  expect(readInventory(join(at, 'inventory.json')).groups[0]?.hosts).toEqual([{ name: 'alpha', slot: 0 }]);
});

test('a group is checked by itself some time after it was opened, and again every day', async () => {
  const at = folder();
  const group = await playGroup(at);
  const bench = new SetupBench(at);
  await connect(bench, group);
  const reportOf = () =>
    bench.app.feeds.latest('checks.reports')?.find((report) => report.groupId === groupId);
  await vi.waitFor(() => expect(reportOf()?.nextAt).toBeGreaterThan(0), soon);
  expect(reportOf()).toMatchObject({ lines: [], finishedAt: null });
  const date = vi.useFakeTimers({ toFake: ['Date'] });
  later(() => void date.useRealTimers());
  for (const _ of ['the first', 'the next day']) {
    const before = reportOf()?.finishedAt ?? null;
    date.setSystemTime((reportOf()?.nextAt ?? 0) + 1);
    await vi.waitFor(() => expect(reportOf()?.finishedAt ?? null).not.toBe(before), soon);
    expect((reportOf()?.nextAt ?? 0) - (reportOf()?.finishedAt ?? 0)).toBe(86_400_000);
  }
  expect(reportOf()?.failures).toEqual([]);
  expect(reportOf()?.lines.length).toBeGreaterThan(10);
});
