import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import * as libvirt from './index.ts';
import { type PrivateDaemon, startPrivateDaemon } from './testing/daemon.ts';
import { EventLog } from './testing/eventLog.ts';
import { type GuestOptions, guestXml, writeBootFloppy } from './testing/guests.ts';

let daemon: PrivateDaemon;
let connection: libvirt.Connection;

beforeAll(async () => {
  daemon = await startPrivateDaemon('qemu');
  connection = await libvirt.connect({ socketPath: daemon.socketPath });
});

afterAll(async () => {
  await connection?.close();
  await daemon?.stop();
});

afterEach(async () => {
  for (const domain of await libvirt.listDomains(connection, { active: true })) {
    await libvirt.destroyDomain(connection, domain).catch(() => {});
  }
  for (const domain of await libvirt.listDomains(connection, { active: false })) {
    await libvirt.undefineDomain(connection, domain, { managedSave: true, nvram: 'remove' });
  }
});

const start = async (guest: GuestOptions, options?: libvirt.CreateOptions): Promise<libvirt.Domain> =>
  libvirt.createDomain(connection, await libvirt.defineDomain(connection, guestXml(guest)), options);

const rawDisk = (name: string, sizeBytes: number, folder = daemon.directory): string => {
  const path = join(folder, name);
  writeFileSync(path, '');
  truncateSync(path, sizeBytes);
  return path;
};

const diskXml = (path: string, target: string, bus: string, type = 'raw'): string =>
  `<disk type='file' device='disk'><driver name='qemu' type='${type}' error_policy='stop'/><source file='${path}'/>
   <target dev='${target}' bus='${bus}'/></disk>`;

test('a guest started paused runs nothing until it is resumed', async () => {
  const domain = await start({ name: 'paused' }, { paused: true });
  expect(await libvirt.getDomainState(connection, domain)).toEqual({ state: 'paused', reason: 'user' });
  expect(await libvirt.qemuMonitorCommand(connection, domain, { execute: 'query-status' })).toMatchObject({
    running: false,
  });
  await libvirt.resumeDomain(connection, domain);
  expect(await libvirt.getDomainState(connection, domain)).toEqual({ state: 'running', reason: 'unpaused' });
});

test('reset, reboot, suspend and resume reach the guest', async () => {
  const log = new EventLog<libvirt.DomainEvent>();
  const end = await libvirt.subscribeDomainEvents(connection, ['lifecycle', 'reboot'], log.hear);
  const domain = await start({ name: 'buttons' });
  await libvirt.resetDomain(connection, domain);
  await log.waitFor((event) => event.kind === 'reboot');
  await libvirt.suspendDomain(connection, domain);
  await log.waitFor((event) => event.kind === 'lifecycle' && event.detail === 'paused');
  await libvirt.resumeDomain(connection, domain);
  await libvirt.rebootDomain(connection, domain, { way: 'acpi' });
  await libvirt.shutdownDomain(connection, domain, { way: 'acpi' });
  expect(await libvirt.getDomainState(connection, domain)).toMatchObject({ state: 'running' });
  await end();
});

test('statistics, information and devices are those of the running guest', async () => {
  const path = rawDisk('statistics.img', 1 << 20);
  const network = `<interface type='user'><mac address='52:54:00:11:22:33'/><model type='virtio'/></interface>`;
  const domain = await start({ name: 'numbers', devices: diskXml(path, 'vda', 'virtio') + network });
  const [statistics] = await libvirt.getDomainStatistics(connection, { domains: [domain] });
  expect(statistics).toMatchObject({ state: { state: 'running' }, disks: [{ name: 'vda', path }] });
  expect(statistics?.cpuTimeNs).toBeGreaterThan(0);
  expect(await libvirt.getDomainInfo(connection, domain)).toMatchObject({ vcpus: 1, memoryKiB: 32 * 1024 });
  expect(await libvirt.getDomainControl(connection, domain)).toMatchObject({ state: 'ok' });
  expect(await libvirt.getBlockInfo(connection, domain, 'vda')).toMatchObject({ capacityBytes: 1 << 20 });
  expect((await libvirt.getBlockStatistics(connection, domain, 'vda')).writeBytes).toBe(0);
  expect((await libvirt.getMemoryStatistics(connection, domain)).residentKiB).toBeGreaterThan(0);
  await expect(libvirt.getInterfaceAddresses(connection, domain, 'agent')).rejects.toBeInstanceOf(
    libvirt.LibvirtError,
  );
  const refused = libvirt.getInterfaceStatistics(connection, domain, '52:54:00:11:22:33');
  await expect(refused).rejects.toBeInstanceOf(libvirt.LibvirtError);
});

