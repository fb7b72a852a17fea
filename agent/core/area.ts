import { ConfigBlock, type GroupConfig } from '../protocol/group.ts';
import { MAX_HOSTS, MAX_VMS } from '../protocol/ids.ts';
import { AreaHeader, HostLease, TokenBlock } from '../protocol/store.ts';
import { createDecodeMemo } from './decodeMemo.ts';
import {
  BLOCK_BYTES,
  type Decoded,
  RECORD_KIND,
  decodeRecord,
  encodeRecord,
  recordCapacityBytes,
  recordText,
} from './record.ts';

/** Where what lies in the lease area, in blocks of 4096 bytes. A change of any number needs a new LAYOUT_VERSION. */
const HEADER_COPIES = 2;
const LEASE_START = 8;
const CONFIG_START = 16;
const TOKEN_START = 272;
const DEFINITION_START = 1344;
const AREA_BLOCKS = 10_240;
/** 40 MiB: header, leases, configuration, tokens, and a definition pair for each token. */
export const AREA_BYTES = AREA_BLOCKS * BLOCK_BYTES;

/** A pair's halves; every multi-block record exists twice, see pair.ts. */
export const HALVES = [0, 1] as const;
export type Half = (typeof HALVES)[number];

export const CONFIG_BLOCKS = 16;
export const DEFINITION_BLOCKS = 64;
export const TOKEN_READ_BLOCKS = MAX_HOSTS * HALVES.length;
export const CONFIG_READ_BLOCKS = MAX_HOSTS * HALVES.length * CONFIG_BLOCKS;
/** The periodic read takes the header along: a foreign area is noticed within one period, for nothing. */
export const LEASE_READ_BLOCKS = LEASE_START + MAX_HOSTS;

/**
 * Records remembered by their bytes: as many tables as a group of three hosts with all its tokens has, and the leases of
 * a few periods. About 1 MB when all is full of records of the usual size.
 */
const leases = createDecodeMemo<HostLease>(4 * MAX_HOSTS);
const tokenBlocks = createDecodeMemo<TokenBlock>(6 * MAX_VMS);
const configBlocks = createDecodeMemo<ConfigBlock>(HALVES.length * MAX_HOSTS);

export function leaseBlock(slot: number): number {
  return LEASE_START + slot;
}

export function configBlock(slot: number, half: Half): number {
  return CONFIG_START + (slot * HALVES.length + half) * CONFIG_BLOCKS;
}

export function tokenBlock(token: number, slot: number, half: Half): number {
  return TOKEN_START + token * TOKEN_READ_BLOCKS + slot * HALVES.length + half;
}

export function definitionBlock(token: number, half: Half): number {
  return DEFINITION_START + (token * HALVES.length + half) * DEFINITION_BLOCKS;
}

/** The bytes of block `block` within a read that began at `firstBlock`. */
export function blockOf(data: Uint8Array, firstBlock: number, block: number, blocks = 1): Uint8Array {
  const from = (block - firstBlock) * BLOCK_BYTES;
  return data.subarray(from, from + blocks * BLOCK_BYTES);
}

/** Blocks 0 and 1 of a new area; the installer writes them, agents never do (rule 15). */
export function areaHeaderBlocks(header: AreaHeader): Uint8Array {
  const bytes = new Uint8Array(HEADER_COPIES * BLOCK_BYTES);
  const block = encodeRecord(RECORD_KIND.areaHeader, header, 1);
  for (let copy = 0; copy < HEADER_COPIES; copy += 1) {
    bytes.set(block, copy * BLOCK_BYTES);
  }
  return bytes;
}

export function decodeAreaHeader(block: Uint8Array): Decoded<AreaHeader> {
  return decodeRecord(block, RECORD_KIND.areaHeader, AreaHeader);
}

/** The configuration that the installer puts on a fresh area: decided, in slot 0's first half. */
export function firstConfigBlock(config: GroupConfig): { readonly block: number; readonly data: Uint8Array } {
  const record: ConfigBlock = {
    areaId: config.areaId,
    slot: 0,
    epoch: 0,
    writeSeq: 1,
    paxos: { instance: config.generation, mbal: 0, bal: 0, inp: null },
    decided: config,
  };
  return { block: configBlock(0, 0), data: encodeConfigBlock(record) };
}

export function encodeLease(lease: HostLease): Uint8Array {
  return encodeRecord(RECORD_KIND.lease, lease, 1);
}

/** A record of another area or slot says nothing about this slot. */
export function decodeLease(block: Uint8Array, areaId: string, slot: number): Decoded<HostLease> {
  return owned(decodeRecord(block, RECORD_KIND.lease, HostLease, leases), areaId, slot);
}

export function encodeTokenBlock(block: TokenBlock): Uint8Array {
  return encodeRecord(RECORD_KIND.token, block, 1);
}

export function decodeTokenBlock(
  block: Uint8Array,
  areaId: string,
  slot: number,
  token: number,
): Decoded<TokenBlock> {
  const decoded = owned(decodeRecord(block, RECORD_KIND.token, TokenBlock, tokenBlocks), areaId, slot);
  if (decoded.kind === 'record' && decoded.value.token !== token) {
    return { kind: 'unreadable', reason: 'a record of another token' };
  }
  return decoded;
}

/** @throws RangeError when it does not fit; `configFits` tells beforehand. */
export function encodeConfigBlock(block: ConfigBlock): Uint8Array {
  return encodeRecord(RECORD_KIND.config, block, CONFIG_BLOCKS);
}

export function decodeConfigBlock(bytes: Uint8Array, areaId: string, slot: number): Decoded<ConfigBlock> {
  return owned(decodeRecord(bytes, RECORD_KIND.config, ConfigBlock, configBlocks), areaId, slot);
}

/** Room for the record's own fields beside the two configurations. */
const CONFIG_RECORD_OVERHEAD_BYTES = 512;

/** Whether a configuration and its successor of like size fit into one configuration block. */
export function configFits(config: GroupConfig): boolean {
  return recordText(config).length * 2 + CONFIG_RECORD_OVERHEAD_BYTES <= recordCapacityBytes(CONFIG_BLOCKS);
}

function owned<Value extends { areaId: string; slot: number }>(
  decoded: Decoded<Value>,
  areaId: string,
  slot: number,
): Decoded<Value> {
  if (decoded.kind !== 'record' || (decoded.value.areaId === areaId && decoded.value.slot === slot)) {
    return decoded;
  }
  return { kind: 'unreadable', reason: 'a record of another area or slot' };
}
