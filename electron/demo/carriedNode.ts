import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { fail } from '../backend/failures.ts';
import { readBundle } from '../backend/install/bundle.ts';

/** Unpacking 120 MB takes seconds; a disk that needs longer will not run the demo hosts either. */
const UNPACK_WITHIN_MS = 120_000;

/** Passes on what comes by, and fails at the end when it was not what was promised. */
function checked(sha256: string, sizeBytes: number): Transform {
  const hash = createHash('sha256');
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      hash.update(chunk);
      done(seen > sizeBytes ? new Error('It is longer than it should be.') : null, chunk);
    },
    flush(done) {
      done(hash.digest('hex') === sha256 ? null : new Error('Its checksum is not the promised one.'));
    },
  });
}

/**
 * The Node that an installed app carries for the hosts, unpacked into `cacheFolder` once for each version: the demo
 * hosts run in it, because Electron can't stand in for Node. Rejects with a FailureError.
 */
export async function unpackCarriedNode(
  agentFolder: string,
  machine: string,
  cacheFolder: string,
): Promise<string> {
  const file = readBundle(agentFolder, machine).files.find(({ name }) => name === 'node');
  if (file === undefined) throw fail({ code: 'install.no-bundle', message: 'The agent carries no Node.' });
  const name = `node-${file.sha256.slice(0, 16)}`;
  const target = join(cacheFolder, name);
  if (existsSync(target) && statSync(target).size === file.sizeBytes) return target;
  mkdirSync(cacheFolder, { recursive: true, mode: 0o700 });
  for (const old of readdirSync(cacheFolder).filter((one) => one.startsWith('node-')))
    rmSync(join(cacheFolder, old), { force: true });
  const unfinished = `${target}.${process.pid}`;
  try {
    await pipeline(
      file.open(),
      createGunzip(),
      checked(file.sha256, file.sizeBytes),
      createWriteStream(unfinished, { mode: 0o755 }),
      { signal: AbortSignal.timeout(UNPACK_WITHIN_MS) },
    );
    renameSync(unfinished, target);
    return target;
  } catch (fault) {
    rmSync(unfinished, { force: true });
    const why = fault instanceof Error ? fault.message : String(fault);
    throw fail({
      code: 'install.no-bundle',
      message: `The carried Node could not be unpacked into ${cacheFolder}: ${why}`,
      fix: 'Make room on this disk; an app that says this again should be installed again.',
    });
  }
}
