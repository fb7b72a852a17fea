import { closeSync, constants, fstatSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { BLOCK_BYTES } from '../core/record.ts';
import { MAX_BLOCKS } from './storeFrames.ts';

/** The part of the platform's WebAssembly that is used here; Node's types do not declare it. */
declare const WebAssembly: {
  readonly Memory: new (pages: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
};
const WASM_PAGE_BYTES = 65_536;

/** Says what is wrong with the first two blocks of an area, or null: the area is the one that was configured. */
export type HeaderCheck = (first: Uint8Array, second: Uint8Array) => string | null;

/**
 * The lease area, read and written past the page cache. Made for the store-io child only: every call may hang.
 * It looks at the path again before each call: a file that was moved away, or a store that was unmounted from under
 * it, must not go on being written through an old descriptor as if it were the area that the others see.
 */
export class AreaFile {
  readonly #path: string;
  readonly #check: HeaderCheck;
  readonly #flags: number;
  /** Direct I/O wants buffers aligned to the device's blocks: wasm memory is page aligned, Buffer is not. */
  readonly #memory = Buffer.from(
    new WebAssembly.Memory({ initial: (MAX_BLOCKS * BLOCK_BYTES) / WASM_PAGE_BYTES }).buffer,
  );
  #fd: number | null = null;
  #identity = '';
  /** The header was found to be the configured area's since the file was opened. */
  #checked = false;

  /** `buffered`: only for a demo area on a file system without direct I/O. */
  constructor(path: string, check: HeaderCheck, buffered: boolean) {
    this.#path = path;
    this.#check = check;
    this.#flags = constants.O_RDWR | constants.O_DSYNC | (buffered ? 0 : constants.O_DIRECT);
  }

  /** Throws with a sentence when the blocks could not all be read. */
  read(block: number, blocks: number): Uint8Array {
    return this.#opened((fd) => this.#pread(fd, block, blocks));
  }

  /** Throws with a sentence when the blocks could not all be written; their content is then unknown. */
  write(block: number, data: Uint8Array): void {
    this.#opened((fd) => {
      this.#checkHeader(fd);
      this.#memory.set(data, 0);
      const written = writeSync(fd, this.#memory, 0, data.byteLength, block * BLOCK_BYTES);
      if (written !== data.byteLength) {
        throw new Error(`only ${written} of ${data.byteLength} bytes were written`);
      }
    });
  }

  #pread(fd: number, block: number, blocks: number): Uint8Array {
    const bytes = blocks * BLOCK_BYTES;
    const got = readSync(fd, this.#memory, 0, bytes, block * BLOCK_BYTES);
    if (got !== bytes) throw new Error(`the area is too short: ${got} of ${bytes} bytes at block ${block}`);
    return this.#memory.subarray(0, bytes);
  }

  #opened<Result>(work: (fd: number) => Result): Result {
    try {
      if (this.#fd !== null && identity(statSync(this.#path)) !== this.#identity) {
        this.#close();
        throw new Error('another file or device took the place of the lease area; it is opened anew');
      }
      this.#fd ??= this.#open();
      return work(this.#fd);
    } catch (error) {
      // The next request opens it anew: a stale NFS handle or a lost device heals only that way.
      this.#close();
      throw error;
    }
  }

  #open(): number {
    const fd = openSync(this.#path, this.#flags);
    this.#identity = identity(fstatSync(fd));
    this.#checked = false;
    return fd;
  }

  /** Reads are free, the keeper judges what it reads; but nothing is ever written to an area of somebody else. */
  #checkHeader(fd: number): void {
    if (this.#checked) return;
    const header = Buffer.from(this.#pread(fd, 0, 2));
    const wrong = this.#check(header.subarray(0, BLOCK_BYTES), header.subarray(BLOCK_BYTES));
    if (wrong !== null) throw new Error(wrong);
    this.#checked = true;
  }

  #close(): void {
    const fd = this.#fd;
    this.#fd = null;
    if (fd === null) return;
    try {
      closeSync(fd);
    } catch {
      // A close may report an old write's error; the write itself has been answered already.
    }
  }
}

function identity(stat: { readonly dev: number; readonly ino: number; readonly rdev: number }): string {
  return `${stat.dev}:${stat.ino}:${stat.rdev}`;
}
