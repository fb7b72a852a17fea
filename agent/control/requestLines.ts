/** Longest request: names and a policy. 64 KiB is many times that, and 16 connections hold 1 MiB at most. */
export const MAX_REQUEST_LINE_BYTES = 65_536;
const NEWLINE = 10;

/** Cuts a stream of bytes into lines and holds one unfinished line of bounded length. */
export class RequestLines {
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** Whole lines that `chunk` completes; `tooLong` when one is longer than allowed: the stream can't be followed. */
  push(chunk: Buffer): { readonly lines: readonly Buffer[]; readonly tooLong: boolean } {
    const lines: Buffer[] = [];
    let rest = chunk;
    for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
      if (this.#bytes + end > MAX_REQUEST_LINE_BYTES) return { lines, tooLong: true };
      lines.push(Buffer.concat([...this.#pieces, rest.subarray(0, end)]));
      this.#pieces = [];
      this.#bytes = 0;
      rest = rest.subarray(end + 1);
    }
    this.#bytes += rest.length;
    if (this.#bytes > MAX_REQUEST_LINE_BYTES) return { lines, tooLong: true };
    if (rest.length > 0) this.#pieces.push(rest);
    return { lines, tooLong: false };
  }
}
