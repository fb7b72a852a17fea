import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import { asFailure, fail } from '../failures.ts';
import type { HostSession } from '../ssh/session.ts';
import { probe } from './probe.ts';

/** File systems of the kernel's statfs numbers (statfs(2)) that take O_DIRECT and keep everything in memory. */
const lyingTypes: ReadonlyMap<number, string> = new Map([
  [0x01_02_19_94, 'tmpfs'],
  [0x85_84_58_f6, 'ramfs'],
]);

export interface Proof {
  readonly kind: 'folder' | 'device';
  readonly path: string;
  /** Hosts in pairs, writer first, for each write that was seen on the other side at once. */
  readonly seen: readonly { readonly writer: string; readonly reader: string }[];
}

/**
 * Proves that a place is the same for all hosts and free of stale caches: each host writes with direct I/O what only it
 * can know, every other reads it back with direct I/O; then it is overwritten and must be seen changed at once, although
 * the reader has the old content in its page cache. Leaves nothing behind. Throws a FailureError.
 * A device must be blank: the caller has inspected it.
 */
export async function proveSharing(
  sessions: readonly HostSession[],
  place: { readonly kind: 'folder' | 'device'; readonly path: string },
): Promise<Proof> {
  const seen: { writer: string; reader: string }[] = [];
  for (const [index, writer] of sessions.entries()) {
    const readers = sessions.filter((session) => session !== writer);
    const name = `.understudy-proof-${randomBytes(8).toString('hex')}-${index}`;
    const path = place.kind === 'folder' ? posix.join(place.path, name) : place.path;
    try {
      await proveFrom(writer, readers, path, place.kind === 'folder');
    } finally {
      await cleanUp(writer, path, place.kind);
    }
    for (const reader of readers) seen.push({ writer: writer.hostName, reader: reader.hostName });
  }
  return { ...place, seen };
}

async function proveFrom(
  writer: HostSession,
  readers: readonly HostSession[],
  path: string,
  create: boolean,
): Promise<void> {
  const first = randomBytes(16).toString('hex');
  const placed = await probe(writer, 'place', { path, nonce: first, create });
  const lying = lyingTypes.get(placed.fileSystemType);
  if (lying !== undefined && create) throw liesAboutDirect(writer.hostName, path, lying);
  await Promise.all(readers.map((reader) => expectNonce(writer, reader, path, first, true)));
  const second = randomBytes(16).toString('hex');
  await probe(writer, 'place', { path, nonce: second, create: false });
  await Promise.all(readers.map((reader) => expectNonce(writer, reader, path, second, false)));
}

async function expectNonce(
  writer: HostSession,
  reader: HostSession,
  path: string,
  nonce: string,
  fresh: boolean,
): Promise<void> {
  const found = await probe(reader, 'look', { path, warm: fresh });
  if (found.nonce === nonce) return;
  if (fresh) throw notShared(writer.hostName, reader.hostName, path);
  throw staleRead(writer.hostName, reader.hostName, path);
}

/** Best effort: a proof file that stays behind is harmless, and the failure that led here says more. */
async function cleanUp(writer: HostSession, path: string, kind: 'folder' | 'device'): Promise<void> {
  try {
    await probe(writer, kind === 'folder' ? 'remove' : 'wipe', { path });
  } catch (fault) {
    asFailure(fault);
  }
}

function notShared(writer: string, reader: string, path: string): Error {
  const folder = posix.dirname(path);
  return fail({
    code: 'store.not-shared',
    message: `${folder} is not the same place on ${writer} and ${reader}: what one writes the other does not see.`,
    meaning: 'The leases, and the disks of the VMs, must be one place that all hosts see.',
    fix: 'Mount the same export or the same LUN on both hosts. Check that it is mounted at all: an empty mount point looks like this.',
  });
}

function staleRead(writer: string, reader: string, path: string): Error {
  return fail({
    code: 'store.direct-io-lies',
    message: `On ${reader}, direct I/O on ${posix.dirname(path)} gives old data: a change made by ${writer} was not seen.`,
    meaning:
      'Something between the host and the store caches although it must not. A host could believe a dead lease alive, or the other way round.',
    fix: 'Mount without caching between client and server (no cachefilesd, no writeback proxies), or use another store.',
  });
}

function liesAboutDirect(host: string, path: string, type: string): Error {
  return fail({
    code: 'store.direct-io-lies',
    message: `On ${host}, ${posix.dirname(path)} is ${type}: it takes direct I/O but keeps everything in memory.`,
    fix: 'Use a store that is on disks and shared.',
  });
}
