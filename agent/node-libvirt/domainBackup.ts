import type { CallOptions } from './callTable.ts';
import type { Domain } from './codec.generated.ts';
import type { Connection } from './connection.ts';
import * as procedures from './procedures.generated.ts';

const SPEED_IN_BYTES = 1;

/**
 * Begins to copy the disks of a running domain as they are at this moment; libvirt 6.0 or newer. `xml`: libvirt's backup XML,
 * which names the targets. The copying is the domain's job: see `getDomainJob` and `abortDomainJob`.
 */
export async function beginBackup(
  connection: Connection,
  domain: Domain,
  xml: string,
  options?: CallOptions,
): Promise<void> {
  const args = { dom: domain, backupXml: xml, checkpointXml: null, flags: 0 };
  await connection.call(procedures.domainBackupBegin, args, options);
}

/** The backup that is under way, as XML. Rejects with `errorCode.noDomainBackup` when there is none. */
export async function getBackupXml(
  connection: Connection,
  domain: Domain,
  options?: CallOptions,
): Promise<string> {
  return (await connection.call(procedures.domainBackupGetXmlDesc, { dom: domain, flags: 0 }, options)).xml;
}

/** How fast the block job of a disk may go. `disk`: its target, such as `vda`. */
export async function setBlockJobSpeed(
  connection: Connection,
  domain: Domain,
  disk: string,
  bytesPerSecond: number,
  options?: CallOptions,
): Promise<void> {
  const args = { dom: domain, path: disk, bandwidth: BigInt(bytesPerSecond), flags: SPEED_IN_BYTES };
  await connection.call(procedures.domainBlockJobSetSpeed, args, options);
}
