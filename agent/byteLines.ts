const NEWLINE = 10;

/** Cuts a stream of bytes into lines and holds one unfinished line of bounded length. */
export class ByteLines {
  readonly #maxBytes: number;
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** `maxBytes`: the longest line that is taken, without its newline. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whole lines that `chunk` completes; `tooLong` when one is longer than allowed: the stream can't be followed. */
  push(chunk: Buffer): { readonly lines: readonly Buffer[]; readonly tooLong: boolean } {
    const lines: Buffer[] = [];
    let rest = chunk;
    for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
      if (this.#bytes + end > this.#maxBytes) return { lines, tooLong: true };
      lines.push(Buffer.concat([...this.#pieces, rest.subarray(0, end)]));
      this.#pieces = [];
      this.#bytes = 0;
      rest = rest.subarray(end + 1);
    }
    this.#bytes += rest.length;
    if (this.#bytes > this.#maxBytes) return { lines, tooLong: true };
    if (rest.length > 0) this.#pieces.push(rest);
    return { lines, tooLong: false };
  }
}
