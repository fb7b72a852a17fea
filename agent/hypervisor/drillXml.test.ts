import { expect, test } from 'vitest';
import { copyOrder, disksToCopy, drillDefinition, drillName, isDrill } from './drillXml.ts';

const UUID = 'aaaaaaaa-0000-4000-8000-000000000009';
const disk = `<disk type='file' device='disk'><driver name='qemu' type='raw' cache='none'/><source file='/srv/store/web.raw'/>
  <backingStore/><target dev='vda' bus='virtio'/><serial>a&amp;b</serial><address type='pci' bus='0x04'/></disk>`;

const domain = (
  devices: string,
  rest = '',
): string => `<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>web</name><uuid>7d8f3c52-0a1b-4c2d-8e3f-000000000001</uuid><title>Web</title><memory unit='MiB'>64</memory>
  <vcpu placement='static' cpuset='1-3' current='2'>4</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type><loader readonly='yes' type='pflash'>/code.fd</loader>
  <nvram template='/vars.fd'>/var/lib/libvirt/qemu/nvram/web_VARS.fd</nvram><smbios mode='sysinfo'/></os>${rest}
  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>${devices}</devices></domain>`;

const drilled = (
  devices: string,
  rest = '',
  disks: readonly (readonly [string, string])[] = [['vda', '/d/vda.qcow2']],
) =>
  drillDefinition(domain(disk + devices, rest), {
    uuid: UUID,
    original: 'web & co',
    disks: new Map(disks),
    nvram: '/var/lib/libvirt/qemu/nvram/drill.fd',
  });

test('a copy has its own name, uuid, disks and UEFI variables, and nothing of the VM', () => {
  const xml = drilled('');
  expect(xml).toContain(`<name>understudy-drill-${UUID}</name><uuid>${UUID}</uuid>`);
  expect(xml).toContain('<source file="/d/vda.qcow2"/>');
  expect(xml).toContain('>/var/lib/libvirt/qemu/nvram/drill.fd</nvram>');
  expect(xml).toContain('a drill of web &amp; co'.replace('a drill', 'A drill'));
  for (const of of ['7d8f3c52', '<name>web', 'web.raw', 'web_VARS', 'sysinfo', 'cpuset', 'qemu:'])
    expect(xml).not.toContain(of);
  expect(xml).toContain('<serial>a&amp;b</serial>');
  expect(xml).toContain('<vcpu current="2">4</vcpu>');
});

test.each([
  [
    'a bridge',
    "<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/><model type='virtio'/></interface>",
  ],
  ['a network', "<interface type='network'><source network='default'/></interface>"],
  ['the host itself', "<interface type='user'/>"],
  [
    'a device of the host',
    "<interface type='hostdev'><source><address type='pci' bus='0x01'/></source></interface>",
  ],
  ['a device on the network', "<interface type='direct'><source dev='eth0' mode='bridge'/></interface>"],
])('a network card on %s is there, joined to nothing, with its cable out', (_what, card) => {
  const xml = drilled(card);
  expect(xml).toMatch(
    /<interface type="ethernet">(<mac [^>]*>)?(<model [^>]*>)?<link state="down"\/><\/interface>/,
  );
  expect(xml).not.toMatch(/br0|default|user|hostdev|eth0|source (bridge|network|dev)/);
});

test.each([
  [
    'a device of the host',
    "<hostdev mode='subsystem' type='pci'><source><address bus='0x02'/></source></hostdev>",
  ],
  ['a folder of the host', "<filesystem type='mount'><source dir='/srv'/><target dir='x'/></filesystem>"],
  ['a screen on the network', "<graphics type='vnc' port='5900' listen='0.0.0.0'/>"],
  [
    'a socket',
    "<channel type='unix'><source mode='bind' path='/run/x'/><target type='virtio' name='org.x'/></channel>",
  ],
  ['a key of the host', "<input type='evdev'><source dev='/dev/input/event1'/></input>"],
  [
    'randomness from the network',
    "<rng model='virtio'><backend model='egd' type='udp'><source host='192.0.2.1'/></backend></rng>",
  ],
  [
    'USB from elsewhere',
    "<redirdev bus='usb' type='tcp'><source host='192.0.2.1' service='4000'/></redirdev>",
  ],
  ['shared memory', "<shmem name='x'/>"],
  [
    'a TPM of the host',
    "<tpm model='tpm-tis'><backend type='passthrough'><device path='/dev/tpm0'/></backend></tpm>",
  ],
  ['a vsock', "<vsock model='virtio'><cid auto='no' address='3'/></vsock>"],
  ['what is not known yet', "<teleporter to='192.0.2.1'/>"],
])('%s is left out', (_what, device) => {
  expect(drilled(device)).toBe(drilled(''));
});

