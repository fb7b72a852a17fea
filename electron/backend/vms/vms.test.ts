import { expect, test } from 'vitest';
import type { CommandResult } from '../ssh/collect.ts';
import type { HostSession, RootRun } from '../ssh/session.ts';
import { applyVmFix } from './applyFix.ts';
import { withCpu, withDiskDriver } from './domainEdit.ts';
import { hereSession } from '../testing/hereSession.ts';
import { type HostVms, type ListedVm, listVms, parseVms } from './listVms.ts';
import { vmReasons } from './reasons.ts';

const uuid = (digit: number): string => `${String(digit).repeat(8)}-0000-4000-8000-000000000000`;

const domain = (more: string, name = 'web'): string => `<!--
WARNING: THIS IS AN AUTO-GENERATED FILE.
-->
<domain type='kvm'>
  <name>${name}</name>
  <uuid>${uuid(1)}</uuid>
  <memory unit='KiB'>2097152</memory>
  <vcpu placement='static'>2</vcpu>
  <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
  <cpu mode='host-passthrough' check='none'>
    <topology sockets='1' cores='2' threads='1'/>
  </cpu>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    ${more}
  </devices>
</domain>`;

const storeDisk = `<disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none'/>
      <source file='/srv/vms/web.qcow2'/>
      <target dev='vda' bus='virtio'/>
    </disk>`;

const output = (xml: string, bridges = 'br0 1', networks = 'default', started = networks): string =>
  [
    '@memory\n|MemTotal 8388608\n|MemAvailable 4194304',
    '@mounts\n|36 35 98:0 / /srv/vms rw shared:1 - nfs4 nas:/vms rw\n|1 1 8:1 / / rw - ext4 /dev/sda1 rw',
    `@bridges\n|${bridges}`,
    `@networks\n|${networks}`,
    `@started\n|${started}`,
    '@running\n|web',
    '@autostart',
    '@snapshots',
    `@xml web\n${xml.replaceAll(/^/gm, '|')}`,
    '@end\n',
  ].join('\n');

const empty = (host: string, bridges = 'br0 1', networks = 'default'): HostVms => ({
  ...parseVms(host, output('', bridges, networks), '/srv/vms/understudy.area'),
  vms: [],
});

function only(xml: string): { readonly own: HostVms; readonly vm: ListedVm } {
  const own = parseVms('alpha', output(xml), '/srv/vms/understudy.area');
  const [vm] = own.vms;
  if (vm === undefined) throw new Error('no VM');
  return { own, vm };
}

const reasons = (xml: string, others: readonly HostVms[] = [empty('beta')], models = ['X', 'X']) => {
  const { own, vm } = only(xml);
  const cpuModels = new Map(models.map((model, index) => [`h${index}`, model]));
  return vmReasons(vm, own, { hosts: [own, ...others], cpuModels, storeFolder: '/srv/vms' });
};

test('a listing tells VMs, memory, bridges and networks; a definition that is none is left out', () => {
  const { own, vm } = only(domain(storeDisk));
  expect(own).toMatchObject({
    memoryTotalMiB: 8192,
    memoryFreeMiB: 4096,
    bridges: [{ name: 'br0', hasUplink: true }],
  });
  expect(vm).toMatchObject({ running: true, vcpus: 2, description: { vm: uuid(1), memoryMiB: 2048 } });
  expect(parseVms('alpha', output('<domain><broken'), '/x').vms).toEqual([]);
  expect(() => parseVms('alpha', '@memory\n', '/x')).toThrowError(/did not tell all/);
});

test('the listing runs in a plain sh, whatever this machine has', async () => {
  const here = await listVms(hereSession, '/srv/vms/understudy.area');
  expect(here.memoryTotalMiB).toBeGreaterThan(0);
  expect(here.memoryFreeMiB).toBeGreaterThan(0);
});

test('a good VM has no reason', () => {
  expect(reasons(domain(storeDisk))).toEqual([]);
});

test('each reason that can be mended from here has its own fix, and no other', () => {
  const iso = `<disk type='file' device='cdrom'><source file='/home/me/setup.iso'/><target dev='sda'/><readonly/></disk>`;
  const cached = storeDisk.replace(" cache='none'", '').replace('vda', 'vdb');
  const found = reasons(
    domain(`${storeDisk}${cached}${iso}
    <interface type='network'><source network='lan'/></interface>
    <interface type='bridge'><source bridge='br7'/></interface>`),
  ).map(({ failure, blocking, fix }) => [failure.code, blocking, fix?.id ?? null]);
  expect(found).toEqual([
    ['vm.cache-mode', true, 'cache:vdb'],
    ['vm.local-medium', true, 'eject:sda'],
    ['vm.network-missing', true, null],
    ['vm.bridge-missing', true, null],
    ['vm.network-missing-there', true, null],
    ['vm.bridge-missing-there', true, null],
  ]);
});

