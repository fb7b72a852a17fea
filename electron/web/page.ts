import type { RawData, WebSocket } from 'ws';
import type { Failure } from '../../agent/protocol/failure.ts';
import type { App } from '../app/app.ts';
import { dispatch } from '../app/dispatch.ts';
import { feedNamed } from '../ipc/contract.ts';
import { HELLO_WITHIN_MS, PageMessage, type ServerMessage } from '../ipc/frames.ts';
import type { Access } from './access.ts';

/** A page that does not read this much is gone or stuck; it comes back by itself and gets the present values. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024;
/** Calls of one page under way at once; a window never has more than a few. */
const MAX_CALLS = 32;
const POLICY_VIOLATION = 1008;

/** One page on its WebSocket: introduces itself, then calls and subscribes. */
export class Page {
  readonly #socket: WebSocket;
  readonly #app: App;
  readonly #access: Access;
  readonly #onFault: (fault: unknown) => void;
  readonly #subscriptions = new Map<string, () => void>();
  readonly #introduction: NodeJS.Timeout;
  #known = false;
  #calls = 0;

  constructor(socket: WebSocket, app: App, access: Access, onFault: (fault: unknown) => void) {
    this.#socket = socket;
    this.#app = app;
    this.#access = access;
    this.#onFault = onFault;
    this.#introduction = setTimeout(() => socket.close(POLICY_VIOLATION), HELLO_WITHIN_MS);
    socket.on('message', (data, binary) => this.#receive(data, binary));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => this.#leave());
  }

  #leave(): void {
    clearTimeout(this.#introduction);
    for (const end of this.#subscriptions.values()) end();
    this.#subscriptions.clear();
  }

  #send(message: ServerMessage): void {
    if (this.#socket.bufferedAmount > MAX_UNREAD_BYTES) return this.#socket.terminate();
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #receive(data: RawData, binary: boolean): void {
    const message = binary || !Buffer.isBuffer(data) ? null : parse(data.toString('utf8'));
    if (message === null) return this.#socket.close(POLICY_VIOLATION);
    if (message.kind === 'hello') return this.#welcome(this.#access.exchange(message.token));
    if (message.kind === 'resume') return this.#welcome(this.#access.knows(message.key) ? message.key : null);
    if (!this.#known) return this.#socket.close(POLICY_VIOLATION);
    if (message.kind === 'subscribe') return this.#subscribe(message.name);
    void this.#answer(message.id, message.name, message.input);
  }

  #welcome(key: string | null): void {
    clearTimeout(this.#introduction);
    if (key === null) {
      const message = 'The address of this page was used already, or belongs to an earlier start of the app.';
      this.#send({ kind: 'refused', failure: { code: 'web.token-used', message } });
      return this.#socket.close(POLICY_VIOLATION);
    }
    this.#known = true;
    this.#send({ kind: 'welcome', key });
  }

  #subscribe(name: string): void {
    const feed = feedNamed(name);
    if (feed === null || this.#subscriptions.has(feed)) return;
    this.#subscriptions.set(
      feed,
      this.#app.feeds.subscribe(feed, (value) => this.#send({ kind: 'value', name: feed, value })),
    );
  }

  async #answer(id: number, name: string, input: unknown): Promise<void> {
    if (this.#calls >= MAX_CALLS) {
      const failure: Failure = {
        code: 'web.too-many-calls',
        message: `${MAX_CALLS} calls are under way already.`,
      };
      return this.#send({ kind: 'reply', id, reply: { ok: false, failure } });
    }
    this.#calls += 1;
    const reply = await dispatch(this.#app.handlers, name, input, this.#onFault);
    this.#calls -= 1;
    this.#send({ kind: 'reply', id, reply });
  }
}

function parse(text: string): PageMessage | null {
  try {
    const message = PageMessage.safeParse(JSON.parse(text));
    return message.success ? message.data : null;
  } catch {
    return null;
  }
}
