import { chmodSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { ByteLines } from '../byteLines.ts';
import { type Failure, invalidInput } from '../protocol/failure.ts';
import { type KeeperLine, KeeperRequest, MAX_KEEPER_LINE_BYTES } from '../protocol/keeperLink.ts';
import type { Log } from './stderrLog.ts';

/** An agent that reads nothing while so much waits for it is stopped or hung: it is disconnected. */
const MAX_UNREAD_BYTES = 2 * 1_048_576;
/** How long the end waits for an agent that does not read its last lines. */
const FAREWELL_MS = 500;
/** The id of a refusal of a line whose own id could not be read. */
const NO_ID = -1;

export interface AgentSocketEvents {
  readonly connected: (connected: boolean) => void;
  readonly request: (request: KeeperRequest) => void;
}

/**
 * The keeper's end of the link to the agent: a unix socket for root alone, one JSON object a line. There is one agent;
 * a second connection is refused, so that two agents can never both decide. All that comes in is validated here.
 */
export class AgentSocket {
  readonly #events: AgentSocketEvents;
  readonly #log: Log;
  readonly #server: Server;
  #agent: Socket | null = null;

  constructor(events: AgentSocketEvents, log: Log) {
    this.#events = events;
    this.#log = log;
    this.#server = createServer((socket) => {
      this.#accept(socket);
    });
  }

  /** Rejects when the socket can't be made. A socket file left by a killed keeper is replaced. */
  async listen(path: string): Promise<void> {
    try {
      unlinkSync(path);
    } catch {
      // Mostly it is not there; if it can't be removed, listen says why.
    }
    const before = process.umask(0o177);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen(path, resolve);
      });
    } finally {
      process.umask(before);
    }
    chmodSync(path, 0o600);
  }

  send(line: KeeperLine): void {
    const socket = this.#agent;
    if (socket === null) return;
    socket.write(`${JSON.stringify(line)}\n`);
    if (socket.writableLength <= MAX_UNREAD_BYTES) return;
    this.#log('keeper.agent-deaf', { unreadBytes: socket.writableLength });
    socket.destroy();
  }

  /** Sends what is left, for a bounded time, and hangs up. No event comes after it. */
  async close(): Promise<void> {
    this.#server.close();
    const socket = this.#agent;
    this.#agent = null;
    if (socket === null) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => socket.destroy(), FAREWELL_MS);
      socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      socket.end();
    });
  }

  #accept(socket: Socket): void {
    if (this.#agent !== null) {
      refuse(socket, NO_ID, {
        code: 'keeper.agent-busy',
        message: 'An agent is connected to this keeper already.',
        meaning: 'Two agents on one host would decide against each other.',
        fix: 'Stop the other understudy-agent process.',
      });
      socket.destroySoon();
      return;
    }
    this.#agent = socket;
    const lines = new ByteLines(MAX_KEEPER_LINE_BYTES);
    socket.on('data', (piece) => {
      const got = lines.push(piece);
      for (const line of got.lines) this.#take(socket, line.toString('utf8'));
      if (!got.tooLong) return;
      this.#log('keeper.line-too-long', { maxBytes: MAX_KEEPER_LINE_BYTES });
      socket.destroy();
    });
    // An error is followed by close.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.#agent !== socket) return;
      this.#agent = null;
      this.#events.connected(false);
    });
    this.#events.connected(true);
  }

  #take(socket: Socket, line: string): void {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      refuse(socket, NO_ID, { code: 'input.invalid', message: 'The line is not JSON.' });
      return;
    }
    const parsed = KeeperRequest.safeParse(value);
    if (parsed.success) this.#events.request(parsed.data);
    else refuse(socket, idOf(value), invalidInput(parsed.error, 'request'));
  }
}

function refuse(socket: Socket, id: number, failure: Failure): void {
  const line: KeeperLine = { kind: 'refused', id, failure };
  socket.write(`${JSON.stringify(line)}\n`);
}

function idOf(value: unknown): number {
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : null;
  return Number.isSafeInteger(id) ? Number(id) : NO_ID;
}