test.each([
  ['options for QEMU itself', "<qemu:commandline><qemu:arg value='-netdev'/></qemu:commandline>"],
  ['notes of programs', "<metadata><x:y xmlns:x='http://x'/></metadata>"],
  ['a security label', "<seclabel type='none'/>"],
  ['a slice of the host', '<resource><partition>/x</partition></resource>'],
])('%s are left out', (_what, element) => {
  expect(drilled('', element)).toBe(drilled(''));
});

test('a console has no file, the agent channel no path, the watchdog no bite, the drive no medium', () => {
  const xml =
    drilled(`<serial type='tcp'><source mode='bind' host='0.0.0.0' service='1'/><log file='/var/log/x'/><target port='0'/></serial>
    <channel type='unix'><source mode='bind' path='/run/ga'/><target type='virtio' name='org.qemu.guest_agent.0' state='connected'/></channel>
    <watchdog model='i6300esb' action='reset'/>
    <disk type='file' device='cdrom'><source file='/srv/store/x.iso'/><target dev='sda' bus='sata'/><readonly/></disk>`);
  expect(xml).toContain('<serial type="pty"><target port="0"/></serial>');
  expect(xml).toContain(
    '<channel type="unix"><target type="virtio" name="org.qemu.guest_agent.0"/></channel>',
  );
  expect(xml).toContain('<watchdog model="i6300esb" action="none"/>');
  expect(xml).toContain('<disk type="file" device="cdrom"><target dev="sda" bus="sata"/><readonly/></disk>');
});

test('a disk without a copy is no drill: the copy would write to the disk of the VM', () => {
  expect(() => drilled('', '', [])).toThrow('no copy of the disk vda');
  expect(() => drilled(disk.replace('vda', 'vdb'))).toThrow('no copy of the disk vdb');
});

test('libvirt is told which disks to copy, and into which files', () => {
  const xml = domain(`${disk}<disk type='file' device='cdrom'><target dev='sda'/></disk>`);
  expect(disksToCopy(xml)).toEqual({ targets: ['vda'], problem: null });
  expect(copyOrder(xml, new Map([['vda', "/srv/a'b&c/vda.qcow2"]]))).toBe(
    '<domainbackup mode="push"><disks><disk name="vda" backup="yes" type="file"><driver type="qcow2"/>' +
      '<target file="/srv/a&apos;b&amp;c/vda.qcow2"/></disk><disk name="sda" backup="no"/></disks></domainbackup>',
  );
});

test.each([
  ['handed over whole', "<disk type='block' device='lun'><source dev='/dev/x'/><target dev='sda'/></disk>"],
  ['encrypted', disk.replace('<backingStore/>', "<encryption format='luks'/>")],
  [
    'encrypted below',
    disk.replace(
      "<source file='/srv/store/web.raw'/>",
      "<source file='/x'><encryption format='luks'/></source>",
    ),
  ],
  ['not there', ''],
])('a VM whose disk is %s is not drilled', (_what, devices) => {
  expect(disksToCopy(domain(devices)).problem).not.toBeNull();
});

test('only a domain that has its own uuid in its name is a copy', () => {
  expect(isDrill({ name: drillName(UUID), uuid: UUID.toUpperCase() })).toBe(true);
  expect(isDrill({ name: drillName(UUID), uuid: '7d8f3c52-0a1b-4c2d-8e3f-000000000001' })).toBe(false);
  expect(isDrill({ name: 'understudy-drill-mine', uuid: UUID })).toBe(false);
});

test('what is no definition is refused', () => {
  expect(() => disksToCopy('<x/>')).toThrow('not the definition');
  expect(() => disksToCopy('x'.repeat(5_000_000))).toThrow('5000000 characters');
});
