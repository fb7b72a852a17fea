import { chmod, chown, rename, unlink } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import type { EventPage } from '../journal/journal.ts';
import {
  ACTION_WITHIN_MS,
  CONTROL_FAILED,
  CONTROL_VERSION,
  type ControlMethod,
  type ControlParams,
  type ControlResult,
  MAX_CONTROL_LINE_BYTES,
  type Status,
} from '../protocol/control.ts';
import type { LogEvent } from '../protocol/event.ts';
import { type Failure, FailureError } from '../protocol/failure.ts';
import { Connection } from './connection.ts';

/** Consoles and commands at the same time; a shop has two or three. */
const MAX_CONNECTIONS = 16;
/** A status at most this often ... */
const STATUS_EVERY_MS = 250;
/** ... and, although nothing changed, at least this often: it says that the agent is still there. */
const STATUS_AT_LEAST_EVERY_MS = 2_000;
/** Time for a request that only reads, before the caller is told that it is still under way. */
const ANSWER_WITHIN_MS = 25_000;
const EVENTS_AT_ONCE = 100;
/** Leaves room for the answer's frame. */
const MAX_EVENTS_BYTES = MAX_CONTROL_LINE_BYTES - 4096;
const SOCKET_MODE = 0o660;

type OwnMethod = 'status' | 'version' | 'events' | 'subscribe';

export interface Caller {
  readonly consoleName: string | null;
}

/** What the agent does for a console. A handler rejects with a FailureError that says what to do. */
export type ControlHandlers = {
  readonly [Method in Exclude<ControlMethod, OwnMethod>]: (
    params: ControlParams<Method>,
    caller: Caller,
  ) => Promise<ControlResult<Method>>;
};

export interface ControlServerOptions {
  readonly path: string;
  /** The group `understudy`, whose members may connect; null leaves the socket to its owner. */
  readonly groupId: number | null;
  readonly agentVersion: string;
  readonly handlers: ControlHandlers;
  readonly status: () => Status;
  readonly readEvents: (afterSeq: number | null, limit: number) => Promise<EventPage>;
  readonly subscribeEvents: (listener: (event: LogEvent) => void) => () => void;
  readonly nowMs: () => number;
}

export interface ControlServer {
  /** Something in the status is different: subscribed consoles get it within 250 ms. */
  statusChanged(): void;
  /** Subscribed consoles now. */
  consoles(): number;
  close(): Promise<void>;
}

/** Serves the control socket. Whoever may open it may do everything: file permissions and SSH are the credentials. */
export async function serveControl(options: ControlServerOptions): Promise<ControlServer> {
  const control = new SocketControl(options);
  await control.listen();
  return control;
}

class SocketControl implements ControlServer {
  readonly #options: ControlServerOptions;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #timer: NodeJS.Timeout;
  readonly #unsubscribe: () => void;
  /** The socket under the announced name is this server's. */
  #listening = false;
  #changed = false;
  #pushedMs = 0;

  constructor(options: ControlServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
    this.#timer = setInterval(() => this.#tick(), STATUS_EVERY_MS);
    this.#unsubscribe = options.subscribeEvents((event) => this.#push('event', event));
  }

