import { createConnection, type Socket } from 'node:net';
import { ByteLines } from '../byteLines.ts';
import type { Failure } from '../protocol/failure.ts';
import {
  KeeperLine,
  type KeeperNetMessage,
  type KeeperRequestBody,
  type KeeperView,
  MAX_KEEPER_LINE_BYTES,
} from '../protocol/keeperLink.ts';

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 2000;
/** The keeper's own bound; more than these is an agent gone wrong. */
const MAX_PENDING = 128;
/** A keeper that reads nothing while so much waits for it hangs; the link is made anew. */
const MAX_UNREAD_BYTES = 1_048_576;

export type KeeperFacts = Extract<KeeperLine, { kind: 'event' }>['facts'];

export interface KeeperLinkEvents {
  readonly connected: () => void;
  readonly lost: (error: string) => void;
  readonly view: (view: KeeperView) => void;
  readonly toPeer: (to: number, message: KeeperNetMessage) => void;
  readonly event: (code: string, facts: KeeperFacts) => void;
}

/** The keeper said no, or nothing. `certain`: what was asked was not done and will not be. */
export class KeeperRefusal extends Error {
  readonly failure: Failure;
  readonly certain: boolean;

  constructor(failure: Failure, certain: boolean) {
    super(failure.message);
    this.name = 'KeeperRefusal';
    this.failure = failure;
    this.certain = certain;
  }
}

interface Pending {
  readonly resolve: (generation: number | null) => void;
  readonly reject: (error: KeeperRefusal) => void;
  readonly timer: NodeJS.Timeout;
}

/** The agent's end of the link to its keeper; comes back by itself. All that comes in is validated here. */
export class KeeperLink {
  readonly #path: string;
  readonly #version: string;
  readonly #events: KeeperLinkEvents;
  readonly #pending = new Map<number, Pending>();
  #socket: Socket | null = null;
  #lastId = 0;
  #retryMs = FIRST_RETRY_MS;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(path: string, version: string, events: KeeperLinkEvents) {
    this.#path = path;
    this.#version = version;
    this.#events = events;
  }

  start(): void {
    const socket = createConnection({ path: this.#path });
    const lines = new ByteLines(MAX_KEEPER_LINE_BYTES);
    let error = 'the keeper closed the link';
    socket.on('connect', () => {
      this.#socket = socket;
      this.#retryMs = FIRST_RETRY_MS;
      this.#events.connected();
      this.request({ kind: 'hello', agentVersion: this.#version }, LAST_RETRY_MS).catch(() => {});
    });
    socket.on('data', (piece) => {
      const got = lines.push(piece);
      for (const line of got.lines) this.#take(line.toString('utf8'));
      if (got.tooLong) socket.destroy(new Error('the keeper sent a line beyond all bounds'));
    });
    socket.on('error', (cause) => {
      error = cause.message;
    });
    socket.on('close', () => this.#lost(error));
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#socket?.destroy();
  }

  /** Resolves with the generation where the answer has one. Rejects with `KeeperRefusal`. */
  request(body: KeeperRequestBody, deadlineMs: number): Promise<number | null> {
    return new Promise((resolve, reject) => {
      const socket = this.#socket;
      if (socket === null || this.#pending.size >= MAX_PENDING) {
        const message = socket === null ? 'The keeper does not answer.' : 'The keeper has too much to do.';
        return reject(new KeeperRefusal({ code: 'keeper.gone', message }, true));
      }
      const id = ++this.#lastId;
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        const message = `The keeper did not answer "${body.kind}" within ${deadlineMs} ms.`;
        reject(new KeeperRefusal({ code: 'keeper.no-answer', message }, false));
      }, deadlineMs);
      this.#pending.set(id, { resolve, reject, timer });
      socket.write(`${JSON.stringify({ id, body })}\n`);
      if (socket.writableLength > MAX_UNREAD_BYTES) socket.destroy(new Error('the keeper reads nothing'));
    });
  }

  #lost(error: string): void {
    this.#socket = null;
    for (const [id, pending] of this.#pending) {
      clearTimeout(pending.timer);
      this.#pending.delete(id);
      pending.reject(new KeeperRefusal({ code: 'keeper.gone', message: 'The keeper went away.' }, false));
    }
    if (this.#isStopped) return;
    this.#events.lost(error);
    this.#timer = setTimeout(() => this.start(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }

  #take(text: string): void {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      this.#socket?.destroy(new Error('the keeper sent what is not JSON'));
      return;
    }
    const parsed = KeeperLine.safeParse(value);
    if (!parsed.success) {
      const path = parsed.error.issues[0]?.path.join('.') ?? '';
      this.#socket?.destroy(new Error(`the keeper sent a line that is not valid at "${path}"`));
      return;
    }
    this.#handle(parsed.data);
  }

  #handle(line: KeeperLine): void {
    switch (line.kind) {
      case 'reply':
        return this.#settle(line.id, (pending) => pending.resolve(line.generation));
      case 'refused':
        return this.#settle(line.id, (pending) => pending.reject(new KeeperRefusal(line.failure, true)));
      case 'view':
        return this.#events.view(line.view);
      case 'toPeer':
        return this.#events.toPeer(line.to, line.message);
      case 'event':
        return this.#events.event(line.code, line.facts);
    }
  }

  #settle(id: number, settle: (pending: Pending) => void): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    settle(pending);
  }
}
