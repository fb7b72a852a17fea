import { sameBytes } from '../../../agent/core/bytes.ts';
import { BLOCK_BYTES } from '../../../agent/core/record.ts';
import type { IoOutcome } from '../../../agent/core/keeper/types.ts';
import type { EventQueue } from './queue.ts';
import type { Random } from './random.ts';
import { EMPTY_BLOCK, ReadBuffers } from './readBuffers.ts';

/** How a host reaches the store. `cut`: errors within a second. `stall`: hangs, and lands on healing. */
export type Reach = 'ok' | 'cut' | 'stall' | 'readonly';

type Done = (outcome: IoOutcome) => void;

interface Operation {
  readonly host: number;
  /** Ends with a reset of the host: lands within d, or never; nobody hears of it. */
  readonly boot: number;
  readonly isWrite: boolean;
  /** In the lease area: what of it lands in part is seen to be torn. Guests have their own means against that. */
  readonly isArea: boolean;
  readonly apply: (tear: boolean) => IoOutcome;
  readonly done: Done;
}

/** One host's way to the store. */
interface Path {
  reach: Reach;
  delayMs: number;
  tearNext: boolean;
  boot: number;
  lostBootAtMs: number;
  /** In the kernel or on the way, not landed yet. */
  readonly underWay: Set<Operation>;
  stalled: Operation[];
}

const ERROR_WITHIN_MS = 1000;
const SECTOR_BYTES = 512;
/** Stalled writes come through in a burst or over a while. */
const HEALS_WITHIN_MS = [40, 3000] as const;
const failed = (error: string): IoOutcome => ({ kind: 'failed', error });
const written: IoOutcome = { kind: 'written' };

export interface StoreOptions {
  readonly hosts: number;
  /** d: a write issued before a reset lands within this, or never. */
  readonly landWithinMs: number;
  /** How far back a scenario goes; 0: nothing is remembered. */
  readonly historyMs: number;
}

/** The shared store: 4 KiB blocks, each read and written whole or detectably torn, and the guests' disks. */
export class Store {
  readonly #queue: EventQueue;
  readonly #random: Random;
  readonly #options: StoreOptions;
  readonly #paths: Path[];
  readonly #blocks: (Uint8Array | undefined)[] = [];
  readonly #buffers = new ReadBuffers();
  #history: { readonly atMs: number; readonly block: number; readonly before: Uint8Array | undefined }[] = [];
  /** When a write last landed, by block; a roll-back is none. */
  readonly landedAtMs = new Map<number, number>();

