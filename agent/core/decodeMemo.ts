import { sameBytes } from './bytes.ts';

/**
 * Records that were decoded before, by their bytes. Most of what a keeper reads has been read before: tables change
 * seldom. The same bytes are the same record, so that nothing but time depends on what is remembered here.
 */
export interface DecodeMemo<Value> {
  /** The record that was decoded from exactly these bytes `[0..end)` of a block; null: decode it. */
  readonly find: (checksum: number, block: Uint8Array, end: number) => Value | null;
  /** It is frozen as soon as it is found again: everybody who reads the same bytes shares it then. */
  readonly keep: (checksum: number, block: Uint8Array, end: number, value: Value) => void;
}

interface Entry<Value> {
  readonly end: number;
  /** The record, and of the zeros behind it what makes whole words. */
  readonly bytes: Uint8Array;
  readonly value: Value;
  isShared: boolean;
}

const WORD_BYTES = 8;

/** @param most - entries; what was decoded first is forgotten first. */
export function createDecodeMemo<Value>(most: number): DecodeMemo<Value> {
  const entries = new Map<number, Entry<Value>>();
  return {
    find: (checksum, block, end) => {
      const entry = entries.get(checksum);
      if (entry === undefined || entry.end !== end || !sameBytes(entry.bytes, wholeWords(block, end))) {
        return null;
      }
      if (!entry.isShared) {
        entry.isShared = true;
        freezeAll(entry.value);
      }
      return entry.value;
    },
    keep: (checksum, block, end, value) => {
      const [oldest] = entries.keys();
      if (entries.size >= most && oldest !== undefined) {
        entries.delete(oldest);
      }
      entries.set(checksum, { end, bytes: wholeWords(block, end).slice(), value, isShared: false });
    },
  };
}

function wholeWords(block: Uint8Array, end: number): Uint8Array {
  return block.subarray(0, Math.ceil(end / WORD_BYTES) * WORD_BYTES);
}

function freezeAll(value: unknown): void {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    for (const part of Object.values(value)) {
      freezeAll(part);
    }
  }
}
