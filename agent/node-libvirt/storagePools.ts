import type { CallOptions } from './callTable.ts';
import type { StoragePool } from './codec.generated.ts';
import type { Connection } from './connection.ts';
import { flagBits } from './flags.ts';
import * as procedures from './procedures.generated.ts';
import { slowStorage } from './storageDeadline.ts';

export type { StoragePool };

export interface ListStoragePoolsOptions extends CallOptions {
  /** Only those that are started (true) or not (false). */
  readonly active?: boolean;
}

export async function listStoragePools(
  connection: Connection,
  options: ListStoragePoolsOptions = {},
): Promise<readonly StoragePool[]> {
  const flags = flagBits([
    [options.active === false, 1],
    [options.active === true, 2],
  ]);
  const list = procedures.connectListAllStoragePools;
  return (await connection.call(list, { needResults: 1, flags }, options)).pools;
}

/** Rejects with `errorCode.noStoragePool` when there is none of that name. */
export async function lookupStoragePoolByName(
  connection: Connection,
  name: string,
  options?: CallOptions,
): Promise<StoragePool> {
  return (await connection.call(procedures.storagePoolLookupByName, { name }, options)).pool;
}

export async function lookupStoragePoolByUuid(
  connection: Connection,
  uuid: string,
  options?: CallOptions,
): Promise<StoragePool> {
  return (await connection.call(procedures.storagePoolLookupByUuid, { uuid }, options)).pool;
}

/** The pool that is, or would be, mounted at a path. */
export async function lookupStoragePoolByTargetPath(
  connection: Connection,
  path: string,
  options?: CallOptions,
): Promise<StoragePool> {
  return (await connection.call(procedures.storagePoolLookupByTargetPath, { path }, options)).pool;
}

/** Stores a definition; nothing is started. */
export async function defineStoragePool(
  connection: Connection,
  xml: string,
  options?: CallOptions,
): Promise<StoragePool> {
  return (await connection.call(procedures.storagePoolDefineXml, { xml, flags: 0 }, options)).pool;
}

export interface BuildPoolOptions extends CallOptions {
  /** For a pool on a device: format it, unless it holds data. */
  readonly formatEmpty?: boolean;
}

/** Makes what the pool needs, such as its directory. */
export async function buildStoragePool(
  connection: Connection,
  pool: StoragePool,
  options: BuildPoolOptions = {},
): Promise<void> {
  const args = { pool, flags: flagBits([[options.formatEmpty, 4]]) };
  await connection.call(procedures.storagePoolBuild, args, slowStorage(options));
}

/** Starts a defined pool: mounts it, scans its volumes. */
export async function createStoragePool(
  connection: Connection,
  pool: StoragePool,
  options?: CallOptions,
): Promise<void> {
  await connection.call(procedures.storagePoolCreate, { pool, flags: 0 }, slowStorage(options));
}

/** Stops a pool. Its definition and its data stay. */
export async function destroyStoragePool(
  connection: Connection,
  pool: StoragePool,
  options?: CallOptions,
): Promise<void> {
  await connection.call(procedures.storagePoolDestroy, { pool }, slowStorage(options));
}

/** Deletes what `buildStoragePool` made. A directory must be empty. */
export async function deleteStoragePool(
  connection: Connection,
  pool: StoragePool,
  options?: CallOptions,
): Promise<void> {
  await connection.call(procedures.storagePoolDelete, { pool, flags: 0 }, slowStorage(options));
}

export async function undefineStoragePool(
  connection: Connection,
  pool: StoragePool,
  options?: CallOptions,
): Promise<void> {
  await connection.call(procedures.storagePoolUndefine, { pool }, options);
}

/** Scans the pool for volumes again. */
export async function refreshStoragePool(
  connection: Connection,
  pool: StoragePool,
  options?: CallOptions,
): Promise<void> {
  await connection.call(procedures.storagePoolRefresh, { pool, flags: 0 }, slowStorage(options));
}

export interface StoragePoolInfo {
  readonly state: 'inactive' | 'building' | 'running' | 'degraded' | 'inaccessible' | 'unknown';
  readonly capacityBytes: number;
  readonly allocationBytes: number;
  readonly availableBytes: number;
}

export async function getStoragePoolInfo(
  connection: Connection,
  pool: StoragePool,
  options?: CallOptions,
): Promise<StoragePoolInfo> {
  const info = await connection.call(procedures.storagePoolGetInfo, { pool }, options);
  const states = ['inactive', 'building', 'running', 'degraded', 'inaccessible'] as const;
  return {
    state: states[info.state] ?? 'unknown',
    capacityBytes: Number(info.capacity),
    allocationBytes: Number(info.allocation),
    availableBytes: Number(info.available),
  };
}

export async function storagePoolXml(
  connection: Connection,
  pool: StoragePool,
  options: CallOptions & { readonly inactive?: boolean } = {},
): Promise<string> {
  const args = { pool, flags: flagBits([[options.inactive, 1]]) };
  return (await connection.call(procedures.storagePoolGetXmlDesc, args, options)).xml;
}

export async function getStoragePoolAutostart(
  connection: Connection,
  pool: StoragePool,
  options?: CallOptions,
): Promise<boolean> {
  return (await connection.call(procedures.storagePoolGetAutostart, { pool }, options)).autostart !== 0;
}

export async function setStoragePoolAutostart(
  connection: Connection,
  pool: StoragePool,
  autostart: boolean,
  options?: CallOptions,
): Promise<void> {
  const args = { pool, autostart: autostart ? 1 : 0 };
  await connection.call(procedures.storagePoolSetAutostart, args, options);
}
