import type { CallOptions } from './callTable.ts';
import type { Domain } from './codec.generated.ts';
import type { Connection } from './connection.ts';
import { ProtocolError } from './errors.ts';
import { flagBits } from './flags.ts';
import * as procedures from './procedures.generated.ts';
import type { StreamOptions } from './stream.ts';

/** What a change applies to. Default: the running domain if it runs, else its definition. */
export interface AffectOptions extends CallOptions {
  readonly live?: boolean;
  readonly config?: boolean;
}

const affectFlags = (options: AffectOptions): number =>
  flagBits([
    [options.live, 1],
    [options.config, 2],
  ]);

export async function attachDevice(
  connection: Connection,
  domain: Domain,
  xml: string,
  options: AffectOptions = {},
): Promise<void> {
  const args = { dom: domain, xml, flags: affectFlags(options) };
  await connection.call(procedures.domainAttachDeviceFlags, args, options);
}

/** From a running domain: asks the guest to let go. The event `device-removed` says when it has. */
export async function detachDevice(
  connection: Connection,
  domain: Domain,
  xml: string,
  options: AffectOptions = {},
): Promise<void> {
  const args = { dom: domain, xml, flags: affectFlags(options) };
  await connection.call(procedures.domainDetachDeviceFlags, args, options);
}

/** Starts a block job that copies the backing files' data into the disk. The event `block-job` says when it is done. */
export async function pullBlocks(
  connection: Connection,
  domain: Domain,
  disk: string,
  options: CallOptions & { readonly bandwidthMiBPerSecond?: number } = {},
): Promise<void> {
  const bandwidth = BigInt(options.bandwidthMiBPerSecond ?? 0);
  await connection.call(
    procedures.domainBlockPull,
    { dom: domain, path: disk, bandwidth, flags: 0 },
    options,
  );
}

/** What metadata to touch: the title, the description, or the custom element of a namespace. */
export type MetadataKey =
  | { readonly kind: 'description' }
  | { readonly kind: 'title' }
  | { readonly kind: 'element'; readonly namespace: string };

const METADATA_TYPES = { description: 0, title: 1, element: 2 } as const;

/** Rejects with `errorCode.noDomainMetadata` when there is none. */
export async function getMetadata(
  connection: Connection,
  domain: Domain,
  key: MetadataKey,
  options: AffectOptions = {},
): Promise<string> {
  const uri = key.kind === 'element' ? key.namespace : null;
  const args = { dom: domain, type: METADATA_TYPES[key.kind], uri, flags: affectFlags(options) };
  return (await connection.call(procedures.domainGetMetadata, args, options)).metadata;
}

/** `value`: the text, or for an element its XML; null removes it. `prefix`: the namespace prefix of the element. */
export async function setMetadata(
  connection: Connection,
  domain: Domain,
  key: MetadataKey & { readonly prefix?: string },
  value: string | null,
  options: AffectOptions = {},
): Promise<void> {
  const args = {
    dom: domain,
    type: METADATA_TYPES[key.kind],
    metadata: value,
    key: key.prefix ?? null,
    uri: key.kind === 'element' ? key.namespace : null,
    flags: affectFlags(options),
  };
  await connection.call(procedures.domainSetMetadata, args, options);
}

/** A screen of 8192 by 4096 pixels as PPM takes 96 MiB; nothing smaller is cut off. */
export const MAXIMUM_SCREENSHOT_BYTES = 96 * 1024 * 1024 + 1024;

export interface Screenshot {
  /** Such as `image/png` or `image/x-portable-pixmap`; libvirt and QEMU choose. */
  readonly mimeType: string;
  readonly bytes: Buffer;
}

/** What is on the domain's screen. `screen`: its number, from 0. */
export async function takeScreenshot(
  connection: Connection,
  domain: Domain,
  screen = 0,
  options: CallOptions & StreamOptions = {},
): Promise<Screenshot> {
  const args = { dom: domain, screen, flags: 0 };
  const { result, stream } = await connection.openStream(procedures.domainScreenshot, args, options);
  const chunks: Buffer[] = [];
  let length = 0;
  for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) {
    length += chunk.length;
    if (length > MAXIMUM_SCREENSHOT_BYTES) {
      const error = new ProtocolError(`a screenshot of more than ${MAXIMUM_SCREENSHOT_BYTES} bytes`);
      stream.abort(error);
      throw error;
    }
    chunks.push(chunk);
  }
  await stream.finish();
  return { mimeType: result.mime ?? 'application/octet-stream', bytes: Buffer.concat(chunks, length) };
}