  /** The socket appears under its name only when its owner and mode are right, and replaces a left-over one. */
  async listen(): Promise<void> {
    const { path, groupId } = this.#options;
    const fresh = `${path}.new`;
    try {
      await unlink(fresh).catch(() => undefined);
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen(fresh, () => {
          this.#server.off('error', reject);
          resolve();
        });
      });
      await chmod(fresh, SOCKET_MODE);
      if (groupId !== null) await chown(fresh, 0, groupId);
      await rename(fresh, path);
      this.#listening = true;
    } catch (error) {
      await this.close();
      throw new FailureError({
        code: 'control.no-socket',
        message: `The control socket ${path} can't be made: ${error instanceof Error ? error.message : String(error)}`,
        meaning: 'Consoles and the understudy command can not reach this agent.',
        fix: 'See that the folder exists, that it belongs to root, and that the agent runs as root.',
      });
    }
  }

  #accept(socket: Socket): void {
    if (this.#connections.size >= MAX_CONNECTIONS) {
      const failure: Failure = {
        code: 'control.too-many',
        message: `${MAX_CONNECTIONS} consoles and commands are connected to this agent already.`,
        fix: 'Close one of them, or wait: one that is gone is dropped after 30 s.',
      };
      const error = { code: CONTROL_FAILED, message: failure.message, data: failure };
      socket.on('error', () => socket.destroy());
      socket.end(`${JSON.stringify({ jsonrpc: '2.0', id: null, error })}\n`, () => socket.destroy());
      return;
    }
    const connection = new Connection({
      socket,
      nowMs: this.#options.nowMs,
      answer: (method, params, from) => this.#answer(method, params, from),
      onClosed: (closed) => this.#connections.delete(closed),
    });
    this.#connections.add(connection);
  }

  async #answer(method: ControlMethod, params: unknown, from: Connection): Promise<unknown> {
    const { agentVersion, status } = this.#options;
    switch (method) {
      case 'status':
        return status();
      case 'version':
        return { agentVersion, controlVersion: CONTROL_VERSION, node: process.version };
      case 'events': {
        // Validated against the schema of this method.
        const { afterSeq, limit } = params as ControlParams<'events'>;
        return await withinDeadline(this.#events(afterSeq ?? null, limit ?? EVENTS_AT_ONCE), method);
      }
      case 'subscribe': {
        const { consoleName } = params as ControlParams<'subscribe'>;
        const now = status();
        from.subscribe(consoleName ?? null);
        return { status: now };
      }
      case 'group.show':
      case 'checkVm':
      case 'vm.checkLive':
      case 'vm.cancel':
      case 'host.goingDown':
      case 'host.stays':
      case 'vm.screenshot':
      case 'drill.begin':
      case 'drill.stop':
      case 'drill.show':
      case 'drill.picture':
      case 'demo.pullPlug':
      case 'notify.show':
      case 'notify.set':
        return await withinDeadline(this.#handle(method, params, from), method);
      case 'notify.test':
      case 'group.profile':
      case 'group.disarm':
      case 'group.arm':
      case 'maintenance.on':
      case 'maintenance.off':
      case 'group.addHost':
      case 'group.removeHost':
      case 'group.replaceHost':
      case 'protect':
      case 'unprotect':
      case 'switchover':
      case 'vm.start':
      case 'vm.stop':
      case 'vm.policy':
      case 'host.leave':
        return await withinDeadline(this.#handle(method, params, from), method, ACTION_WITHIN_MS);
    }
  }

  #handle(method: Exclude<ControlMethod, OwnMethod>, params: unknown, from: Connection): Promise<unknown> {
    // Validated against this method's schema.
    const handler = this.#options.handlers[method] as (params: unknown, caller: Caller) => Promise<unknown>;
    return handler(params, { consoleName: from.consoleName });
  }

  /** A page that fits a message: the first events after `afterSeq`, or the newest. */
  async #events(afterSeq: number | null, limit: number): Promise<EventPage> {
    const page = await this.#options.readEvents(afterSeq, limit);
    const events = afterSeq === null ? page.events.toReversed() : page.events;
    let bytes = 0;
    const fitting = events.filter((event) => {
      bytes += Buffer.byteLength(JSON.stringify(event)) + 1;
      return bytes <= MAX_EVENTS_BYTES;
    });
    return { ...page, events: afterSeq === null ? fitting.toReversed() : fitting };
  }

  statusChanged(): void {
    this.#changed = true;
    if (this.#options.nowMs() - this.#pushedMs >= STATUS_EVERY_MS) this.#pushStatus();
  }

  #tick(): void {
    for (const connection of this.#connections) connection.check();
    const sinceMs = this.#options.nowMs() - this.#pushedMs;
    if (this.#changed || sinceMs >= STATUS_AT_LEAST_EVERY_MS) this.#pushStatus();
  }

  #pushStatus(): void {
    this.#changed = false;
    this.#pushedMs = this.#options.nowMs();
    if (this.consoles() > 0) this.#push('status', this.#options.status());
  }

  #push(method: 'status' | 'event', params: Status | LogEvent): void {
    if (this.consoles() === 0) return;
    const line = `${JSON.stringify({ jsonrpc: '2.0', method, params })}\n`;
    if (Buffer.byteLength(line) > MAX_CONTROL_LINE_BYTES) return;
    for (const connection of this.#connections)
      if (connection.subscribed && (method === 'event' || connection.caughtUp)) connection.send(line);
  }

  consoles(): number {
    return [...this.#connections].filter(({ subscribed }) => subscribed).length;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#unsubscribe();
    for (const connection of this.#connections) connection.close();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    if (this.#listening) await unlink(this.#options.path).catch(() => undefined);
  }
}

/** Tells the caller after a while, whatever happens to the request itself. */
async function withinDeadline<Result>(
  work: Promise<Result>,
  method: ControlMethod,
  deadlineMs: number = ANSWER_WITHIN_MS,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        new FailureError({
          code: 'control.deadline',
          message: `"${method}" is not done after ${Math.round(deadlineMs / 1000)} s.`,
          meaning: 'It may still be carried out.',
          fix: 'Look at the status and the events before asking again.',
        }),
      );
    }, deadlineMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
