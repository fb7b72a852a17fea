import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as libvirt from './index.ts';
import { type PrivateDaemon, startPrivateDaemon } from './testing/daemon.ts';

let daemon: PrivateDaemon;
let connection: libvirt.Connection;
let pool: libvirt.StoragePool;

beforeAll(async () => {
  daemon = await startPrivateDaemon('storage');
  connection = await libvirt.connect({ socketPath: daemon.socketPath });
  const path = join(daemon.directory, 'pool');
  const xml = `<pool type='dir'><name>pool</name><target><path>${path}</path></target></pool>`;
  pool = await libvirt.defineStoragePool(connection, xml);
  await libvirt.buildStoragePool(connection, pool);
  await libvirt.createStoragePool(connection, pool);
});

afterAll(async () => {
  await connection?.close();
  await daemon?.stop();
});

const volumeXml = (name: string, capacityBytes: number): string =>
  `<volume><name>${name}</name><capacity>${capacityBytes}</capacity><target><format type='raw'/></target></volume>`;

const pattern = (bytes: number): Buffer =>
  Buffer.alloc(bytes, createHash('sha512').update('pattern').digest());

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test('a pool is found by its names and tells about itself', async () => {
  expect(await libvirt.listStoragePools(connection, { active: true })).toEqual([pool]);
  expect(await libvirt.listStoragePools(connection, { active: false })).toEqual([]);
  expect(await libvirt.lookupStoragePoolByName(connection, 'pool')).toEqual(pool);
  expect(await libvirt.lookupStoragePoolByUuid(connection, pool.uuid)).toEqual(pool);
  const path = join(daemon.directory, 'pool');
  expect(await libvirt.lookupStoragePoolByTargetPath(connection, path)).toEqual(pool);
  expect(await libvirt.getStoragePoolInfo(connection, pool)).toMatchObject({ state: 'running' });
  expect(await libvirt.storagePoolXml(connection, pool, { inactive: true })).toContain(path);
  await libvirt.setStoragePoolAutostart(connection, pool, true);
  expect(await libvirt.getStoragePoolAutostart(connection, pool)).toBe(true);
});

test('a pool is stopped, deleted and forgotten', async () => {
  const path = join(daemon.directory, 'other');
  const xml = `<pool type='dir'><name>other</name><target><path>${path}</path></target></pool>`;
  const other = await libvirt.defineStoragePool(connection, xml);
  await libvirt.buildStoragePool(connection, other);
  await libvirt.createStoragePool(connection, other);
  await libvirt.destroyStoragePool(connection, other);
  await libvirt.deleteStoragePool(connection, other);
  await libvirt.undefineStoragePool(connection, other);
  expect(await libvirt.listStoragePools(connection)).toEqual([pool]);
});

test('a volume is made, found, resized and deleted', async () => {
  const volume = await libvirt.createStorageVolume(connection, pool, volumeXml('disk.img', 1 << 20));
  expect(await libvirt.lookupStorageVolumeByName(connection, pool, 'disk.img')).toEqual(volume);
  const path = await libvirt.getStorageVolumePath(connection, volume);
  expect(await libvirt.lookupStorageVolumeByPath(connection, path)).toEqual(volume);
  await libvirt.resizeStorageVolume(connection, volume, 2 << 20);
  expect(await libvirt.getStorageVolumeInfo(connection, volume)).toMatchObject({
    type: 'file',
    capacityBytes: 2 << 20,
  });
  await expect(libvirt.resizeStorageVolume(connection, volume, 1 << 20)).rejects.toBeInstanceOf(
    libvirt.LibvirtError,
  );
  await libvirt.resizeStorageVolume(connection, volume, 1 << 20, { shrink: true });
  expect(await libvirt.storageVolumeXml(connection, volume)).toContain('disk.img');
  await libvirt.refreshStoragePool(connection, pool);
  expect(await libvirt.listStorageVolumes(connection, pool)).toEqual([volume]);
  await libvirt.deleteStorageVolume(connection, volume);
  await expect(libvirt.lookupStorageVolumeByName(connection, pool, 'disk.img')).rejects.toMatchObject({
    code: libvirt.errorCode.noStorageVolume,
  });
});

test('what is uploaded is what is downloaded, whatever the size of its pieces', async () => {
  const data = pattern(5_000_001);
  const volume = await libvirt.createStorageVolume(connection, pool, volumeXml('data.img', data.length));
  const pieces = [data.subarray(0, 1), data.subarray(1, 4_000_000), data.subarray(4_000_000)];
  await libvirt.uploadStorageVolume(connection, volume, pieces);
  expect((await collect(libvirt.downloadStorageVolume(connection, volume))).equals(data)).toBe(true);
  const range = { offsetBytes: 1_000_000, lengthBytes: 12_345 };
  const part = await collect(libvirt.downloadStorageVolume(connection, volume, range));
  expect(part.equals(data.subarray(1_000_000, 1_012_345))).toBe(true);
  await libvirt.deleteStorageVolume(connection, volume);
});

