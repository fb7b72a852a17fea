import type { Duplex } from 'node:stream';
import { ByteLines } from '../byteLines.ts';
import { FailureError } from '../protocol/failure.ts';
import { MAX_LINE_BYTES, MoveReply, type MoveRequest } from './wire.ts';

const lost = (message: string): FailureError =>
  new FailureError({
    code: 'move.link-lost',
    message: `The connection to the other host's agent ${message}.`,
  });

/** Empty lines say that the other side is there: a link that is cut in the middle closes no connection. */
const ALIVE_EVERY_MS = 2000;
const SILENT_AFTER_MS = 10_000;

/** Says "alive" all the time, and ends a connection on which nothing was heard for a while. */
export function keepAlive(socket: Duplex, onSilent: () => void): void {
  const alive = setInterval(() => socket.write('\n'), ALIVE_EVERY_MS);
  let silent = setTimeout(onSilent, SILENT_AFTER_MS);
  socket.on('data', () => {
    clearTimeout(silent);
    silent = setTimeout(onSilent, SILENT_AFTER_MS);
  });
  socket.on('close', () => {
    clearInterval(alive);
    clearTimeout(silent);
  });
}

/** The asking side of a connection: one request at a time, each with a deadline. */
export class Requests {
  readonly #socket: Duplex;
  readonly #onEnd: () => void;
  readonly #lines = new ByteLines(MAX_LINE_BYTES);
  #waiting: { readonly resolve: (reply: MoveReply) => void; readonly reject: (error: Error) => void } | null =
    null;
  #ended: FailureError | null = null;

  /** @param onEnd - called once, when no answer can come any more. */
  constructor(socket: Duplex, onEnd: () => void) {
    this.#socket = socket;
    this.#onEnd = onEnd;
    keepAlive(socket, () => this.#end(lost('is silent')));
    socket.on('data', (chunk: Buffer) => this.#hear(chunk));
    socket.on('error', (error) => this.#end(lost(`broke (${error.message})`)));
    socket.on('close', () => this.#end(lost('was closed')));
  }

  /** Why no answer can come any more; null: it can. */
  get ended(): FailureError | null {
    return this.#ended;
  }

  /** Rejects with a `FailureError`: the other side's refusal, or that the connection is gone. */
  async ask(request: MoveRequest, deadlineMs: number): Promise<Extract<MoveReply, { ok: true }>> {
    if (this.#ended !== null) throw this.#ended;
    if (this.#waiting !== null) throw lost('is still busy with a request');
    const answer = new Promise<MoveReply>((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
    const timer = setTimeout(() => this.#end(lost('brought no answer in time')), deadlineMs);
    this.#socket.write(`${JSON.stringify(request)}\n`);
    try {
      const reply = await answer;
      if (!reply.ok) throw new FailureError(reply.failure);
      return reply;
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#end(lost('was closed'));
  }

  #hear(chunk: Buffer): void {
    const { lines, tooLong } = this.#lines.push(chunk);
    for (const line of lines.filter((one) => one.length > 0)) {
      const reply = parseReply(line);
      const waiting = this.#waiting;
      this.#waiting = null;
      if (reply === null || waiting === null) return this.#end(lost('brought what is no answer'));
      waiting.resolve(reply);
    }
    if (tooLong) this.#end(lost('brought a line that is too long'));
  }

  #end(error: FailureError): void {
    if (this.#ended === null) {
      this.#ended = error;
      this.#onEnd();
    }
    this.#waiting?.reject(this.#ended);
    this.#waiting = null;
    this.#socket.destroy();
  }
}

function parseReply(line: Buffer): MoveReply | null {
  try {
    const parsed = MoveReply.safeParse(JSON.parse(line.toString('utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
