import { lstatSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  AREA_BYTES,
  areaHeaderBlocks,
  CONFIG_BLOCKS,
  HALVES,
  decodeConfigBlock,
  configBlock,
  decodeAreaHeader,
  firstConfigBlock,
} from '../core/area.ts';
import { BLOCK_BYTES } from '../core/record.ts';
import type { GroupConfig } from '../protocol/group.ts';
import type { AreaHeader } from '../protocol/store.ts';
import { DirectFile, isProof, MAX_TRANSFER_BYTES, PROOF_BLOCKS } from './directFile.ts';
import { syncFolder } from './syncFolder.ts';

/** What lies where a lease area is to be. Only `absent` and `blank` may be formatted. */
export type AreaState =
  | { readonly kind: 'absent'; readonly freeBytes: number }
  /** Nothing but zeros; `begun`: an earlier formatting stopped before it wrote the header. */
  | { readonly kind: 'blank'; readonly begun: boolean }
  /** `config`: the configuration that the first host has last seen decided. */
  | { readonly kind: 'area'; readonly header: AreaHeader; readonly config: GroupConfig | null }
  | { readonly kind: 'newer'; readonly version: number }
  /** A damaged area, or somebody else's data. */
  | { readonly kind: 'foreign'; readonly why: string };

const zeroBlock = Buffer.alloc(BLOCK_BYTES);
const MAGIC = Buffer.from('USTD', 'latin1');

/** Reads what is at `path`, with direct I/O; changes nothing. Throws what the system says. */
export function inspectArea(path: string): AreaState {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) {
    const space = statfsSync(dirname(path));
    return { kind: 'absent', freeBytes: space.bavail * space.bsize };
  }
  if (stat.isDirectory()) return { kind: 'foreign', why: 'it is a folder' };
  const target = stat.isSymbolicLink() ? resolveDevice(path) : path;
  const file = new DirectFile(target, 'read');
  try {
    const first = file.read(0, 2 * BLOCK_BYTES);
    for (const offset of [0, BLOCK_BYTES]) {
      const state = headerState(Buffer.from(first.subarray(offset, offset + BLOCK_BYTES)));
      if (state?.kind === 'area') return { ...state, config: decidedConfig(file, state.header) };
      if (state !== null) return state;
    }
    return emptiness(file, stat.isFile());
  } finally {
    file.close();
  }
}

function decidedConfig(file: DirectFile, header: AreaHeader): GroupConfig | null {
  let newest: GroupConfig | null = null;
  for (const half of HALVES) {
    const bytes = file.read(configBlock(0, half) * BLOCK_BYTES, CONFIG_BLOCKS * BLOCK_BYTES);
    const decoded = decodeConfigBlock(Buffer.from(bytes), header.areaId, 0);
    const found = decoded.kind === 'record' ? decoded.value.decided : null;
    if (found !== null && found.generation > (newest?.generation ?? 0)) newest = found;
  }
  return newest;
}

/** Only names below /dev may be links: they are how block devices are named for ever. */
function resolveDevice(path: string): string {
  if (!path.startsWith('/dev/')) throw new Error(`${path} is a symbolic link`);
  return path;
}

function headerState(block: Buffer): AreaState | null {
  const decoded = decodeAreaHeader(block);
  switch (decoded.kind) {
    case 'record':
      return { kind: 'area', header: decoded.value, config: null };
    case 'newer':
      return { kind: 'newer', version: decoded.version };
    case 'unreadable':
      return block.subarray(0, MAGIC.length).equals(MAGIC)
        ? { kind: 'foreign', why: `a damaged lease area: ${decoded.reason}` }
        : null;
    case 'empty':
      return null;
  }
}

/** Zero from end to end, but for the configuration that an interrupted formatting may have left. */
function emptiness(file: DirectFile, mayBeShort: boolean): AreaState {
  let begun = false;
  for (let offset = 0; offset < AREA_BYTES; offset += MAX_TRANSFER_BYTES) {
    const wanted = Math.min(MAX_TRANSFER_BYTES, AREA_BYTES - offset);
    const data = file.read(offset, wanted);
    if (data.length < wanted && !mayBeShort) return { kind: 'foreign', why: 'it is smaller than 40 MiB' };
    begun ||= data.length < wanted;
    for (let at = 0; at < data.length; at += BLOCK_BYTES) {
      const block = data.subarray(at, at + BLOCK_BYTES);
      if (block.equals(zeroBlock.subarray(0, block.length))) continue;
      if (offset + at < PROOF_BLOCKS * BLOCK_BYTES && isProof(block)) continue;
      if (!isFirstConfig(data, (offset + at) / BLOCK_BYTES)) {
        return { kind: 'foreign', why: `there is data at byte ${offset + at}` };
      }
      begun = true;
    }
  }
  return { kind: 'blank', begun };
}

/** Whether a block that is not zero belongs to the first configuration, which is written before the header. */
function isFirstConfig(firstTransfer: Buffer, block: number): boolean {
  const start = configBlock(0, 0);
  const magic = firstTransfer.subarray(start * BLOCK_BYTES, start * BLOCK_BYTES + MAGIC.length);
  return block >= start && block < start + CONFIG_BLOCKS && magic.equals(MAGIC);
}

/**
 * Makes a lease area: zeros, the group's first configuration as decided, and the header last, so that an area is whole
 * or not one. Refuses anything but an absent or blank place. Never called by an agent on its own (rule 15).
 */
export function formatArea(path: string, header: AreaHeader, config: GroupConfig): Record<string, unknown> {
  if (header.areaId !== config.areaId || header.groupId !== config.groupId) {
    throw new Error('header and configuration name different groups');
  }
  const state = inspectArea(path);
  if (state.kind !== 'absent' && state.kind !== 'blank') return { formatted: false, area: state };
  const file = new DirectFile(path, state.kind === 'absent' ? 'create' : 'write');
  try {
    const zeros = new Uint8Array(MAX_TRANSFER_BYTES);
    for (let offset = 0; offset < AREA_BYTES; offset += zeros.length) {
      file.write(offset, zeros.subarray(0, Math.min(zeros.length, AREA_BYTES - offset)));
    }
    const first = firstConfigBlock(config);
    file.write(first.block * BLOCK_BYTES, first.data);
    file.write(0, areaHeaderBlocks(header));
  } finally {
    file.close();
  }
  if (state.kind === 'absent') syncFolder(dirname(path));
  return { formatted: true, area: inspectArea(path) };
}
