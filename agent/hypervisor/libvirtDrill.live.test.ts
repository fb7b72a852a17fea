import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as libvirt from '../node-libvirt/index.ts';
import { type PrivateDaemon, startPrivateDaemon } from '../node-libvirt/testing/daemon.ts';
import { guestXml, writeBootFloppy } from '../node-libvirt/testing/guests.ts';
import { drillDefinition, drillName } from './drillXml.ts';
import { HypervisorError } from './hypervisor.ts';
import { LibvirtDriller } from './libvirtDrill.ts';

const VM = '7d8f3c52-0a1b-4c2d-8e3f-000000000001';
const COPY = '7d8f3c52-0a1b-4c2d-8e3f-000000000002';
const MIB = 1024 * 1024;

let daemon: PrivateDaemon;
let connection: libvirt.Connection;
let driller: LibvirtDriller;
let folder: string;
let disk: string;

/** A guest that writes all the time; its disk has data in front and holes behind. */
beforeAll(async () => {
  daemon = await startPrivateDaemon('driller');
  connection = await libvirt.connect({ socketPath: daemon.socketPath });
  driller = new LibvirtDriller({ areaPath: `${daemon.directory}/area`, socketPath: daemon.socketPath });
  folder = join(daemon.directory, 'copies');
  mkdirSync(folder);
  disk = join(daemon.directory, 'web.raw');
  writeFileSync(disk, Buffer.alloc(48 * MIB, 7));
  truncateSync(disk, 512 * MIB);
  const floppy = join(daemon.directory, 'floppy.img');
  writeBootFloppy(floppy, 'write-disk');
  const devices = `<disk type='file' device='disk'><driver name='qemu' type='raw' cache='none'/><source file='${disk}'/>
    <target dev='vda' bus='virtio'/></disk>`;
  const xml = guestXml({ name: 'web', bootFloppy: floppy, devices });
  await libvirt.defineDomain(connection, xml.replace('<name>', `<uuid>${VM}</uuid><name>`));
  await libvirt.createDomain(connection, await vm());
});

afterAll(async () => {
  await connection?.close();
  await daemon?.stop();
});

const vm = (): Promise<libvirt.Domain> => libvirt.lookupDomainByUuid(connection, VM);
const names = async (): Promise<string[]> =>
  (await libvirt.listDomains(connection)).map(({ name }) => name).toSorted();
const order = (mayTake = (_bytes: number) => Promise.resolve(), signal = new AbortController().signal) => ({
  vm: VM,
  folder,
  mayTake,
  signal,
});
const file = (): string => join(folder, 'vda.qcow2');

async function copyXml(): Promise<string> {
  const xml = await libvirt.domainXml(connection, await vm(), { inactive: true });
  const disks = new Map([['vda', file()]]);
  return drillDefinition(xml, { uuid: COPY, original: 'web', disks, nvram: null });
}

test('the copying that is given up is ended by libvirt too, and its file is deleted', async () => {
  const abort = new AbortController();
  const copying = driller.copyDisks(order(undefined, abort.signal));
  await expect.poll(() => existsSync(file())).toBe(true);
  abort.abort(new Error('not any more'));
  await expect(copying).rejects.toThrow('not any more');
  await expect.poll(async () => (await libvirt.getDomainJob(connection, await vm())).type).toBe('none');
  await expect.poll(() => existsSync(file())).toBe(false);
  expect(await libvirt.getDomainState(connection, await vm())).toMatchObject({ state: 'running' });
});

test('without room nothing is begun', async () => {
  const asked: number[] = [];
  const full = (bytes: number): Promise<void> => {
    asked.push(bytes);
    return Promise.reject(new Error('no room'));
  };
  await expect(driller.copyDisks(order(full))).rejects.toThrow('no room');
  expect(asked[0]).toBeGreaterThanOrEqual(48 * MIB);
  expect(asked[0]).toBeLessThan(512 * MIB);
  expect(existsSync(file())).toBe(false);
});

test('copying that an earlier agent left is ended; the backup of somebody else is not', async () => {
  // In pull mode, so that it does not end by itself.
  const begin = async (scratch: string): Promise<void> => {
    const xml = `<domainbackup mode='pull'><server transport='unix' socket='${daemon.directory}/nbd.sock'/><disks>
      <disk name='vda' type='file'><scratch file='${scratch}'/></disk><disk name='fda' backup='no'/></disks></domainbackup>`;
    await libvirt.beginBackup(connection, await vm(), xml);
  };
  const type = async (): Promise<string> => (await libvirt.getDomainJob(connection, await vm())).type;
  await begin(join(daemon.directory, 'theirs.qcow2'));
  await driller.endCopying(folder);
  expect(await type()).not.toBe('none');
  await libvirt.abortDomainJob(connection, await vm());
  await expect.poll(type).toBe('none');
  await begin(file());
  await driller.endCopying(folder);
  await expect.poll(type).toBe('none');
});

test('a copy boots from the copied disk, and whatever becomes of it the VM goes on unchanged', async () => {
  const definition = await libvirt.domainXml(connection, await vm(), { inactive: true });
  const copied = await driller.copyDisks(order());
  expect(copied.disks).toEqual([{ target: 'vda', path: file() }]);
  expect(readFileSync(file()).subarray(0, 3).toString('latin1')).toBe('QFI');
  const guest = await driller.boot({
    uuid: COPY,
    xml: await copyXml(),
    signal: new AbortController().signal,
  });
  expect(await names()).toEqual([drillName(COPY), 'web']);
  expect(await guest.whyEnded()).toBeNull();
  await guest.end();
  await guest.end();
  expect(await names()).toEqual(['web']);
  expect(await libvirt.domainXml(connection, await vm(), { inactive: true })).toBe(definition);
});

test('a copy that an earlier agent left is ended, and nothing of another name is', async () => {
  const xml = await copyXml();
  await libvirt.createTransientDomain(connection, xml);
  await driller.endCopies();
  expect(await names()).toEqual(['web']);
  const other = xml.replace(drillName(COPY), 'understudy-drill-of-mine');
  const domain = await libvirt.createTransientDomain(connection, other);
  await driller.endCopies();
  expect(await names()).toEqual(['understudy-drill-of-mine', 'web']);
  await libvirt.destroyDomain(connection, domain);
});

test('one that is given up while it starts is not left running', async () => {
  const abort = new AbortController();
  const booting = driller.boot({ uuid: COPY, xml: await copyXml(), signal: abort.signal });
  abort.abort(new Error('needed elsewhere'));
  await expect(booting).rejects.toBeInstanceOf(HypervisorError);
  await expect.poll(names, { timeout: 30_000 }).toEqual(['web']);
});
