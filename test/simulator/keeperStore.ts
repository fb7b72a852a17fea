import { BLOCK_BYTES } from '../../agent/core/record.ts';
import type { EventQueue } from './keeperClock.ts';
import type { Random } from './keeperRandom.ts';

/** How a host reaches the store. `cut`: errors within a second, nothing lands. `stall`: hangs, and lands on healing. */
export type Reach = 'ok' | 'cut' | 'stall' | 'readonly';

export type StoreOutcome =
  | { readonly kind: 'read'; readonly data: Uint8Array }
  | { readonly kind: 'written' }
  | { readonly kind: 'failed'; readonly error: string };

interface Operation {
  readonly host: number;
  /** Ends with a reset of the host, at once or when its last effect has landed. */
  readonly boot: number;
  readonly apply: (tear: boolean) => StoreOutcome;
  readonly writes: boolean;
  readonly done: (outcome: StoreOutcome) => void;
}

const ERROR_WITHIN_MS = 1000;

/** The shared store: 4 KiB blocks, each read and written whole or detectably torn. */
export class SimStore {
  readonly reach: Reach[];
  readonly delayMs: number[];
  /** How much later than the landing the answer comes back, at most. */
  readonly answerDelayMs: number[];
  readonly boots: number[];
  tearNext: number | null = null;
  private blocks = new Map<number, Uint8Array>();
  private stalled: Operation[] = [];
  private readonly history: {
    readonly atMs: number;
    readonly block: number;
    readonly before: Uint8Array | null;
  }[] = [];
  private readonly queue: EventQueue;
  private readonly random: Random;

  constructor(queue: EventQueue, random: Random, hosts: number) {
    this.queue = queue;
    this.random = random;
    this.reach = Array.from({ length: hosts }, () => 'ok' as const);
    this.delayMs = Array.from({ length: hosts }, () => 0);
    this.answerDelayMs = Array.from({ length: hosts }, () => 0);
    this.boots = Array.from({ length: hosts }, () => 0);
  }

  read(host: number, block: number, blocks: number, done: Operation['done']): void {
    this.submit({
      host,
      boot: this.boots[host] ?? 0,
      writes: false,
      apply: () => ({ kind: 'read', data: this.snapshot(block, blocks) }),
      done,
    });
  }

  write(host: number, block: number, data: Uint8Array, done: Operation['done']): void {
    const copy = data.slice();
    const apply = (tear: boolean): StoreOutcome => {
      for (let index = 0; index * BLOCK_BYTES < copy.length; index += 1) {
        const bytes = copy.slice(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES);
        this.put(block + index, tear ? this.torn(block + index, bytes) : bytes);
      }
      return tear ? { kind: 'failed', error: 'torn' } : { kind: 'written' };
    };
    this.submit({ host, boot: this.boots[host] ?? 0, writes: true, apply, done });
  }

  /** A guest's write; `landed` is called if and when it reaches the disk, `done` when QEMU hears of it. */
  guestWrite(host: number, landed: () => void, done: Operation['done']): void {
    const apply = (): StoreOutcome => {
      landed();
      return { kind: 'written' };
    };
    this.submit({ host, boot: this.boots[host] ?? 0, writes: true, apply, done });
  }

  private submit(operation: Operation): void {
    const { queue, random } = this;
    const reach = this.reach[operation.host] ?? 'ok';
    if (reach === 'stall') {
      this.stalled.push(operation);
      return;
    }
    if (reach === 'cut' || (reach === 'readonly' && operation.writes)) {
      queue.after(random.between(5, ERROR_WITHIN_MS), () => {
        this.report(operation, { kind: 'failed', error: 'input/output error' });
      });
      return;
    }
    const spreadMs = random.chance(0.02) ? random.between(20, 200) : random.between(1, 6);
    const landsMs = random.between(1, spreadMs) + (this.delayMs[operation.host] ?? 0);
    queue.after(landsMs, () => this.land(operation, spreadMs));
  }

  private land(operation: Operation, backMs: number): void {
    const { random } = this;
    if (this.dropped(operation)) {
      if (operation.writes && random.chance(0.5)) {
        operation.apply(false);
      }
      return;
    }
    if (this.reach[operation.host] === 'stall') {
      this.stalled.push(operation);
      return;
    }
    const tear = operation.writes && this.tearNext === operation.host;
    if (tear) {
      this.tearNext = null;
    }
    const outcome = operation.apply(tear);
    const answerMs = random.between(0, backMs + (this.answerDelayMs[operation.host] ?? 0));
    this.queue.after(answerMs, () => this.report(operation, outcome));
  }

  private report(operation: Operation, outcome: StoreOutcome): void {
    if (!this.dropped(operation)) {
      operation.done(outcome);
    }
  }

  private dropped(operation: Operation): boolean {
    return operation.boot !== this.boots[operation.host];
  }

  setReach(host: number, reach: Reach): void {
    this.reach[host] = reach;
    if (reach === 'stall') {
      return;
    }
    const waiting = this.stalled.filter((operation) => operation.host === host);
    this.stalled = this.stalled.filter((operation) => operation.host !== host);
    const withinMs = this.random.pick([40, 3000]);
    for (const operation of waiting) {
      this.queue.after(this.random.between(0, withinMs), () => this.land(operation, 5));
    }
  }

  /** A reset: what the host had issued lands within `withinMs`, or never. */
  hostReset(host: number, withinMs: number): void {
    const waiting = this.stalled.filter((operation) => operation.host === host);
    this.stalled = this.stalled.filter((operation) => operation.host !== host);
    this.boots[host] = (this.boots[host] ?? 0) + 1;
    for (const operation of waiting) {
      if (operation.writes && this.random.chance(0.5)) {
        this.queue.after(this.random.between(0, withinMs), () => operation.apply(false));
      }
    }
  }

  /** The store goes back in time, as after the restore of a snapshot. */
  rollback(toMs: number): void {
    for (let last = this.history.at(-1); last !== undefined && last.atMs > toMs; last = this.history.at(-1)) {
      this.history.pop();
      if (last.before === null) {
        this.blocks.delete(last.block);
      } else {
        this.blocks.set(last.block, last.before);
      }
    }
  }

  /** Writes without a host, as the installer does. */
  put(block: number, bytes: Uint8Array): void {
    this.history.push({ atMs: this.queue.nowMs, block, before: this.blocks.get(block) ?? null });
    this.blocks.set(block, bytes);
  }

  snapshot(block: number, blocks: number): Uint8Array {
    const data = new Uint8Array(blocks * BLOCK_BYTES);
    for (let index = 0; index < blocks; index += 1) {
      const bytes = this.blocks.get(block + index);
      if (bytes !== undefined) {
        data.set(bytes, index * BLOCK_BYTES);
      }
    }
    return data;
  }

  private torn(block: number, bytes: Uint8Array): Uint8Array {
    const mixed = this.blocks.get(block)?.slice() ?? new Uint8Array(BLOCK_BYTES);
    mixed.set(bytes.subarray(0, 512 * this.random.between(1, 3)));
    mixed[600] = 1;
    return mixed;
  }
}
