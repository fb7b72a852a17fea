import { blockOf, decodeLease, leaseBlock } from '../../../../agent/core/area.ts';
import { BLOCK_BYTES } from '../../../../agent/core/record.ts';
import type { HostLease } from '../../../../agent/protocol/store.ts';
import { type Disk, type Host, type World, areaId, bootId, clock } from './world.ts';

/** What of the records on the store matters for a world's future: see `key.ts`. */

/** Records further apart than the renewals that can be on their way are just old. */
const FAR_BEHIND = 6;

export function behind(count: number): string {
  return count > FAR_BEHIND ? 'o' : `${count}`;
}

export function leaseKey(world: World, value: HostLease | null): string {
  if (value === null) {
    return '-';
  }
  const owner = world.hosts[value.slot];
  const { bootId: boot, state, watchdog, configGeneration } = value;
  const now = owner?.on === true && bootId(owner) === boot;
  const newest = now
    ? (owner.keeper?.seqIssued ?? owner.runFile?.leaseSeqIssued ?? 0)
    : (owner?.formerSeqs.get(boot) ?? 0);
  const hint = now ? (owner.keeper?.tokensHint ?? 0) - value.tokensHint : 0;
  const configHint = now ? (owner.keeper?.configHint ?? 0) - value.configHint : 0;
  const who = incarnation(world, value.slot, value);
  const tokens = `${value.holds?.join()} ${value.givenUp?.map((one) => `${one.token} ${one.note.generation}`).join()}`;
  return `${who} ${behind(newest - value.seq)} ${state} ${watchdog} ${configGeneration} ${behind(hint)} ${behind(configHint)} ${tokens} ${value.vouches?.map((one) => `${one.slot} ${incarnation(world, one.slot, one)}`).join()}`;
}

/** Boots are numbered in the end of their names; how often it has asked counts from what it asks now. */
export function incarnation(
  world: World,
  slot: number,
  { bootId: boot, epoch, ask }: Pick<HostLease, 'bootId' | 'epoch' | 'ask'>,
): string {
  const owner = world.hosts[slot];
  const isNow = owner?.on === true && bootId(owner) === boot;
  const asks = isNow ? (owner.keeper?.ask ?? owner.runFile?.ask ?? 0) : (ask ?? 0);
  return `${boot.slice(-8)} ${epoch} ${behind(asks - (ask ?? 0))}`;
}

const LAST_LEASE = 16;

export function diskKey(world: World, disk: Disk): string {
  let text = '';
  for (const [block, data] of disk) {
    text += `${blockKey(world, block, data)};`;
  }
  return text;
}

const leases = new WeakMap<Uint8Array, HostLease | null>();

export function blockKey(world: World, block: number, data: Uint8Array): string {
  if (block < 2) {
    return '';
  }
  if (block < LAST_LEASE) {
    let record = leases.get(data);
    if (record === undefined) {
      const slot = block - leaseBlock(0);
      const decoded = decodeLease(blockOf(data, 0, 0), areaId, slot);
      record = decoded.kind === 'record' ? decoded.value : null;
      leases.set(data, record);
    }
    return record === null ? hash(data) : leaseKey(world, record);
  }
  return hash(data);
}

const hashes = new WeakMap<Uint8Array, string>();

function hash(data: Uint8Array): string {
  let known = hashes.get(data);
  if (known === undefined) {
    let value = 0;
    for (const byte of data.subarray(0, BLOCK_BYTES)) {
      value = (Math.imul(value ^ byte, 0x01000193) + 0x9e37) | 0;
    }
    known = `${value}`;
    hashes.set(data, known);
  }
  return known;
}

const NONCE_TIME_RANGE = 2 ** 32;

/** @param age - how long ago a time of a host's own clock is. */
export function letterKey(
  world: World,
  { from, to, message }: World['mail'][number],
  age: (at: { world: World; host: Host; nowMs: number }, ms: number) => string,
): string {
  if (message.kind === 'drained' || message.kind === 'released') {
    return `${from}>${to} ${message.kind} ${'epoch' in message ? message.epoch : ''}`;
  }
  const asker = world.hosts[message.kind === 'challenge' ? from : to];
  const sent =
    asker === undefined
      ? ''
      : age({ world, host: asker, nowMs: clock(world, asker) }, message.nonce % NONCE_TIME_RANGE);
  const epoch = Math.floor(message.nonce / NONCE_TIME_RANGE);
  return `${from}>${to} ${message.kind} ${epoch} ${sent} ${message.kind === 'answer' ? message.cannotReachStore : ''}`;
}

const numbers = new WeakMap<object, number>();
const numberOfText = new Map<string, number>();

/** For values without times, replaced and never changed: a number that equal ones share. */
export function fixed(value: object | null): string {
  if (value === null) {
    return '-';
  }
  let known = numbers.get(value);
  if (known === undefined) {
    const text = JSON.stringify(value, (_, inner: unknown) =>
      inner instanceof Map || inner instanceof Set ? [...inner] : inner,
    );
    known = numberOfText.get(text) ?? numberOfText.size;
    numberOfText.set(text, known);
    numbers.set(value, known);
  }
  return `#${known}`;
}
