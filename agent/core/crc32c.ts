/** CRC-32C (Castagnoli): polynomial 0x1edc6f41, reflected, initial value and final xor all ones; RFC 3720, B.4. */
const REFLECTED_POLYNOMIAL = 0x82f63b78;

const table = makeTable();

function makeTable(): Uint32Array {
  const entries = new Uint32Array(256);
  for (let index = 0; index < 256; index += 1) {
    let value = index;
    for (let bit = 0; bit < 8; bit += 1) {
      value = (value & 1) === 1 ? (value >>> 1) ^ REFLECTED_POLYNOMIAL : value >>> 1;
    }
    entries[index] = value >>> 0;
  }
  return entries;
}

/** Checksum of `bytes[from..to)`, going on from the checksum of what came before (0 at the beginning). */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length, previous = 0): number {
  let crc = ~previous;
  for (let index = from; index < to; index += 1) {
    crc = (crc >>> 8) ^ (table[(crc ^ (bytes[index] ?? 0)) & 0xff] ?? 0);
  }
  return ~crc >>> 0;
}
