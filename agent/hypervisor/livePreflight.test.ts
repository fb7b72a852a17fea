import { expect, test } from 'vitest';
import type { DiskDescription, DomainDescription } from '../core/engine/description.ts';
import { cpuOf, emulatorOf } from './domainXml.ts';
import { againstArriving, againstLeaving, type TargetFacts } from './livePreflight.ts';

const disk: DiskDescription = {
  target: 'vda',
  device: 'disk',
  source: 'file',
  path: '/srv/store/web.raw',
  cache: 'none',
  io: 'threads',
  readOnly: false,
  placement: 'store',
};
const web: DomainDescription = {
  vm: 'aaaaaaaa-0000-4000-8000-000000000001',
  name: 'web',
  memoryMiB: 128,
  machine: 'pc-q35-8.2',
  emulator: '/usr/bin/qemu-system-x86_64',
  cpuMode: 'custom',
  autostart: false,
  disks: [disk],
  interfaces: [{ type: 'bridge', source: 'br0' }],
  hostDevices: [],
  hasHeartbeat: false,
  hasSnapshots: false,
};
const places = { bridges: ['br0'], networks: ['default'] };
const fine: TargetFacts = { emulatorProblem: null, machineProblem: null, cpu: 'fits', places };
const cdrom = (source: 'file' | 'empty', placement: DiskDescription['placement']): DiskDescription => ({
  ...disk,
  target: 'sda',
  device: 'cdrom',
  source,
  path: source === 'empty' ? '' : '/tmp/debian.iso',
  readOnly: true,
  placement,
});

test('nothing speaks against a guest on the store, with an empty drive or one whose medium is on the store', () => {
  const vm = { ...web, disks: [disk, cdrom('empty', 'local'), cdrom('file', 'store')] };
  expect(againstLeaving(vm, places)).toEqual([]);
  expect(againstArriving(vm, 'beta', fine)).toEqual([]);
});

test.each<[string, Partial<DomainDescription>, string, string]>([
  ['a local ISO', { disks: [disk, cdrom('file', 'local')] }, 'vm.local-medium', '/tmp/debian.iso'],
  ['a local disk', { disks: [{ ...disk, placement: 'local' }] }, 'vm.local-disk', 'web.raw'],
  ['a device of the host', { hostDevices: ['hostdev'] }, 'vm.host-device', 'hostdev'],
  ['snapshots', { hasSnapshots: true }, 'vm.snapshots-stay', 'snapshots of web'],
])('%s keeps it here, and is named', (_what, change, code, words) => {
  const [found, ...more] = againstLeaving({ ...web, ...change }, places);
  expect(more).toEqual([]);
  expect(found?.code).toBe(code);
  expect(found?.message).toContain(words);
  expect(found?.fix).toBeTruthy();
});

test.each<[string, Partial<TargetFacts>, string, string]>([
  ['the emulator', { emulatorProblem: 'no such file' }, 'vm.emulator-not-there', 'qemu-system-x86_64'],
  ['the machine type', { machineProblem: 'unsupported' }, 'vm.machine-not-there', 'pc-q35-8.2'],
  ['the processor', { cpu: 'differs' }, 'vm.cpu-not-there', 'The processor of beta'],
  [
    'a bridge',
    { places: { bridges: [], networks: [] } },
    'vm.bridge-not-there',
    '"br0", which is not on beta',
  ],
])('%s that the other host lacks is named with that host', (_what, change, code, words) => {
  const found = againstArriving(web, 'beta', { ...fine, ...change });
  expect(found.map((one) => one.code)).toEqual([code]);
  expect(found[0]?.message).toContain(words);
});

test('storage that is not mounted there is named', () => {
  const found = againstArriving({ ...web, disks: [{ ...disk, placement: 'local' }] }, 'beta', fine);
  expect(found.map((one) => one.code)).toEqual(['vm.disk-not-there']);
});

test('what nobody can compare stops nothing: the move itself will tell', () => {
  expect(againstArriving(web, 'beta', { ...fine, cpu: null })).toEqual([]);
});

test('the processor is taken out of a definition as it stands there, and out of what a host tells', () => {
  const named =
    "<cpu mode='custom' match='exact'>\n<model>qemu64</model><feature policy='require' name='x'/></cpu>";
  const domain = `<domain type='kvm'><cputune><shares>1</shares></cputune>${named}<devices/></domain>`;
  expect(cpuOf(domain)).toBe(named);
  expect(cpuOf("<domain><cpu mode='host-passthrough' check='none'/><devices/></domain>")).toBe(
    "<cpu mode='host-passthrough' check='none'/>",
  );
  expect(cpuOf('<domain><cputune/><devices/></domain>')).toBeNull();
});

test('libvirt is asked about the emulator that the guest has, and of nothing that it does not name', () => {
  const os = "<os><type arch='x86_64' machine='pc'>hvm</type></os>";
  const full = `<domain type='kvm'><name>web</name>${os}<devices><emulator>/usr/bin/qemu</emulator></devices></domain>`;
  expect(emulatorOf(full)).toEqual({
    emulator: '/usr/bin/qemu',
    architecture: 'x86_64',
    machine: 'pc',
    virtualization: 'kvm',
  });
  expect(emulatorOf('<domain><os><type>hvm</type></os><devices/></domain>')).toEqual({});
});
