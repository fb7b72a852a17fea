/** CRC-32C (Castagnoli): polynomial 0x1edc6f41, reflected, initial value and final xor all ones; RFC 3720, B.4. */
const REFLECTED_POLYNOMIAL = 0x82f63b78;
const ENTRIES = 256;
/** Four bytes at a time: table `n` holds what a byte does to the checksum when `n` more bytes follow it. */
const SLICES = 4;

const table = makeTables();

function makeTables(): Int32Array {
  const entries = new Int32Array(SLICES * ENTRIES);
  for (let index = 0; index < ENTRIES; index += 1) {
    let value = index;
    for (let bit = 0; bit < 8; bit += 1) {
      value = (value & 1) === 1 ? (value >>> 1) ^ REFLECTED_POLYNOMIAL : value >>> 1;
    }
    entries[index] = value;
  }
  for (let index = ENTRIES; index < SLICES * ENTRIES; index += 1) {
    const before = entries[index - ENTRIES] ?? 0;
    entries[index] = (before >>> 8) ^ (entries[before & 0xff] ?? 0);
  }
  return entries;
}

/** Checksum of `bytes[from..to)`, going on from the checksum of what came before (0 at the beginning). */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length, previous = 0): number {
  let crc = ~previous;
  let index = from;
  for (; index + SLICES <= to; index += SLICES) {
    crc =
      (table[3 * ENTRIES + ((crc ^ (bytes[index] ?? 0)) & 0xff)] ?? 0) ^
      (table[2 * ENTRIES + (((crc >>> 8) ^ (bytes[index + 1] ?? 0)) & 0xff)] ?? 0) ^
      (table[ENTRIES + (((crc >>> 16) ^ (bytes[index + 2] ?? 0)) & 0xff)] ?? 0) ^
      (table[(crc >>> 24) ^ (bytes[index + 3] ?? 0)] ?? 0);
  }
  for (; index < to; index += 1) {
    crc = (crc >>> 8) ^ (table[(crc ^ (bytes[index] ?? 0)) & 0xff] ?? 0);
  }
  return ~crc >>> 0;
}