test('a local disk says how to move it, and a bridge that leads out of the host is not made elsewhere', () => {
  const local = storeDisk.replace('/srv/vms/', '/var/lib/libvirt/images/');
  const nic = `<interface type='bridge'><source bridge='br0'/></interface>`;
  const [disk, bridge] = reasons(domain(`${local}${nic}`), [empty('beta', 'br9 1')]);
  expect(disk).toMatchObject({
    failure: { code: 'vm.local-disk', fix: expect.stringContaining('Shut web down') },
    fix: null,
  });
  expect(bridge).toMatchObject({ failure: { code: 'vm.bridge-missing-there', field: 'beta' }, fix: null });
});

test('the local disk of a VM that is off can be moved to the store, one with snapshots or on a LUN can not', () => {
  const local = domain(storeDisk.replace('/srv/vms/', '/var/lib/libvirt/images/'));
  const found = (text: string, storeFolder: string | null) => {
    const own = parseVms('alpha', text, '/srv/vms/understudy.area');
    const [vm] = own.vms;
    if (vm === undefined) throw new Error('no VM');
    return vmReasons(vm, own, { hosts: [own, empty('beta')], cpuModels: new Map(), storeFolder })[0]?.fix;
  };
  const off = output(local).replace('@running\n|web', '@running');
  expect(found(off, '/srv/vms')?.action).toEqual({
    kind: 'move-disk',
    move: {
      vmId: uuid(1),
      target: 'vda',
      from: '/var/lib/libvirt/images/web.qcow2',
      to: '/srv/vms/web.qcow2',
    },
  });
  expect(found(off, '/srv/vms')?.consequence).toContain('The old file stays');
  expect(found(off, null)).toBeNull();
  expect(found(off.replace('@snapshots', '@snapshots\n|web'), '/srv/vms')).toBeNull();
});

test('a network, and a bridge without a way out, can be created on the other host', () => {
  const nets = `<interface type='network'><source network='default'/></interface>`;
  expect(reasons(domain(storeDisk + nets), [empty('beta', 'br0 1', 'other')])[0]?.fix?.action).toEqual({
    kind: 'copy-network',
    network: 'default',
    to: 'beta',
  });
  const xml = domain(`${storeDisk}<interface type='bridge'><source bridge='lab'/></interface>`);
  const own = parseVms('alpha', output(xml, 'lab 0'), '/srv/vms/area');
  const [vm] = own.vms;
  if (vm === undefined) throw new Error('no VM');
  const [bridge] = vmReasons(vm, own, {
    hosts: [own, empty('beta')],
    cpuModels: new Map(),
    storeFolder: '/srv/vms',
  });
  expect(bridge?.fix?.action).toEqual({ kind: 'make-bridge', bridge: 'lab', to: 'beta' });
});

test('a network that is there and not started is started, on whichever host', () => {
  const xml = domain(`${storeDisk}<interface type='network'><source network='default'/></interface>`);
  const own = parseVms('alpha', output(xml, 'br0 1', 'default', ''), '/srv/vms/area');
  const beta = { ...parseVms('beta', output('', 'br0 1', 'default', ''), '/srv/vms/area'), vms: [] };
  const [vm] = own.vms;
  if (vm === undefined) throw new Error('no VM');
  const found = vmReasons(vm, own, { hosts: [own, beta], cpuModels: new Map(), storeFolder: null });
  expect(found.map(({ failure, fix }) => [failure.message, fix?.action])).toEqual([
    [
      'web uses the network "default", which is not started on alpha.',
      { kind: 'start-network', network: 'default', on: 'alpha' },
    ],
    [
      'web uses the network "default", which is not started on beta.',
      { kind: 'start-network', network: 'default', on: 'beta' },
    ],
  ]);
});

test('the CPU of the host matters only where the hosts differ', () => {
  expect(reasons(domain(storeDisk), [empty('beta')], ['X', 'Y']).map(({ fix }) => fix?.id)).toEqual(['cpu']);
  const large = domain(storeDisk).replace('2097152', '16777216');
  expect(reasons(large)[0]).toMatchObject({ blocking: false, failure: { code: 'vm.too-large-there' } });
});