  constructor(queue: EventQueue, random: Random, options: StoreOptions) {
    this.#queue = queue;
    this.#random = random;
    this.#options = options;
    this.#paths = Array.from({ length: options.hosts }, () => ({
      reach: 'ok',
      delayMs: 0,
      tearNext: false,
      boot: 0,
      lostBootAtMs: 0,
      underWay: new Set<Operation>(),
      stalled: [],
    }));
  }

  reach(host: number): Reach {
    return this.#path(host).reach;
  }

  delayMs(host: number): number {
    return this.#path(host).delayMs;
  }

  read(host: number, block: number, blocks: number, done: Done): void {
    const apply = (): IoOutcome => ({ kind: 'read', data: this.snapshot(block, blocks) });
    this.#submit({ host, isWrite: false, isArea: true, apply, done });
  }

  write(host: number, block: number, data: Uint8Array, done: Done): void {
    const apply = (tear: boolean): IoOutcome => {
      if (tear) this.#putTorn(block, data);
      else for (let at = 0; at < data.length; at += BLOCK_BYTES) this.#putPart(block, data, at);
      return tear ? failed('input/output error') : written;
    };
    this.#submit({ host, isWrite: true, isArea: true, apply, done });
  }

  /** I/O that has no blocks in the lease area: guests' disks, definitions. `landed` is called when it takes effect. */
  transfer(host: number, isWrite: boolean, landed: () => void, done: Done): void {
    const apply = (): IoOutcome => {
      landed();
      return written;
    };
    this.#submit({ host, isWrite, isArea: false, apply, done });
  }

  #submit(asked: Omit<Operation, 'boot'>): void {
    const { host, isWrite } = asked;
    const path = this.#path(host);
    const operation: Operation = { ...asked, boot: path.boot };
    if (path.reach === 'stall') {
      path.stalled.push(operation);
      return;
    }
    if (path.reach === 'cut' || (path.reach === 'readonly' && isWrite)) {
      this.#failSoon(operation);
      return;
    }
    if (isWrite) path.underWay.add(operation);
    const spreadMs = this.#random.chance(0.02) ? this.#random.between(20, 200) : 4;
    // A slow store is slow to take a write or slow to say so: both are looked for.
    const extraMs = path.delayMs === 0 ? 0 : path.delayMs * this.#random.next();
    const landsMs = 0.2 + this.#random.next() * spreadMs + extraMs;
    const backMs = this.#random.next() * spreadMs + (path.delayMs - extraMs);
    this.#queue.after(landsMs, () => this.#land(operation, backMs));
  }

  #failSoon(operation: Operation): void {
    const afterMs = this.#random.between(5, ERROR_WITHIN_MS);
    const error =
      this.#path(operation.host).reach === 'readonly' ? 'read-only file system' : 'input/output error';
    this.#queue.after(afterMs, () => this.#answer(operation, failed(error)));
  }

  #land(operation: Operation, backMs: number): void {
    const path = this.#path(operation.host);
    if (!path.underWay.delete(operation) && operation.isWrite) return;
    if (path.reach === 'stall') {
      path.stalled.push(operation);
      return;
    }
    if (path.reach === 'cut' && this.#random.chance(0.5)) {
      this.#failSoon(operation);
      return;
    }
    const tear = operation.isWrite && operation.isArea && path.tearNext;
    if (tear) path.tearNext = false;
    const outcome = operation.apply(tear);
    // A write that tore may also never come back: its process hangs for the rest of this boot.
    if (tear && this.#random.chance(0.3)) return;
    this.#queue.after(backMs, () => this.#answer(operation, outcome));
  }

  #answer(operation: Operation, outcome: IoOutcome): void {
    const path = this.#path(operation.host);
    if (operation.boot !== path.boot) return;
    // It has landed, and the answer hangs: whoever waits for it can't know.
    if (path.reach === 'stall') path.stalled.push({ ...operation, isWrite: false, apply: () => outcome });
    else operation.done(outcome);
  }

  setReach(host: number, reach: Reach): void {
    const path = this.#path(host);
    path.reach = reach;
    if (reach === 'stall') return;
    const waiting = path.stalled;
    path.stalled = [];
    const withinMs = this.#random.pick(HEALS_WITHIN_MS);
    for (const operation of waiting) {
      if (operation.isWrite) path.underWay.add(operation);
      this.#queue.after(this.#random.next() * withinMs, () => this.#land(operation, 2));
    }
  }

  setDelay(host: number, delayMs: number): void {
    this.#path(host).delayMs = delayMs;
  }

  tearNext(host: number): void {
    this.#path(host).tearNext = true;
  }

  /** The host is reset or loses power: what it had issued lands within d, or never, and may be torn by that. */
  hostGone(host: number): void {
    const path = this.#path(host);
    path.boot += 1;
    path.lostBootAtMs = this.#queue.nowMs;
    path.tearNext = false;
    const waiting = [...path.underWay, ...path.stalled.filter((one) => one.isWrite)];
    path.underWay.clear();
    path.stalled = [];
    for (const operation of waiting) {
      const fate = this.#random.next();
      if (fate < 0.4) continue;
      // At once, at any time, or at the last moment that is assumed.
      const share = fate < 0.55 ? 0 : fate < 0.75 ? 0.999 : this.#random.next();
      const afterMs = share * this.#options.landWithinMs;
      this.#queue.after(afterMs, () => operation.apply(fate > 0.9));
    }
  }

  /** The store goes back in time, as after the restore of a snapshot; never to before second 0. */
  rollback(backMs: number): void {
    const toMs = Math.max(0, this.#queue.nowMs - backMs);
    for (
      let last = this.#history.at(-1);
      last !== undefined && last.atMs > toMs;
      last = this.#history.at(-1)
    ) {
      this.#history.pop();
      this.#blocks[last.block] = last.before;
    }
  }

  /** Writes without a host, as the installer does. */
  put(block: number, bytes: Uint8Array): void {
    if (this.#options.historyMs > 0) {
      this.#history.push({ atMs: this.#queue.nowMs, block, before: this.#blocks[block] });
      if (this.#history.length > 20_000) this.#forgetOld();
    }
    this.#blocks[block] = bytes;
    this.landedAtMs.set(block, this.#queue.nowMs);
  }

  #forgetOld(): void {
    const fromMs = this.#queue.nowMs - this.#options.historyMs - 1000;
    this.#history = this.#history.filter((entry) => entry.atMs >= fromMs);
  }

  /** Null: never written. */
  block(block: number): Uint8Array | null {
    return this.#blocks[block] ?? null;
  }

  snapshot(block: number, blocks: number): Uint8Array {
    return this.#buffers.fill(blocks, (index) => this.#blocks[block + index]);
  }

  giveBack(data: Uint8Array): void {
    this.#buffers.giveBack(data);
  }

  #putPart(block: number, data: Uint8Array, at: number): void {
    this.put(
      block + at / BLOCK_BYTES,
      data.length === BLOCK_BYTES ? data : data.subarray(at, at + BLOCK_BYTES),
    );
  }

  /** Some sectors are the new ones, the others the old ones, in either order; never all of them. */
  #putTorn(block: number, data: Uint8Array): void {
    const blocks = data.length / BLOCK_BYTES;
    const mixed = this.snapshot(block, blocks);
    const used = lastByte(data) + 1;
    const sectors = Math.max(2, Math.ceil(used / SECTOR_BYTES));
    const cut = this.#random.between(1, sectors - 1) * SECTOR_BYTES;
    if (this.#random.chance(0.7)) mixed.set(data.subarray(0, cut));
    else mixed.set(data.subarray(cut), cut);
    for (let at = 0; at < mixed.length; at += BLOCK_BYTES) {
      // Where only zeros were torn off, nothing has landed.
      const old = this.#blocks[block + at / BLOCK_BYTES] ?? EMPTY_BLOCK;
      if (!sameBytes(old, mixed.subarray(at, at + BLOCK_BYTES))) this.#putPart(block, mixed, at);
    }
  }

  #path(host: number): Path {
    const path = this.#paths[host];
    if (path === undefined) throw new RangeError(`there is no host ${host}`);
    return path;
  }
}

function lastByte(data: Uint8Array): number {
  for (let index = data.length - 1; index >= 0; index -= 1) if (data[index] !== 0) return index;
  return 0;
}