test('a consumer that lags behind a large download holds little in memory', async () => {
  const data = pattern(16 << 20);
  const volume = await libvirt.createStorageVolume(connection, pool, volumeXml('large.img', data.length));
  await libvirt.uploadStorageVolume(connection, volume, [data]);
  await using own = await libvirt.connect({ socketPath: daemon.socketPath });
  let received = 0;
  let other = 0;
  for await (const chunk of libvirt.downloadStorageVolume(own, volume)) {
    received += chunk.length;
    other += (await libvirt.getStoragePoolInfo(connection, pool)).state === 'running' ? 1 : 0;
  }
  expect(received).toBe(data.length);
  expect(other).toBeGreaterThan(10);
  await libvirt.deleteStorageVolume(connection, volume);
});

test('a download that is left early leaves the connection usable', async () => {
  const data = pattern(8 << 20);
  const volume = await libvirt.createStorageVolume(connection, pool, volumeXml('early.img', data.length));
  await libvirt.uploadStorageVolume(connection, volume, [data]);
  for await (const chunk of libvirt.downloadStorageVolume(connection, volume)) {
    if (chunk.length > 0) break;
  }
  expect(await libvirt.getUri(connection)).toBe('qemu:///system');
  await libvirt.deleteStorageVolume(connection, volume);
});

test('an upload that does not fit fails, and one whose source fails is aborted', async () => {
  const volume = await libvirt.createStorageVolume(connection, pool, volumeXml('small.img', 4096));
  const tooMuch = libvirt.uploadStorageVolume(connection, volume, [pattern(8192)], { lengthBytes: 4096 });
  await expect(tooMuch).rejects.toBeInstanceOf(libvirt.LibvirtError);
  const failing = (function* () {
    yield pattern(16);
    throw new Error('the source broke');
  })();
  await expect(libvirt.uploadStorageVolume(connection, volume, failing)).rejects.toThrow('the source broke');
  expect(await libvirt.getUri(connection)).toBe('qemu:///system');
  await libvirt.deleteStorageVolume(connection, volume);
  const gone = collect(libvirt.downloadStorageVolume(connection, volume));
  await expect(gone).rejects.toMatchObject({ code: libvirt.errorCode.noStorageVolume });
});

test('a secret keeps its value unless it is private', async () => {
  const xml = (usage: string, isPrivate: string): string =>
    `<secret ephemeral='no' private='${isPrivate}'><usage type='ceph'><name>${usage}</name></usage></secret>`;
  const open = await libvirt.defineSecret(connection, xml('open', 'no'));
  const closed = await libvirt.defineSecret(connection, xml('closed', 'yes'));
  const value = Buffer.from('a secret of \0 bytes');
  await libvirt.setSecretValue(connection, open, value);
  await libvirt.setSecretValue(connection, closed, value);
  expect(Buffer.from(await libvirt.getSecretValue(connection, open)).equals(value)).toBe(true);
  await expect(libvirt.getSecretValue(connection, closed)).rejects.toBeInstanceOf(libvirt.LibvirtError);
  expect(await libvirt.lookupSecretByUsage(connection, 'ceph', 'closed')).toEqual(closed);
  expect(await libvirt.lookupSecretByUuid(connection, open.uuid)).toEqual(open);
  expect(await libvirt.secretXml(connection, open)).toContain('<name>open</name>');
  expect(await libvirt.listSecrets(connection)).toHaveLength(2);
  await libvirt.undefineSecret(connection, open);
  await libvirt.undefineSecret(connection, closed);
  await expect(libvirt.lookupSecretByUuid(connection, open.uuid)).rejects.toMatchObject({
    code: libvirt.errorCode.noSecret,
  });
});

test('the host is described, and CPUs are compared and joined', async () => {
  expect((await libvirt.getHypervisorVersion(connection)).major).toBeGreaterThanOrEqual(4);
  expect((await libvirt.getNodeInfo(connection)).memoryKiB).toBeGreaterThan(0);
  const memory = await libvirt.getNodeMemory(connection);
  expect(memory.totalKiB).toBeGreaterThan(memory.freeKiB ?? 0);
  expect(await libvirt.getFreeMemoryBytes(connection)).toBeGreaterThan(0);
  const emulated = { architecture: 'x86_64', virtualization: 'qemu' };
  const capabilities = await libvirt.getDomainCapabilities(connection, emulated);
  expect(capabilities).toContain('<domainCapabilities>');
  const model = `<cpu><arch>x86_64</arch><model>qemu64</model></cpu>`;
  expect(['incompatible', 'identical', 'superset']).toContain(await libvirt.compareCpu(connection, model));
  const joined = await libvirt.baselineCpu(connection, [model, model]);
  expect(joined).toContain('<model');
  const hypervisorCpu = `<cpu mode='custom' match='exact'><model fallback='forbid'>qemu64</model></cpu>`;
  expect(await libvirt.compareHypervisorCpu(connection, hypervisorCpu, emulated)).toBe('superset');
  expect(await libvirt.baselineHypervisorCpu(connection, [hypervisorCpu], emulated)).toContain('qemu64');
});
