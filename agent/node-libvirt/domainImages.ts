import type { CallOptions } from './callTable.ts';
import type { Domain } from './codec.generated.ts';
import type { Connection } from './connection.ts';
import { flagBits } from './flags.ts';
import * as procedures from './procedures.generated.ts';

/** Saving and restoring moves the guest's whole memory. */
export const SAVE_DEADLINE_MS = 15 * 60_000;

export interface SaveOptions extends CallOptions {
  readonly bypassCache?: boolean;
  /** What the domain does after a restore. Default: what it did when it was saved. */
  readonly restoreAs?: 'running' | 'paused';
  /** A definition in place of the domain's own, which may differ in what the host sees only. */
  readonly xml?: string;
}

const imageFlags = (options: SaveOptions): number =>
  flagBits([
    [options.bypassCache, 1],
    [options.restoreAs === 'running', 2],
    [options.restoreAs === 'paused', 4],
  ]);

const slow = (options: CallOptions): CallOptions => ({ deadlineMs: options.deadlineMs ?? SAVE_DEADLINE_MS });

/** Writes the domain's memory to a file of the host's and stops it. */
export async function saveDomain(
  connection: Connection,
  domain: Domain,
  path: string,
  options: SaveOptions = {},
): Promise<void> {
  const args = { dom: domain, to: path, dxml: options.xml ?? null, flags: imageFlags(options) };
  await connection.call(procedures.domainSaveFlags, args, slow(options));
}

/** Starts a domain from such a file. */
export async function restoreDomain(
  connection: Connection,
  path: string,
  options: SaveOptions = {},
): Promise<void> {
  const args = { from: path, dxml: options.xml ?? null, flags: imageFlags(options) };
  await connection.call(procedures.domainRestoreFlags, args, slow(options));
}

/** The definition in such a file. */
export async function getSaveImageXml(
  connection: Connection,
  path: string,
  options?: CallOptions,
): Promise<string> {
  const args = { file: path, flags: 0 };
  return (await connection.call(procedures.domainSaveImageGetXmlDesc, args, options)).xml;
}

/** As `saveDomain`, in a file that libvirt keeps: the next `createDomain` starts from it. */
export async function managedSaveDomain(
  connection: Connection,
  domain: Domain,
  options: Omit<SaveOptions, 'xml'> = {},
): Promise<void> {
  const args = { dom: domain, flags: imageFlags(options) };
  await connection.call(procedures.domainManagedSave, args, slow(options));
}

export async function hasManagedSave(
  connection: Connection,
  domain: Domain,
  options?: CallOptions,
): Promise<boolean> {
  const args = { dom: domain, flags: 0 };
  return (await connection.call(procedures.domainHasManagedSaveImage, args, options)).result !== 0;
}

export async function removeManagedSave(
  connection: Connection,
  domain: Domain,
  options?: CallOptions,
): Promise<void> {
  await connection.call(procedures.domainManagedSaveRemove, { dom: domain, flags: 0 }, options);
}