test('definition, autostart and metadata are stored', async () => {
  const domain = await libvirt.defineDomain(connection, guestXml({ name: 'stored' }), { validate: true });
  await libvirt.setDomainAutostart(connection, domain, true);
  expect(await libvirt.getDomainAutostart(connection, domain)).toBe(true);
  await libvirt.setDomainAutostart(connection, domain, false);
  const key = { kind: 'element', namespace: 'urn:example', prefix: 'ex' } as const;
  const none = libvirt.getMetadata(connection, domain, key);
  await expect(none).rejects.toMatchObject({ code: libvirt.errorCode.noDomainMetadata });
  await libvirt.setMetadata(connection, domain, key, '<note>kept</note>', { config: true });
  expect(await libvirt.getMetadata(connection, domain, key, { config: true })).toContain('kept');
  await libvirt.setMetadata(connection, domain, { kind: 'title' }, 'Web server', { config: true });
  expect(await libvirt.domainXml(connection, domain, { inactive: true })).toContain(
    '<title>Web server</title>',
  );
  expect(await libvirt.lookupDomainByUuid(connection, domain.uuid)).toEqual(domain);
});

test('UEFI variables are kept or removed as told when a domain is undefined', async () => {
  const nvram = join(daemon.directory, 'variables.fd');
  const xml = guestXml({ name: 'uefi' }).replace('<boot', `<nvram>${nvram}</nvram><boot`);
  const loader = `<loader readonly='yes' type='pflash'>/usr/share/qemu/OVMF.fd</loader>`;
  const define = () => libvirt.defineDomain(connection, xml.replace('<nvram>', `${loader}<nvram>`));
  writeFileSync(nvram, 'variables');
  const first = await define();
  await expect(libvirt.undefineDomain(connection, first)).rejects.toBeInstanceOf(libvirt.LibvirtError);
  await libvirt.undefineDomain(connection, first, { nvram: 'keep' });
  expect(existsSync(nvram)).toBe(true);
  await libvirt.undefineDomain(connection, await define(), { nvram: 'remove', tpm: 'remove' });
  expect(existsSync(nvram)).toBe(false);
});

test('a saved guest is restored, from a file and from its managed image', async () => {
  const domain = await start({ name: 'saved' });
  const path = join(daemon.directory, 'saved.image');
  await libvirt.saveDomain(connection, domain, path, { restoreAs: 'paused' });
  expect(await libvirt.getDomainState(connection, domain)).toEqual({ state: 'off', reason: 'saved' });
  expect(await libvirt.getSaveImageXml(connection, path)).toContain('<name>saved</name>');
  await libvirt.restoreDomain(connection, path);
  expect(await libvirt.getDomainState(connection, domain)).toMatchObject({ state: 'paused' });
  await libvirt.managedSaveDomain(connection, domain, { restoreAs: 'running' });
  expect(await libvirt.hasManagedSave(connection, domain)).toBe(true);
  await libvirt.createDomain(connection, domain);
  expect(await libvirt.getDomainState(connection, domain)).toEqual({ state: 'running', reason: 'restored' });
  await libvirt.managedSaveDomain(connection, domain);
  await libvirt.removeManagedSave(connection, domain);
  expect(await libvirt.hasManagedSave(connection, domain)).toBe(false);
});

