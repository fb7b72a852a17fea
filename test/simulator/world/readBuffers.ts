import { BLOCK_BYTES } from '../../../agent/core/record.ts';

export const EMPTY_BLOCK = new Uint8Array(BLOCK_BYTES);
/** Of each size; more reads than that are seldom on their way at once. */
const MAX_BUFFERS = 4;

/** What a read brings back, and the blocks that were copied into it: they are never changed in place. */
interface ReadBuffer {
  readonly data: Uint8Array;
  readonly copied: Uint8Array[];
}

/** Buffers that reads take and give back: most of a world's memory goes through here. */
export class ReadBuffers {
  readonly #free = new Map<number, ReadBuffer[]>();
  readonly #inUse = new WeakMap<Uint8Array, ReadBuffer>();

  /** So many blocks one behind the other; what still lies there from an earlier read is not copied again. */
  fill(blocks: number, blockAt: (index: number) => Uint8Array | undefined): Uint8Array {
    const buffer = this.#free.get(blocks)?.pop() ?? newBuffer(blocks);
    const { data, copied } = buffer;
    for (let index = 0; index < blocks; index += 1) {
      const present = blockAt(index) ?? EMPTY_BLOCK;
      if (copied[index] === present) continue;
      copied[index] = present;
      data.set(present, index * BLOCK_BYTES);
    }
    this.#inUse.set(data, buffer);
    return data;
  }

  /** It has been taken in. What was written into it would be found there by a later read: nobody may. */
  giveBack(data: Uint8Array): void {
    const buffer = this.#inUse.get(data);
    if (buffer === undefined) return;
    const blocks = data.length / BLOCK_BYTES;
    const known = this.#free.get(blocks);
    if (known === undefined) this.#free.set(blocks, [buffer]);
    else if (known.length < MAX_BUFFERS) known.push(buffer);
  }
}

function newBuffer(blocks: number): ReadBuffer {
  return {
    data: new Uint8Array(blocks * BLOCK_BYTES),
    copied: Array.from({ length: blocks }, () => EMPTY_BLOCK),
  };
}
