import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { ByteLines } from '../byteLines.ts';
import type { CommandReply } from '../core/engine/types.ts';
import type { Copied } from '../hypervisor/driller.ts';
import type { LiveMover, Receiving } from '../hypervisor/hypervisor.ts';
import { type Failure, FailureError } from '../protocol/failure.ts';
import { join } from './join.ts';
import { keepAlive } from './requests.ts';
import { HANDSHAKE_DEADLINE_MS } from './secureLink.ts';
import { MAX_AGAINST, MAX_LINE_BYTES, MoveReply, MoveRequest } from './wire.ts';

/** After the copy is complete its holder gives the token up at once; a copy that waits longer than this is not wanted. */
const GIVE_UP_AFTER_MS = 30_000;

export interface AnswersOptions {
  readonly mover: LiveMover;
  /** How this host is called. */
  readonly hostName: () => string;
  /** The engine's word: whether the VM may be received, and that it is received no longer. */
  readonly receive: (ask: {
    readonly vm: string;
    readonly from: number;
    readonly generation: number;
    readonly digest: string | null;
  }) => Promise<CommandReply>;
  readonly receiveEnd: (vm: string, generation: number) => void;
  /** Copies the disks of a VM that runs here. The signal: who asked is gone. */
  readonly copyDisks: (ask: {
    readonly vm: string;
    readonly from: number;
    readonly drill: string;
    readonly signal: AbortSignal;
  }) => Promise<Copied>;
}

interface Link {
  move: Move | null;
  ticket: string | null;
  readonly gone: AbortController;
}

interface Move {
  readonly vm: string;
  readonly generation: number;
  receiving: Receiving | null;
  isWhole: boolean;
}

/** The answering side: what other hosts' agents ask of this one for a live switchover. */
export class Answers {
  readonly #options: AnswersOptions;
  /** Copies that wait for the connection with their memory, by ticket. */
  readonly #tickets = new Map<string, Receiving>();

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /** Serves one connection until it ends. What was begun on it and not completed is taken back then. */
  serve(socket: Duplex, from: number): void {
    const lines = new ByteLines(MAX_LINE_BYTES);
    const timer = setTimeout(() => socket.destroy(), HANDSHAKE_DEADLINE_MS);
    const link: Link = { move: null, ticket: null, gone: new AbortController() };
    let work: Promise<void> = Promise.resolve();
    let isAlive = false;
    let underWay = 0;
    const onData = (chunk: Buffer): void => {
      const { lines: whole, tooLong } = lines.push(chunk);
      clearTimeout(timer);
      for (const line of whole.filter((one) => one.length > 0)) {
        const request = parseRequest(line);
        // Who asks waits for the answer. Only a cancellation may come before it; what else would wait has no bound.
        if (underWay > (request?.kind === 'cancel' ? 1 : 0)) return void socket.destroy();
        underWay += 1;
        const isMemory = request?.kind === 'memory';
        if (!isMemory && !isAlive) {
          isAlive = true;
          keepAlive(socket, () => socket.destroy());
        }
        if (isMemory) socket.off('data', onData).pause();
        work = work
          .then(() => this.#answer(socket, from, link, request))
          .finally(() => {
            underWay -= 1;
          });
        if (isMemory) return;
      }
      if (tooLong) socket.destroy();
    };
    socket.on('data', onData);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(timer);
      link.gone.abort();
      void work.then(() => this.#closed(link));
    });
  }

  async #answer(socket: Duplex, from: number, link: Link, request: MoveRequest | null): Promise<void> {
    if (link.gone.signal.aborted) return;
    try {
      if (request?.kind === 'memory') return this.#carry(socket, request.ticket);
      say(socket, { ok: true, ...(await this.#act(from, link, request)) });
    } catch (error) {
      say(socket, { ok: false, failure: failureOf(error) });
    }
  }

  async #act(
    from: number,
    link: Link,
    request: Exclude<MoveRequest, { kind: 'memory' }> | null,
  ): Promise<Omit<Extract<MoveReply, { ok: true }>, 'ok'>> {
    const { move } = link;
    if (request?.kind === 'copyDisks' && move === null) {
      const { vm, drill } = request;
      const { disks, bytes } = await this.#options.copyDisks({ vm, from, drill, signal: link.gone.signal });
      return { copied: { disks: [...disks], bytes } };
    }
    if (request?.kind === 'check' && move === null) {
      const { xml, hostCpu } = request;
      const against = await this.#options.mover.arrival({ xml, hostCpu, hostName: this.#options.hostName() });
      return { against: against.slice(0, MAX_AGAINST) };
    }
    if (request?.kind === 'ask' && move === null) {
      const { vm, generation, digest } = request;
      const reply = await this.#options.receive({ vm, from, generation, digest });
      if (reply.kind === 'failure') throw new FailureError(reply.failure);
      link.move = { vm, generation, receiving: null, isWhole: false };
      return {};
    }
    if (request?.kind === 'prepare' && move?.receiving === null) {
      const { vm, generation } = move;
      const cookie = Buffer.from(request.cookie, 'base64');
      move.receiving = await this.#options.mover.receive({ vm, generation, xml: request.xml, cookie });
      link.ticket = randomBytes(16).toString('hex');
      this.#tickets.set(link.ticket, move.receiving);
      return { cookie: base64(move.receiving.cookie), ticket: link.ticket };
    }
    if (request?.kind === 'finish' && move?.receiving != null) {
      const cookie = await move.receiving.finish(Buffer.from(request.cookie, 'base64'));
      move.isWhole = true;
      return { cookie: base64(cookie) };
    }
    if (request?.kind === 'cancel' && move !== null) {
      await this.#takeBack(move);
      link.move = null;
      return {};
    }
    throw new FailureError({ code: 'move.out-of-order', message: 'That request does not fit here.' });
  }

  /** The second connection of a move: bytes both ways between it and the waiting QEMU. */
  #carry(socket: Duplex, ticket: string): void {
    const receiving = this.#tickets.get(ticket);
    this.#tickets.delete(ticket);
    if (receiving === undefined) {
      socket.destroy();
      return;
    }
    const qemu = connect({ host: '127.0.0.1', port: receiving.memoryPort, noDelay: true });
    qemu.once('error', () => socket.destroy());
    socket.once('close', () => qemu.destroy());
    qemu.once('connect', () => {
      // The sender waits for this: no byte of memory is in what was read for the line.
      say(socket, { ok: true });
      join(socket, qemu);
    });
  }

  async #closed({ move, ticket }: Link): Promise<void> {
    if (ticket !== null) this.#tickets.delete(ticket);
    if (move === null) return;
    if (!move.isWhole) return this.#takeBack(move);
    // If the token comes, the engine is done with the copy by then; and the keeper has not let it run if it does not.
    setTimeout(() => this.#options.receiveEnd(move.vm, move.generation), GIVE_UP_AFTER_MS).unref();
  }

  async #takeBack(move: Move): Promise<void> {
    this.#options.receiveEnd(move.vm, move.generation);
    await move.receiving?.cancel().catch(() => {});
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

function say(socket: Duplex, reply: MoveReply): void {
  if (!socket.destroyed) socket.write(`${JSON.stringify(reply)}\n`);
}

function parseRequest(line: Buffer): MoveRequest | null {
  try {
    const parsed = MoveRequest.safeParse(JSON.parse(line.toString('utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof Error && 'failure' in error) return error.failure as Failure;
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'move.failed', message: message.slice(0, 500) || 'It failed.' };
}