test('a screenshot comes through its stream', async () => {
  const domain = await start({ name: 'screen', devices: `<video><model type='vga'/></video>` });
  const { mimeType, bytes } = await libvirt.takeScreenshot(connection, domain);
  expect(mimeType).toMatch(/^image\//);
  expect(bytes.length).toBeGreaterThan(100);
  expect(bytes.subarray(0, 2).toString('latin1')).toBe(mimeType === 'image/png' ? '\x89P' : 'P6');
  await expect(libvirt.takeScreenshot(connection, domain, 7)).rejects.toBeInstanceOf(libvirt.LibvirtError);
});

test('QEMU answers and refuses monitor commands', async () => {
  const domain = await start({ name: 'monitor' });
  expect(await libvirt.qemuMonitorCommand(connection, domain, { execute: 'query-name' })).toEqual({
    name: 'monitor',
  });
  const refused = libvirt.qemuMonitorCommand(connection, domain, { execute: 'no-such-command' });
  await expect(refused).rejects.toMatchObject({ kind: 'qemu', errorClass: 'CommandNotFound' });
});

test('a guest agent that does not answer is an error of its own', async () => {
  const channel = `<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>`;
  const domain = await start({ name: 'agent', devices: channel });
  await libvirt.setAgentTimeout(connection, domain, 1);
  const ping = libvirt.guestAgentCommand(
    connection,
    domain,
    { execute: 'guest-ping' },
    { timeoutSeconds: 1 },
  );
  await expect(ping).rejects.toMatchObject({ code: libvirt.errorCode.agentUnresponsive });
  await expect(libvirt.freezeFileSystems(connection, domain)).rejects.toBeInstanceOf(libvirt.LibvirtError);
  await expect(libvirt.thawFileSystems(connection, domain)).rejects.toBeInstanceOf(libvirt.LibvirtError);
});

test('a guest that hangs is reported by its watchdog', async () => {
  const log = new EventLog<libvirt.DomainEvent>();
  const end = await libvirt.subscribeDomainEvents(connection, ['watchdog'], log.hear);
  const bootFloppy = join(daemon.directory, 'watchdog.img');
  writeBootFloppy(bootFloppy, 'bite-watchdog');
  await start({ name: 'dog', bootFloppy, devices: `<watchdog model='ib700' action='pause'/>` });
  expect(await log.waitFor((event) => event.kind === 'watchdog')).toMatchObject({ action: 'pause' });
  await end();
});

test('a full store is reported as an I/O error and stops the guest', async () => {
  const log = new EventLog<libvirt.DomainEvent>();
  const end = await libvirt.subscribeDomainEvents(connection, ['io-error', 'lifecycle'], log.hear);
  const small = join(daemon.directory, 'small');
  mkdirSync(small);
  execFileSync('/usr/bin/mount', ['-t', 'tmpfs', '-o', 'size=256k', 'small', small]);
  try {
    const disk = rawDisk('full.img', 16 << 20, small);
    const bootFloppy = join(daemon.directory, 'writer.img');
    writeBootFloppy(bootFloppy, 'write-disk');
    // The daemon's mount namespace is a copy from before this mount: it reaches the file through this process.
    const seen = `/proc/${process.pid}/root${disk}`;
    const domain = await start({ name: 'full', bootFloppy, devices: diskXml(seen, 'hda', 'ide') });
    expect(await log.waitFor((event) => event.kind === 'io-error')).toMatchObject({
      action: 'pause',
      reason: 'enospc',
    });
    await log.waitFor((event) => event.kind === 'lifecycle' && event.detail === 'io-error');
    expect(await libvirt.getDomainState(connection, domain)).toEqual({ state: 'paused', reason: 'io-error' });
    await libvirt.destroyDomain(connection, domain);
  } finally {
    execFileSync('/usr/bin/umount', ['-l', small]);
    await end();
  }
});

test('a device that the guest has let go is reported', async () => {
  const log = new EventLog<libvirt.DomainEvent>();
  const end = await libvirt.subscribeDomainEvents(connection, ['device-removed'], log.hear);
  const path = rawDisk('stick.img', 1 << 20);
  const domain = await start({ name: 'stick', devices: `<controller type='usb' model='qemu-xhci'/>` });
  await libvirt.attachDevice(connection, domain, diskXml(path, 'sda', 'usb'), { live: true });
  expect(await libvirt.domainXml(connection, domain)).toContain('stick.img');
  await libvirt.detachDevice(connection, domain, diskXml(path, 'sda', 'usb'), { live: true });
  expect(await log.waitFor((event) => event.kind === 'device-removed')).toMatchObject({
    domain: { name: 'stick' },
  });
  await end();
});

test('a block job reports its end', async () => {
  const log = new EventLog<libvirt.DomainEvent>();
  const end = await libvirt.subscribeDomainEvents(connection, ['block-job'], log.hear);
  const base = rawDisk('base.img', 1 << 20);
  const overlay = join(daemon.directory, 'overlay.qcow2');
  execFileSync('/usr/bin/qemu-img', ['create', '-q', '-f', 'qcow2', '-b', base, '-F', 'raw', overlay]);
  const domain = await start({ name: 'job', devices: diskXml(overlay, 'vda', 'virtio', 'qcow2') });
  await libvirt.pullBlocks(connection, domain, 'vda');
  const completed = await log.waitFor((event) => event.kind === 'block-job' && event.status === 'completed');
  expect(completed).toMatchObject({ disk: 'vda', type: 'pull' });
  await end();
});

test('a killed QEMU is reported as failed', async () => {
  const log = new EventLog<libvirt.DomainEvent>();
  const end = await libvirt.subscribeDomainEvents(connection, ['lifecycle'], log.hear);
  const domain = await start({ name: 'killed' });
  const child = execFileSync('/usr/bin/pgrep', ['-f', `guest=killed,debug-threads=on`], { encoding: 'utf8' });
  process.kill(Number(child.trim()), 'SIGKILL');
  await log.waitFor(
    (event) => event.kind === 'lifecycle' && event.event === 'stopped' && event.detail === 'failed',
  );
  expect(await libvirt.getDomainState(connection, domain)).toMatchObject({ state: 'off' });
  await end();
});

test('a transient guest leaves nothing behind', async () => {
  const domain = await libvirt.createTransientDomain(connection, guestXml({ name: 'transient' }));
  await libvirt.destroyDomain(connection, domain, { graceful: true });
  expect(await libvirt.listDomains(connection)).toEqual([]);
});
