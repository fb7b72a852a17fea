import type { Socket } from 'node:net';
import { ByteLines } from '../byteLines.ts';
import { CONTROL_FAILED, type ControlMethod, MAX_CONTROL_LINE_BYTES } from '../protocol/control.ts';
import { type Failure, FailureError } from '../protocol/failure.ts';
import { readRequest, RPC_INVALID_REQUEST } from './request.ts';

/** Longest request: names and a policy. 64 KiB is many times that, and 16 connections hold 1 MiB at most. */
const MAX_REQUEST_LINE_BYTES = 65_536;
/** Requests of one connection that are being answered. */
const MAX_UNDER_WAY = 16;
/** Answers and events a slow console may be behind, one whole status included. More, and it is dropped. */
const MAX_BEHIND_BYTES = 2 * MAX_CONTROL_LINE_BYTES;
/** A console that takes nothing for this long is gone (a dead SSH connection, a suspended laptop). */
const STALLED_AFTER_MS = 30_000;
/** A connection that neither asks nor listens gives its place back. */
const IDLE_AFTER_MS = 300_000;

export interface ConnectionOptions {
  readonly socket: Socket;
  readonly nowMs: () => number;
  /** Carries out a valid request. Rejects with a FailureError, or with anything for a fault of the agent. */
  readonly answer: (method: ControlMethod, params: unknown, connection: Connection) => Promise<unknown>;
  readonly onClosed: (connection: Connection) => void;
}

/** One console's or command's end of the control socket. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #lines = new ByteLines(MAX_REQUEST_LINE_BYTES);
  readonly #underWay = new Set<string | number>();
  #lastRequestMs: number;
  #behindSinceMs: number | null = null;
  #consoleName: string | null = null;
  #subscribed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#lastRequestMs = options.nowMs();
    const { socket } = options;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('drain', () => {
      this.#behindSinceMs = null;
    });
    // The reason does not matter to anyone: a console that comes back connects again.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => options.onClosed(this));
  }

  get consoleName(): string | null {
    return this.#consoleName;
  }

  get subscribed(): boolean {
    return this.#subscribed;
  }

  /** From here on this connection gets status and events. */
  subscribe(consoleName: string | null): void {
    this.#consoleName = consoleName;
    this.#subscribed = true;
  }

  /** Whether it has taken all that was sent. A status is only pushed then: the next one replaces it anyway. */
  get caughtUp(): boolean {
    return this.#options.socket.writableLength === 0;
  }

  /** Sends a line, or drops the connection when it is too far behind. */
  send(line: string): void {
    const { socket, nowMs } = this.#options;
    if (socket.destroyed) return;
    if (socket.writableLength + Buffer.byteLength(line) > MAX_BEHIND_BYTES) return void socket.destroy();
    if (!socket.write(line)) this.#behindSinceMs ??= nowMs();
  }

  /** Drops the connection if it is of no use to anyone any more. */
  check(): void {
    const { socket, nowMs } = this.#options;
    const behindMs = this.#behindSinceMs === null ? 0 : nowMs() - this.#behindSinceMs;
    const idleMs = this.#subscribed || this.#underWay.size > 0 ? 0 : nowMs() - this.#lastRequestMs;
    if (behindMs > STALLED_AFTER_MS || idleMs > IDLE_AFTER_MS) socket.destroy();
  }

  close(): void {
    this.#options.socket.end();
    this.#options.socket.destroySoon();
  }

  #receive(chunk: Buffer): void {
    const { lines, tooLong } = this.#lines.push(chunk);
    for (const line of lines) {
      if (this.#options.socket.destroyed) return;
      this.#take(line);
    }
    if (!tooLong) return;
    this.#refuse(null, RPC_INVALID_REQUEST, {
      code: 'control.too-long',
      message: 'The request is longer than 64 KiB.',
      fix: 'Send shorter requests, one a line.',
    });
    this.#options.socket.pause();
    this.close();
  }

  #take(line: Buffer): void {
    this.#lastRequestMs = this.#options.nowMs();
    const request = readRequest(line);
    if (request.kind === 'refused') return this.#refuse(request.id, request.rpcCode, request.failure);
    const { id, method, params } = request;
    if (this.#underWay.has(id))
      return this.#refuse(id, RPC_INVALID_REQUEST, {
        code: 'control.invalid-request',
        message: 'request.id is not valid: a request with this id is still being answered',
        field: 'request.id',
      });
    if (this.#underWay.size >= MAX_UNDER_WAY)
      return this.#refuse(id, CONTROL_FAILED, {
        code: 'control.busy',
        message: `${MAX_UNDER_WAY} requests of this connection are already being answered.`,
        fix: 'Wait for one of them to end.',
      });
    this.#underWay.add(id);
    void this.#options
      .answer(method, params, this)
      .then(
        (result) => this.#reply(id, result),
        (error: unknown) => this.#refuse(id, CONTROL_FAILED, failureOf(error, method)),
      )
      .finally(() => this.#underWay.delete(id));
  }

  #reply(id: string | number, result: unknown): void {
    const line = `${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`;
    if (Buffer.byteLength(line) <= MAX_CONTROL_LINE_BYTES) return this.send(line);
    this.#refuse(id, CONTROL_FAILED, {
      code: 'control.too-long',
      message: 'The answer is longer than a message may be.',
      fix: 'Ask for less at once.',
    });
  }

  #refuse(id: string | number | null, code: number, failure: Failure): void {
    const error = { code, message: failure.message, data: failure };
    this.send(`${JSON.stringify({ jsonrpc: '2.0', id, error })}\n`);
  }
}

/** What a caller is told; a fault of the agent's own is named, without its insides. */
function failureOf(error: unknown, method: ControlMethod): Failure {
  if (error instanceof FailureError) return error.failure;
  return {
    code: 'agent.fault',
    message: `The agent failed while it carried out "${method}"${error instanceof Error ? `: ${error.name}` : ''}.`,
    meaning:
      'This is a fault of Understudy. VMs and the protection that is already in place are not touched by it.',
    fix: 'Look at the status, and report it together with the lines of `journalctl -u understudy-agent`.',
  };
}
