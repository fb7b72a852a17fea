import { createReadStream, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import * as z from 'zod';
import { asFailure, fail } from '../failures.ts';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const FileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
const Manifest = z.strictObject({
  version: z.string().regex(/^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$/),
  architecture: z.enum(['x64', 'arm64']),
  files: z
    .array(
      z.strictObject({
        name: FileName,
        mode: z.int().min(0).max(0o777),
        sizeBytes: z.int().min(1),
        sha256: Sha256,
        compressedName: FileName,
        compressedSha256: Sha256,
      }),
    )
    .min(1)
    .max(16),
});

export interface BundleFile {
  readonly name: string;
  readonly mode: number;
  readonly sizeBytes: number;
  readonly compressedBytes: number;
  readonly sha256: string;
  /** The gzip-compressed content, opened anew at each call. */
  open(): Readable;
}
export interface Bundle {
  readonly version: string;
  readonly files: readonly BundleFile[];
}

const architectures: ReadonlyMap<string, 'x64' | 'arm64'> = new Map([
  ['x86_64', 'x64'],
  ['aarch64', 'arm64'],
]);

/**
 * The agent's files for a host's processor. `folder` holds one folder an architecture, made by `npm run bundle`.
 * Contents are verified on the host itself, after unpacking. Throws a FailureError.
 */
export function readBundle(folder: string, machine: string): Bundle {
  const architecture = architectures.get(machine);
  if (architecture === undefined) {
    throw fail({
      code: 'host.cpu-unsupported',
      message: `There is no agent for ${machine} processors.`,
      fix: 'Use a host with an x86_64 or aarch64 processor.',
    });
  }
  const home = join(folder, architecture);
  try {
    const manifest = Manifest.parse(JSON.parse(readFileSync(join(home, 'manifest.json'), 'utf8')));
    return {
      version: manifest.version,
      files: manifest.files.map((file) => ({
        name: file.name,
        mode: file.mode,
        sizeBytes: file.sizeBytes,
        sha256: file.sha256,
        compressedBytes: statSync(join(home, file.compressedName)).size,
        open: () => createReadStream(join(home, file.compressedName)),
      })),
    };
  } catch (fault) {
    throw fail({
      code: 'install.no-bundle',
      message: `The agent for ${architecture} is missing or damaged: ${asFailure(fault).message}`,
      fix: 'Build it: npm run bundle. An installed app that says this should be installed again.',
    });
  }
}
