import type { CallOptions } from './callTable.ts';
import type { Secret } from './codec.generated.ts';
import type { Connection } from './connection.ts';
import * as procedures from './procedures.generated.ts';

/** A secret by its UUID, and by what it is used for. */
export type { Secret };

/** Numbers of `virSecretUsageType`. */
export const secretUsage = { none: 0, volume: 1, ceph: 2, iscsi: 3, tls: 4, vtpm: 5 } as const;

export async function listSecrets(connection: Connection, options?: CallOptions): Promise<readonly Secret[]> {
  const list = procedures.connectListAllSecrets;
  return (await connection.call(list, { needResults: 1, flags: 0 }, options)).secrets;
}

/** Rejects with `errorCode.noSecret` when there is none. */
export async function lookupSecretByUuid(
  connection: Connection,
  uuid: string,
  options?: CallOptions,
): Promise<Secret> {
  return (await connection.call(procedures.secretLookupByUuid, { uuid }, options)).secret;
}

export async function lookupSecretByUsage(
  connection: Connection,
  usage: keyof typeof secretUsage,
  usageId: string,
  options?: CallOptions,
): Promise<Secret> {
  const args = { usageType: secretUsage[usage], usageID: usageId };
  return (await connection.call(procedures.secretLookupByUsage, args, options)).secret;
}

/** Stores a definition. Its value is set apart, and never part of the XML. */
export async function defineSecret(
  connection: Connection,
  xml: string,
  options?: CallOptions,
): Promise<Secret> {
  return (await connection.call(procedures.secretDefineXml, { xml, flags: 0 }, options)).secret;
}

export async function secretXml(
  connection: Connection,
  secret: Secret,
  options?: CallOptions,
): Promise<string> {
  return (await connection.call(procedures.secretGetXmlDesc, { secret, flags: 0 }, options)).xml;
}

/** `value`: at most 64 KiB. */
export async function setSecretValue(
  connection: Connection,
  secret: Secret,
  value: Uint8Array,
  options?: CallOptions,
): Promise<void> {
  await connection.call(procedures.secretSetValue, { secret, value, flags: 0 }, options);
}

/** Rejects for a secret that was defined as private, and for one without a value. */
export async function getSecretValue(
  connection: Connection,
  secret: Secret,
  options?: CallOptions,
): Promise<Uint8Array> {
  return (await connection.call(procedures.secretGetValue, { secret, flags: 0 }, options)).value;
}

export async function undefineSecret(
  connection: Connection,
  secret: Secret,
  options?: CallOptions,
): Promise<void> {
  await connection.call(procedures.secretUndefine, { secret }, options);
}
