import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';

/** Everything on the store is read and written in blocks of this size. */
export const PROBE_BLOCK_BYTES = 4096;
/** How the block of a proof of sharing begins; the nonce follows. */
export const PROOF_MARK = 'understudy proof of sharing\n';
/** Blocks at the start of a device that probes write and put back to zero. Overwriting few is what a lease does. */
export const PROOF_BLOCKS = 8;

export function isProof(block: Buffer): boolean {
  return block.subarray(0, PROOF_MARK.length).toString('latin1') === PROOF_MARK;
}

/** Largest single transfer: also the alignment unit of WebAssembly memory. */
export const MAX_TRANSFER_BYTES = 1_048_576;

/** The part of the platform's WebAssembly that is used here; Node's types do not declare it. */
declare const WebAssembly: {
  readonly Memory: new (descriptor: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
};

/**
 * A file or block device opened past the page cache. Direct I/O wants aligned buffers: WebAssembly memory is page
 * aligned, Buffer is not. Every call may hang in the kernel: the caller's own deadline has to end the process.
 */
export class DirectFile {
  readonly #descriptor: number;
  readonly #memory = Buffer.from(new WebAssembly.Memory({ initial: MAX_TRANSFER_BYTES / 65_536 }).buffer);

  /** `buffered`: through the page cache, only to fill it on purpose. Throws what the system says. */
  constructor(path: string, access: 'read' | 'write' | 'create', caching: 'direct' | 'buffered' = 'direct') {
    const direct = caching === 'direct' ? constants.O_DIRECT : 0;
    // Device names below /dev are links by nature; on a store a link could lead out of it.
    const noFollow = path.startsWith('/dev/') ? 0 : constants.O_NOFOLLOW;
    const flags = {
      read: constants.O_RDONLY,
      write: constants.O_RDWR | constants.O_DSYNC,
      create: constants.O_RDWR | constants.O_DSYNC | constants.O_CREAT | constants.O_EXCL,
    }[access];
    this.#descriptor = openSync(path, flags | direct | noFollow, 0o600);
  }

  /** At most `bytes` bytes from `offset`; fewer at the end of the file. The result is valid until the next call. */
  read(offset: number, bytes: number): Buffer {
    let got = 0;
    while (got < bytes) {
      const count = readSync(this.#descriptor, this.#memory, got, bytes - got, offset + got);
      if (count === 0) break;
      got += count;
    }
    return this.#memory.subarray(0, got);
  }

  /** Writes all of `data`, whose length must be a multiple of the block size. Throws on a short write. */
  write(offset: number, data: Uint8Array): void {
    this.#memory.set(data, 0);
    const count = writeSync(this.#descriptor, this.#memory, 0, data.length, offset);
    if (count !== data.length) throw new Error(`only ${count} of ${data.length} bytes were written`);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