test('an edit changes its one attribute and nothing else', () => {
  const xml = domain(`${storeDisk}${storeDisk.replace('vda', 'vdb').replace(" cache='none'", '')}`);
  const edited = withDiskDriver(xml, 'vdb', 'cache', 'none') ?? '';
  expect(
    edited.replace(
      "type='qcow2' cache='none'/>\n      <source file='/srv/vms/web.qcow2'/>\n      <target dev='vdb'",
      "type='qcow2'/>\n      <source file='/srv/vms/web.qcow2'/>\n      <target dev='vdb'",
    ),
  ).toBe(xml);
  expect(withDiskDriver(xml, 'vda', 'cache', 'none')).toBe(xml);
  expect(withDiskDriver(xml, 'vda', 'cache', 'writeback')).toContain("cache='writeback'");
  expect(withDiskDriver(xml, 'sdz', 'cache', 'none')).toBeNull();
  const bare = "<disk type='block' device='disk'><source dev='/dev/x'/><target dev='vdc'/></disk>";
  expect(withDiskDriver(bare, 'vdc', 'io', 'threads')).toContain("<driver io='threads'/>");
});

test('another CPU keeps the topology of the present one', () => {
  const cpu = "<cpu mode='custom' match='exact'>\n  <model fallback='forbid'>EPYC</model>\n</cpu>";
  const edited = withCpu(domain(storeDisk), cpu) ?? '';
  expect(edited).toContain("<model fallback='forbid'>EPYC</model>");
  expect(edited).toContain("<topology sockets='1' cores='2' threads='1'/>");
  expect(edited).not.toContain('host-passthrough');
  expect(withCpu('<domain/>', cpu)).toBeNull();
  expect(withCpu(domain(storeDisk), 'error: no')).toBeNull();
});

interface Scripted {
  readonly session: HostSession;
  readonly runs: RootRun[];
}
function scripted(hostName: string, answer: (run: RootRun) => string | null): Scripted {
  const runs: RootRun[] = [];
  const runAsRoot = async (run: RootRun): Promise<CommandResult> => {
    runs.push(run);
    const stdout = answer(run);
    const stderr = stdout === null ? 'error: refused' : '';
    return { exitCode: stdout === null ? 1 : 0, signal: null, stdout: stdout ?? '', stderr };
  };
  return { runs, session: { hostName, runAsRoot } as unknown as HostSession };
}

const watch = { signal: new AbortController().signal, tell: () => undefined };

test('a definition is read, changed and defined again; names never stand in a script', async () => {
  const xml = domain(storeDisk.replace(" cache='none'", ''), 'a;reboot');
  const { session, runs } = scripted('alpha', (run) => (run.script.includes('dumpxml') ? xml : ''));
  const action = { kind: 'disk-driver', target: 'vda', attribute: 'cache', value: 'none' } as const;
  await applyVmFix(action, { vm: 'a;reboot', own: session, all: [session], watch });
  expect(runs[0]?.args).toEqual(['a;reboot']);
  expect(runs.every(({ script }) => !script.includes('reboot'))).toBe(true);
  expect(runs[1]?.stdin).toContain("cache='none'");
});

test('a common CPU is asked of libvirt with what every host offers', async () => {
  const caps =
    "<domainCapabilities><cpu><mode name='host-model' supported='yes'><model>EPYC</model></mode></cpu></domainCapabilities>";
  const cpu = "<cpu mode='custom'><model>EPYC</model></cpu>";
  const alpha = scripted('alpha', (run) => {
    if (run.script.includes('domcapabilities')) return caps;
    if (run.script.includes('baseline')) return cpu;
    return run.script.includes('dumpxml') ? domain(storeDisk) : '';
  });
  const beta = scripted('beta', () => caps);
  await applyVmFix(
    { kind: 'cpu' },
    { vm: 'web', own: alpha.session, all: [alpha.session, beta.session], watch },
  );
  const baseline = alpha.runs.find(({ script }) => script.includes('baseline'));
  expect(JSON.stringify(baseline?.stdin).match(/EPYC/g)).toHaveLength(2);
  expect(alpha.runs.at(-1)?.stdin).toContain('<model>EPYC</model>');
});

test('what libvirt refuses is told in its own words', async () => {
  const { session } = scripted('alpha', () => null);
  const eject = { kind: 'eject', target: 'sda', running: true } as const;
  await expect(applyVmFix(eject, { vm: 'web', own: session, all: [session], watch })).rejects.toMatchObject({
    failure: { code: 'vm.fix-failed', message: expect.stringContaining('refused') },
  });
});
