import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as z from 'zod/mini';
import { Uuid } from '../protocol/ids.ts';

/** One file that travels with a definition. Content in base64; owner by name, since numbers differ between hosts. */
const BundledFile = z.strictObject({
  path: z.string().check(z.maxLength(1024)),
  mode: z.int().check(z.gte(0), z.lte(0o7777)),
  user: z.nullable(z.string().check(z.maxLength(64))),
  group: z.nullable(z.string().check(z.maxLength(64))),
  content: z.string(),
});
export type BundledFile = z.infer<typeof BundledFile>;

/** Everything that another host needs to be the VM's host, except its disks. */
export const Bundle = z.strictObject({
  version: z.literal(1),
  vm: Uuid,
  xml: z.string(),
  /** As it was before the VM was protected; put back when it no longer is. */
  autostart: z.boolean(),
  nvram: z.nullable(BundledFile),
  /** Files of the emulated TPM, their paths relative to its folder. */
  tpm: z.array(BundledFile).check(z.maxLength(64)),
});
export type Bundle = z.infer<typeof Bundle>;

/** A bundle unpacked is at most this large: UEFI variables are half a MiB, TPM state some KiB. */
export const MAX_BUNDLE_BYTES = 8 * 1024 * 1024;

/** The same content has the same text on every host, whatever order its parts were made in. */
export function bundleText(bundle: Bundle): string {
  const file = (one: BundledFile): BundledFile => ({
    path: one.path,
    mode: one.mode,
    user: one.user,
    group: one.group,
    content: one.content,
  });
  const tpm = bundle.tpm.map(file);
  tpm.sort((a, b) => (a.path < b.path ? -1 : 1));
  return JSON.stringify({
    version: bundle.version,
    vm: bundle.vm,
    xml: bundle.xml,
    autostart: bundle.autostart,
    nvram: bundle.nvram === null ? null : file(bundle.nvram),
    tpm,
  });
}

/** What names a bundle in the holder's note: sha256 of its text, in hex. */
export function bundleDigest(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** Compressed, for the store. Throws `RangeError` when the bundle is beyond all measure. */
export function packBundle(text: string): string {
  if (text.length > MAX_BUNDLE_BYTES)
    throw new RangeError(`a definition of ${text.length} bytes is too large`);
  return gzipSync(text, { level: 9 }).toString('base64');
}

/** The text of a packed bundle if it is the one that `digest` names; null otherwise. Bounded against bombs. */
export function unpackBundle(packed: string, digest: string): string | null {
  try {
    const bytes = gunzipSync(Buffer.from(packed, 'base64'), { maxOutputLength: MAX_BUNDLE_BYTES });
    const text = bytes.toString('utf8');
    return bundleDigest(text) === digest ? text : null;
  } catch {
    return null;
  }
}

/** Null when the text is no bundle of this VM. */
export function parseBundle(text: string, vm: string): Bundle | null {
  try {
    const parsed = Bundle.safeParse(JSON.parse(text));
    return parsed.success && parsed.data.vm === vm ? parsed.data : null;
  } catch {
    return null;
  }
}
