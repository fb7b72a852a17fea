import type { Failure } from '../../../agent/protocol/failure.ts';
import type { BridgeTransport, Reply } from '../../../electron/ipc/contract.ts';
import type { PageMessage, ServerMessage } from '../../../electron/ipc/frames.ts';

/** How the page stands to the app behind it. */
export type AppLink =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open' }
  /** The app went away or the page was cut off; it tries again by itself. */
  | { readonly kind: 'lost' }
  /** The app does not let this page in; trying again would not help. */
  | { readonly kind: 'refused'; readonly failure: Failure };

/** Where the key for a reload is kept: this tab only, gone when it is closed. */
const KEY = 'understudy.key';
const RETRY_FIRST_MS = 500;
const RETRY_LAST_MS = 4_000;

const goneReply: Reply<never> = {
  ok: false,
  failure: {
    code: 'app.gone',
    message: 'The app behind this window does not answer.',
    meaning: 'The hosts go on by themselves; nothing was changed.',
    fix: 'Start it again with npm start.',
  },
};

/** Takes the one-time token out of the address, so that it stays neither on the screen nor in the history. */
function takeToken(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token !== null) history.replaceState(null, '', location.pathname);
  return token;
}

/** The bridge's transport in a browser: a WebSocket to the loopback server that this page came from. */
export class PageSocket implements BridgeTransport {
  readonly #onLink: (link: AppLink) => void;
  readonly #listeners = new Map<string, Set<(value: unknown) => void>>();
  readonly #latest = new Map<string, unknown>();
  readonly #waiting = new Map<number, (reply: unknown) => void>();
  #token = takeToken();
  #socket: WebSocket | null = null;
  #open = false;
  #nextId = 0;
  #retryMs = RETRY_FIRST_MS;

  constructor(onLink: (link: AppLink) => void) {
    this.#onLink = onLink;
    this.#connect();
  }

  call(name: string, input: unknown): Promise<unknown> {
    if (!this.#open) return Promise.resolve(goneReply);
    this.#nextId += 1;
    const id = this.#nextId;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#send({ kind: 'call', id, name, input });
    });
  }

  subscribe(name: string, onValue: (value: unknown) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    if (listeners.size === 0 && this.#open) this.#send({ kind: 'subscribe', name });
    this.#listeners.set(name, listeners.add(onValue));
    if (this.#latest.has(name)) onValue(this.#latest.get(name));
    return () => void listeners.delete(onValue);
  }

  #send(message: PageMessage): void {
    this.#socket?.send(JSON.stringify(message));
  }

  #connect(): void {
    const socket = new WebSocket(`ws://${location.host}/bridge`);
    this.#socket = socket;
    socket.addEventListener('open', () => this.#introduce());
    socket.addEventListener('message', (event) =>
      this.#receive(JSON.parse(String(event.data)) as ServerMessage),
    );
    socket.addEventListener('close', () => this.#closed(socket));
  }

  #introduce(): void {
    const key = sessionStorage.getItem(KEY);
    if (this.#token !== null) this.#send({ kind: 'hello', token: this.#token });
    else if (key !== null) this.#send({ kind: 'resume', key });
    else
      this.#refuse({ code: 'web.no-token', message: 'This page was opened without its one-time address.' });
  }

  #receive(message: ServerMessage): void {
    switch (message.kind) {
      case 'welcome':
        this.#token = null;
        this.#open = true;
        this.#retryMs = RETRY_FIRST_MS;
        sessionStorage.setItem(KEY, message.key);
        for (const name of this.#listeners.keys()) this.#send({ kind: 'subscribe', name });
        return this.#onLink({ kind: 'open' });
      case 'refused':
        return this.#refuse(message.failure);
      case 'reply':
        this.#waiting.get(message.id)?.(message.reply);
        this.#waiting.delete(message.id);
        return undefined;
      case 'value':
        this.#latest.set(message.name, message.value);
        for (const listener of this.#listeners.get(message.name) ?? []) listener(message.value);
        return undefined;
    }
  }

  #refuse(failure: Failure): void {
    sessionStorage.removeItem(KEY);
    const fix = 'Start the app again and open the address that it prints.';
    this.#onLink({ kind: 'refused', failure: { fix, ...failure } });
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #closed(socket: WebSocket): void {
    this.#open = false;
    for (const settle of this.#waiting.values()) settle(goneReply);
    this.#waiting.clear();
    if (this.#socket !== socket) return;
    this.#onLink({ kind: 'lost' });
    setTimeout(() => this.#connect(), this.#retryMs);
    this.#retryMs = Math.min(RETRY_LAST_MS, this.#retryMs * 2);
  }
}
