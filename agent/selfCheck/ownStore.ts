import { mkdirSync } from 'node:fs';
import {
  blockOf,
  CONFIG_BLOCKS,
  configBlock,
  decodeAreaHeader,
  decodeConfigBlock,
  decodeLease,
  HALVES,
  LEASE_READ_BLOCKS,
  leaseBlock,
} from '../core/area.ts';
import type { Decoded } from '../core/record.ts';
import { openStoreLane, type StoreAccess } from '../keeper/openStoreLane.ts';
import type { Paths } from '../paths.ts';
import type { HostSettings } from '../protocol/group.ts';

/** As patient as the slowest profile's lease: a store that is slower than that has other worries than an update. */
const READ_MS = 10_000;
/** The keeper in service writes its records meanwhile: one that is caught half written is whole at the next look. */
const LOOKS = 3;

/**
 * Reads the lease area with this version's own store-io child and understands this host's own records in it. Nothing is
 * written there. Throws why a keeper of this version could not go on with them.
 */
export async function readOwnStore(
  paths: Paths,
  settings: HostSettings,
  self: readonly string[],
): Promise<void> {
  // A keeper that has run in this boot has made it; the child notes there what it does.
  mkdirSync(paths.ioDir, { recursive: true, mode: 0o700 });
  const lane = openStoreLane({ self, paths, settings, lane: 'self-check', notice: () => undefined });
  try {
    let wrong: string | null = null;
    for (let look = 0; look < LOOKS; look += 1) {
      wrong = await whatIsWrong(lane, settings);
      if (wrong === null) return;
    }
    throw new Error(wrong ?? 'not looked at');
  } finally {
    lane.close();
  }
}

async function whatIsWrong(lane: StoreAccess, { areaId, slot }: HostSettings): Promise<string | null> {
  const leases = await read(lane, 0, LEASE_READ_BLOCKS);
  const headers = [0, 1].map((block) => decodeAreaHeader(blockOf(leases, 0, block)));
  if (!headers.some((header) => header.kind === 'record' && header.value.areaId === areaId)) {
    return `the header of the lease area: ${headers.map(reasonOf).join(', ')}`;
  }
  const lease = decodeLease(blockOf(leases, 0, leaseBlock(slot)), areaId, slot);
  if (!isUsable(lease)) return `this host's lease record: ${reasonOf(lease)}`;
  const first = configBlock(slot, 0);
  const pair = await read(lane, first, HALVES.length * CONFIG_BLOCKS);
  const configs = HALVES.map((half) =>
    decodeConfigBlock(blockOf(pair, first, configBlock(slot, half), CONFIG_BLOCKS), areaId, slot),
  );
  return configs.some(isUsable)
    ? null
    : `this host's configuration record: ${configs.map(reasonOf).join(', ')}`;
}

/** A slot that was never written is as good as one that can be read. */
const isUsable = ({ kind }: Decoded<unknown>): boolean => kind === 'record' || kind === 'empty';

function reasonOf(decoded: Decoded<unknown>): string {
  switch (decoded.kind) {
    case 'record':
      return 'of another group';
    case 'empty':
      return 'empty';
    case 'newer':
      return `of the newer layout ${decoded.version}`;
    case 'unreadable':
      return decoded.reason;
  }
}

async function read(lane: StoreAccess, block: number, blocks: number): Promise<Uint8Array> {
  const outcome = await lane.read(block, blocks, READ_MS);
  if (outcome.kind === 'read') return outcome.data;
  throw new Error(
    outcome.kind === 'failed'
      ? `the lease area can not be read: ${outcome.error}`
      : `the lease area did not answer within ${READ_MS / 1000} s`,
  );
}
