import { ProtocolError } from './errors.ts';

/** The largest libvirt message: 32 MiB of header and body, and the length word in front (VIR_NET_MESSAGE_MAX). */
export const MAXIMUM_MESSAGE_BYTES = 32 * 1024 * 1024 + 4;

/** Enough for nearly every call, so that a call costs one allocation. */
const INITIAL_BYTES = 512;

const padding = (length: number): number => (4 - (length & 3)) & 3;

/**
 * Writes values in XDR, the External Data Representation of RFC 4506: big-endian, in units of four bytes.
 * Throws `ProtocolError` for a value that the protocol can't carry.
 */
export class XdrWriter {
  #bytes: Buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What has been written. The buffer is shared with the writer: write nothing afterwards. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  uint32(value: number): void {
    const at = this.#claim(4);
    this.#bytes.writeUInt32BE(inRange(value, 0, 0xffff_ffff), at);
  }

  int32(value: number): void {
    const at = this.#claim(4);
    this.#bytes.writeInt32BE(inRange(value, -0x8000_0000, 0x7fff_ffff), at);
  }

  int64(value: bigint): void {
    const at = this.#claim(8);
    this.#bytes.writeBigInt64BE(bigInRange(value, -(1n << 63n), (1n << 63n) - 1n), at);
  }

  uint64(value: bigint): void {
    const at = this.#claim(8);
    this.#bytes.writeBigUInt64BE(bigInRange(value, 0n, (1n << 64n) - 1n), at);
  }

  double(value: number): void {
    const at = this.#claim(8);
    this.#bytes.writeDoubleBE(value, at);
  }

  /** `maximum` counts bytes of UTF-8. A NUL is refused: the daemon's C strings would end there. */
  string(value: string, maximum: number): void {
    if (value.includes('\0')) throw new ProtocolError('a string for libvirt contains a NUL character');
    this.opaque(Buffer.from(value, 'utf8'), maximum);
  }

  opaque(value: Uint8Array, maximum: number): void {
    if (value.length > maximum) throw new ProtocolError(`${value.length} bytes where ${maximum} are allowed`);
    this.uint32(value.length);
    this.raw(value);
    const pad = padding(value.length);
    const at = this.#claim(pad);
    this.#bytes.fill(0, at, at + pad);
  }

  /** Bytes as they are: no length in front, nothing behind. */
  raw(value: Uint8Array): void {
    const at = this.#claim(value.length);
    this.#bytes.set(value, at);
  }

  uuid(value: string): void {
    this.raw(uuidBytes(value));
  }

  optional<T>(value: T | null, write: (writer: XdrWriter, value: T) => void): void {
    this.uint32(value === null ? 0 : 1);
    if (value !== null) write(this, value);
  }

  array<T>(values: readonly T[], maximum: number, write: (writer: XdrWriter, value: T) => void): void {
    if (values.length > maximum) {
      throw new ProtocolError(`${values.length} elements where ${maximum} are allowed`);
    }
    this.uint32(values.length);
    for (const value of values) write(this, value);
  }

  fixedArray<T>(values: readonly T[], count: number, write: (writer: XdrWriter, value: T) => void): void {
    if (values.length !== count)
      throw new ProtocolError(`${values.length} elements where ${count} are meant`);
    for (const value of values) write(this, value);
  }

  #claim(count: number): number {
    const at = this.#length;
    const end = at + count;
    if (end > MAXIMUM_MESSAGE_BYTES) throw new ProtocolError('a message for libvirt would exceed 32 MiB');
    if (end > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(
        Math.min(Math.max(this.#bytes.length * 2, end), MAXIMUM_MESSAGE_BYTES),
      );
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    this.#length = end;
    return at;
  }
}

/**
 * Reads XDR. Every length is checked against the bytes that are really there before anything is allocated, so a
 * hostile message costs no more memory than a small multiple of its own size. Throws `ProtocolError`, nothing else.
 */
export class XdrReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** A reader of its own for what is left. */
  fork(): XdrReader {
    return new XdrReader(this.#bytes.subarray(this.#at));
  }

  /** The rest, as a view into the message. */
  rest(): Buffer {
    return this.#bytes.subarray(this.#take(this.remaining));
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#take(4));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8));
  }

  uint64(): bigint {
    return this.#bytes.readBigUInt64BE(this.#take(8));
  }

  double(): number {
    return this.#bytes.readDoubleBE(this.#take(8));
  }

  /** Bytes that are no UTF-8 become U+FFFD. */
  string(maximum: number): string {
    const length = this.#boundedLength(maximum);
    const at = this.#take(length + padding(length));
    return this.#bytes.toString('utf8', at, at + length);
  }

  /** A copy, so that a small value does not keep a large message alive. */
  opaque(maximum: number): Uint8Array {
    const length = this.#boundedLength(maximum);
    const at = this.#take(length + padding(length));
    return new Uint8Array(this.#bytes.subarray(at, at + length));
  }

  uuid(): string {
    const at = this.#take(16);
    const hex = this.#bytes.toString('hex', at, at + 16);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  optional<T>(read: (reader: XdrReader) => T): T | null {
    const present = this.uint32();
    if (present > 1) throw new ProtocolError(`an optional value is marked ${present}`);
    return present === 1 ? read(this) : null;
  }

  /** `minimumBytes`: the least that one element takes on the wire. */
  array<T>(maximum: number, minimumBytes: number, read: (reader: XdrReader) => T): T[] {
    const count = this.uint32();
    if (count > maximum)
      throw new ProtocolError(`an array of ${count} elements where ${maximum} are allowed`);
    if (count * minimumBytes > this.remaining) {
      throw new ProtocolError(`an array of ${count} elements in the ${this.remaining} bytes that are left`);
    }
    return this.fixedArray(count, read);
  }

  fixedArray<T>(count: number, read: (reader: XdrReader) => T): T[] {
    const values: T[] = [];
    for (let index = 0; index < count; index += 1) values.push(read(this));
    return values;
  }

  #boundedLength(maximum: number): number {
    const length = this.uint32();
    if (length > maximum) throw new ProtocolError(`${length} bytes where ${maximum} are allowed`);
    return length;
  }

  #take(count: number): number {
    const at = this.#at;
    if (count > this.#bytes.length - at) {
      throw new ProtocolError(
        `a value of ${count} bytes in the ${this.#bytes.length - at} bytes that are left`,
      );
    }
    this.#at = at + count;
    return at;
  }
}

function inRange(value: number, lowest: number, highest: number): number {
  if (Number.isInteger(value) && value >= lowest && value <= highest) return value;
  throw new ProtocolError(`${value} is no integer from ${lowest} to ${highest}`);
}

function bigInRange(value: bigint, lowest: bigint, highest: bigint): bigint {
  if (value >= lowest && value <= highest) return value;
  throw new ProtocolError(`${value} is no integer from ${lowest} to ${highest}`);
}

function uuidBytes(text: string): Buffer {
  if (!/^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text)) {
    throw new ProtocolError(`${JSON.stringify(text.slice(0, 64))} is no UUID`);
  }
  return Buffer.from(text.replaceAll('-', ''), 'hex');
}
