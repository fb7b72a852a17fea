/** Comparing what was read, as fast as it goes: a keeper does it with every block that it reads. */

const WORD_BYTES = 8;

/** The same bytes as whole words; null where they don't lie at a word's border. Blocks of a read always do. */
function words(bytes: Uint8Array): BigInt64Array | null {
  const { buffer, byteOffset, length } = bytes;
  const isAligned = byteOffset % WORD_BYTES === 0 && length % WORD_BYTES === 0;
  return isAligned ? new BigInt64Array(buffer, byteOffset, length / WORD_BYTES) : null;
}

/** Whether nothing but zeros lies from `from` on. */
export function isZero(bytes: Uint8Array, from: number): boolean {
  // Nearly always a record's magic: not worth a view of words.
  if (bytes[from] !== 0 && from < bytes.length) {
    return false;
  }
  const whole = words(bytes);
  const wordsFrom = Math.ceil(from / WORD_BYTES);
  const bytewiseTo = whole === null ? bytes.length : Math.min(wordsFrom * WORD_BYTES, bytes.length);
  for (let index = from; index < bytewiseTo; index += 1) {
    if (bytes[index] !== 0) {
      return false;
    }
  }
  if (whole !== null) {
    for (let index = wordsFrom; index < whole.length; index += 1) {
      if (whole[index] !== 0n) {
        return false;
      }
    }
  }
  return true;
}

/** Whether two blocks hold the same bytes; the only comparison that counts as "unchanged" (rule 4). */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) {
    return false;
  }
  const leftWords = words(left);
  const rightWords = words(right);
  return leftWords !== null && rightWords !== null
    ? sameWords(leftWords, rightWords)
    : sameElements(left, right);
}

function sameWords(left: BigInt64Array, right: BigInt64Array): boolean {
  for (let index = 0; index < left.length; index += 1) {
    if (left[index] !== right[index]) {
      return false;
    }
  }
  return true;
}

function sameElements(left: Uint8Array, right: Uint8Array): boolean {
  for (let index = 0; index < left.length; index += 1) {
    if (left[index] !== right[index]) {
      return false;
    }
  }
  return true;
}
