import { expect, test } from 'vitest';
import { checkDomain, drainMethod } from '../core/engine/checks.ts';
import { beatSocket, describeDomain, domainFiles } from './domainXml.ts';
import { parseMounts, placements } from './places.ts';

const MOUNTS = parseMounts(
  [
    '22 1 8:1 / / rw - ext4 /dev/sda1 rw',
    '40 22 0:50 / /srv/store rw shared:1 - nfs4 nas:/vol rw',
    '41 22 0:51 / /srv/other\\040disk rw - ext4 /dev/sdb1 rw',
    '42 22 0:52 / /srv/second rw - nfs4 nas:/two rw',
  ].join('\n'),
);
const placementOf = placements('/srv/store/understudy/area', MOUNTS);
const places = { bridges: ['br0'], networks: ['default'] };

const xml = (
  devices: string,
  rest = '',
  emulator = '/usr/bin/qemu-system-x86_64',
): string => `<domain type='kvm'><name>web</name>
  <uuid>7D8F3C52-0A1B-4C2D-8E3F-000000000001</uuid><memory unit='GiB'>2</memory>
  <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>${rest}<devices><emulator>${emulator}</emulator>${devices}</devices></domain>`;

const disk = (driver: string, file = '/srv/store/web.raw'): string =>
  `<disk type='file' device='disk'><driver name='qemu' type='raw' ${driver}/><source file='${file}'/>
   <target dev='vda' bus='virtio'/></disk>`;

const describe = (devices: string, rest = '') =>
  describeDomain(xml(devices, rest), { autostart: false, hasSnapshots: false, placementOf });

const codes = (devices: string, rest = ''): string[] =>
  checkDomain(describe(devices, rest), places).map((finding) => finding.failure.code);

test('a domain on the store with a safe cache mode may be protected', () => {
  const devices = `${disk("cache='none' io='native'")}<interface type='bridge'><source bridge='br0'/></interface>`;
  expect(describe(devices)).toMatchObject({
    vm: '7d8f3c52-0a1b-4c2d-8e3f-000000000001',
    memoryMiB: 2048,
    machine: 'pc-q35-7.2',
    disks: [{ target: 'vda', source: 'file', placement: 'store', cache: 'none', io: 'native' }],
  });
  expect(codes(devices)).toEqual([]);
});

test.each([
  ['a cache in memory', disk("cache='writeback'"), 'vm.cache-mode'],
  ['no cache mode given', disk(''), 'vm.cache-mode'],
  ['io_uring', disk("cache='none' io='io_uring'"), 'vm.io-mode'],
  ['a local disk', disk("cache='none'", '/var/lib/libvirt/images/a.raw'), 'vm.local-disk'],
  ['a disk on a local mount below', disk("cache='none'", '/srv/other disk/a.raw'), 'vm.local-disk'],
  [
    'a device name of this host only',
    "<disk type='block' device='disk'><driver cache='none'/><source dev='/dev/sdb'/><target dev='vda'/></disk>",
    'vm.local-disk',
  ],
  [
    'a local ISO',
    "<disk type='file' device='cdrom'><source file='/tmp/a.iso'/><target dev='sda'/><readonly/></disk>",
    'vm.local-medium',
  ],
  ['a passed-through device', "<hostdev mode='subsystem' type='pci'/>", 'vm.host-device'],
  ['a shared folder of the host', "<filesystem type='mount'/>", 'vm.host-device'],
  [
    'a bridge that is not here',
    "<interface type='bridge'><source bridge='br9'/></interface>",
    'vm.bridge-missing',
  ],
  [
    'a network that is not here',
    "<interface type='network'><source network='x'/></interface>",
    'vm.network-missing',
  ],
])('%s keeps a VM from being protected', (_name, devices, code) => {
  expect(codes(devices)).toContain(code);
});

test('a program that the keeper would not find keeps a VM from being protected', () => {
  const text = xml('', '', '/opt/vendor/emulator');
  const description = describeDomain(text, { autostart: false, hasSnapshots: false, placementOf });
  expect(checkDomain(description, places).map((one) => one.failure.code)).toEqual(['vm.emulator-name']);
});

test('an empty drive, a LUN by a common name and another shared mount are no obstacle', () => {
  expect(
    codes(
      `<disk type='file' device='cdrom'><target dev='sda'/><readonly/></disk>
       <disk type='block' device='disk'><driver cache='none'/><source dev='/dev/disk/by-id/wwn-1'/><target dev='vda'/></disk>
       ${disk("cache='directsync'", '/srv/second/b.raw')}`,
    ),
  ).toEqual([]);
});

test('only block devices that all use Linux AIO are drained by the end of their process alone', () => {
  const lun = (io: string): string =>
    `<disk type='block' device='disk'><driver cache='none' io='${io}'/><source dev='/dev/mapper/a'/><target dev='vdb'/></disk>`;
  expect(drainMethod(describe(lun('native')))).toBe('exit-waits');
  expect(drainMethod(describe(lun('threads')))).toBe('threads-stopped');
  expect(drainMethod(describe(lun('native') + disk("cache='none' io='native'")))).toBe('threads-stopped');
  expect(drainMethod(describe(disk("cache='none' io='native'")))).toBe('threads-stopped');
  expect(drainMethod(describe(disk("cache='none'")))).toBe('threads-stopped');
  expect(drainMethod(describe(disk("cache='none' io='native'") + disk("cache='none' io='threads'")))).toBe(
    'threads-stopped',
  );
});

test('UEFI variables and an emulated TPM are found', () => {
  const uefi = "<os><nvram template='/usr/share/x'>/var/lib/libvirt/qemu/nvram/web.fd</nvram></os>";
  const text = xml("<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>").replace(
    /<os>.*<\/os>/s,
    uefi,
  );
  expect(domainFiles(text)).toEqual({ nvram: '/var/lib/libvirt/qemu/nvram/web.fd', hasEmulatedTpm: true });
  expect(domainFiles(xml(''))).toEqual({ nvram: null, hasEmulatedTpm: false });
});

test.each(['', 'not xml', '<network/>', '<domain'])('what is no domain is refused: %j', (text) => {
  expect(() => describeDomain(text, { autostart: false, hasSnapshots: false, placementOf })).toThrow(
    /definition|domain|XML|tag/i,
  );
});

test('a heartbeat channel counts when QEMU serves it on a socket', () => {
  const channel = (type: string, source: string, name = 'org.understudy.heartbeat.0'): string =>
    `<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
     <channel type='${type}'>${source}<target type='virtio' name='${name}'/></channel>`;
  const live = channel('unix', "<source mode='bind' path='/run/libvirt/qemu/channel/1-web/beat'/>");
  expect(describe(live).hasHeartbeat).toBe(true);
  expect(beatSocket(xml(live))).toBe('/run/libvirt/qemu/channel/1-web/beat');
  // As it is stored: libvirt chooses the path at the start.
  expect(describe(channel('unix', '')).hasHeartbeat).toBe(true);
  expect(beatSocket(xml(channel('unix', '')))).toBeNull();
  for (const other of [
    '',
    channel('unix', "<source mode='connect' path='/run/elsewhere'/>"),
    channel('spicevmc', ''),
    channel('unix', '', 'com.redhat.spice.0'),
  ]) {
    expect(describe(other).hasHeartbeat).toBe(false);
    expect(beatSocket(xml(other))).toBeNull();
  }
});
