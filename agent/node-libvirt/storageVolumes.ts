import type { CallOptions } from './callTable.ts';
import type { StoragePool, StorageVol } from './codec.generated.ts';
import type { Connection } from './connection.ts';
import { flagBits } from './flags.ts';
import * as procedures from './procedures.generated.ts';
import { slowStorage } from './storageDeadline.ts';
import type { StreamOptions } from './stream.ts';

/** A volume by its pool's name, its own name, and its key, which is its path for files. */
export type StorageVolume = StorageVol;

export async function listStorageVolumes(
  connection: Connection,
  pool: StoragePool,
  options?: CallOptions,
): Promise<readonly StorageVolume[]> {
  const args = { pool, needResults: 1, flags: 0 };
  return (await connection.call(procedures.storagePoolListAllVolumes, args, options)).vols;
}

/** Rejects with `errorCode.noStorageVolume` when there is none of that name. */
export async function lookupStorageVolumeByName(
  connection: Connection,
  pool: StoragePool,
  name: string,
  options?: CallOptions,
): Promise<StorageVolume> {
  return (await connection.call(procedures.storageVolLookupByName, { pool, name }, options)).vol;
}

/** Searches all started pools. */
export async function lookupStorageVolumeByPath(
  connection: Connection,
  path: string,
  options?: CallOptions,
): Promise<StorageVolume> {
  return (await connection.call(procedures.storageVolLookupByPath, { path }, options)).vol;
}

export interface CreateVolumeOptions extends CallOptions {
  /** Allocate the metadata of a qcow2 image at once. */
  readonly preallocateMetadata?: boolean;
}

export async function createStorageVolume(
  connection: Connection,
  pool: StoragePool,
  xml: string,
  options: CreateVolumeOptions = {},
): Promise<StorageVolume> {
  const args = { pool, xml, flags: flagBits([[options.preallocateMetadata, 1]]) };
  return (await connection.call(procedures.storageVolCreateXml, args, slowStorage(options))).vol;
}

/** Deletes the volume and its data. */
export async function deleteStorageVolume(
  connection: Connection,
  volume: StorageVolume,
  options?: CallOptions,
): Promise<void> {
  await connection.call(procedures.storageVolDelete, { vol: volume, flags: 0 }, slowStorage(options));
}

export interface ResizeOptions extends CallOptions {
  /** Without it a smaller capacity is refused. */
  readonly shrink?: boolean;
  /** Allocate the new space at once. */
  readonly allocate?: boolean;
}

export async function resizeStorageVolume(
  connection: Connection,
  volume: StorageVolume,
  capacityBytes: number,
  options: ResizeOptions = {},
): Promise<void> {
  const flags = flagBits([
    [options.allocate, 1],
    [options.shrink, 4],
  ]);
  const args = { vol: volume, capacity: BigInt(capacityBytes), flags };
  await connection.call(procedures.storageVolResize, args, slowStorage(options));
}

export interface StorageVolumeInfo {
  readonly type: 'file' | 'block' | 'directory' | 'network' | 'network-directory' | 'ploop' | 'unknown';
  readonly capacityBytes: number;
  readonly allocationBytes: number;
}

export async function getStorageVolumeInfo(
  connection: Connection,
  volume: StorageVolume,
  options?: CallOptions,
): Promise<StorageVolumeInfo> {
  const info = await connection.call(procedures.storageVolGetInfo, { vol: volume }, options);
  const types = ['file', 'block', 'directory', 'network', 'network-directory', 'ploop'] as const;
  return {
    type: types[info.type] ?? 'unknown',
    capacityBytes: Number(info.capacity),
    allocationBytes: Number(info.allocation),
  };
}

export async function storageVolumeXml(
  connection: Connection,
  volume: StorageVolume,
  options?: CallOptions,
): Promise<string> {
  return (await connection.call(procedures.storageVolGetXmlDesc, { vol: volume, flags: 0 }, options)).xml;
}

export async function getStorageVolumePath(
  connection: Connection,
  volume: StorageVolume,
  options?: CallOptions,
): Promise<string> {
  return (await connection.call(procedures.storageVolGetPath, { vol: volume }, options)).name;
}

export interface VolumeRangeOptions extends CallOptions, StreamOptions {
  /** Default 0. */
  readonly offsetBytes?: number;
  /** Default 0, which means to the end. */
  readonly lengthBytes?: number;
}

const rangeArgs = (volume: StorageVolume, options: VolumeRangeOptions) => ({
  vol: volume,
  offset: BigInt(options.offsetBytes ?? 0),
  length: BigInt(options.lengthBytes ?? 0),
  flags: 0,
});

/**
 * The volume's raw bytes (of an image file: the file's). Leaving the loop early aborts the transfer. While the consumer
 * thinks, nothing else is read from the connection: give it one of its own.
 */
export async function* downloadStorageVolume(
  connection: Connection,
  volume: StorageVolume,
  options: VolumeRangeOptions = {},
): AsyncGenerator<Buffer, void, undefined> {
  const args = rangeArgs(volume, options);
  const { stream } = await connection.openStream(procedures.storageVolDownload, args, options);
  try {
    for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) yield chunk;
    await stream.finish();
  } finally {
    stream.abort();
  }
}

/** Overwrites the volume's raw bytes. Resolves when libvirt says that they are written. */
export async function uploadStorageVolume(
  connection: Connection,
  volume: StorageVolume,
  source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: VolumeRangeOptions = {},
): Promise<void> {
  const args = rangeArgs(volume, options);
  const { stream } = await connection.openStream(procedures.storageVolUpload, args, options);
  try {
    for await (const chunk of source) await stream.write(chunk);
    await stream.finish();
  } finally {
    stream.abort();
  }
}
