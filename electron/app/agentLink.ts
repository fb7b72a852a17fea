import type { Duplex } from 'node:stream';
import type { ControlMethod, ControlParams, ControlResult, Status } from '../../agent/protocol/control.ts';
import type { LogEvent } from '../../agent/protocol/event.ts';
import { FailureError, type Failure } from '../../agent/protocol/failure.ts';
import { createRpcClient } from '../../agent/protocol/rpcClient.ts';
import type { ConsoleLink } from '../ipc/views.ts';

/** Opening over SSH with a jump host takes a few seconds at worst; longer means that nobody answers. */
const OPEN_WITHIN_MS = 20_000;
const CALL_WITHIN_MS = 10_000;
/** Agents push a status at least every second; this long without a word, the stream is dead though it looks open. */
const SILENT_AFTER_MS = 6_000;
const RETRY_FIRST_MS = 500;
const RETRY_LAST_MS = 5_000;
/** Trying the same login again would not help, and hosts lock out who tries too often. */
const RETRY_AFTER_REFUSAL_MS = 120_000;
const REFUSALS: ReadonlySet<string> = new Set([
  'ssh.auth-refused',
  'ssh.host-key-changed',
  'ssh.key-file-invalid',
  'ssh.key-file-unreadable',
  'ssh.no-agent',
  'ssh.passphrase-missing',
  'ssh.passphrase-wrong',
  'ssh.password-missing',
  'ssh.prompt-not-answered',
  'ssh.root-refused',
  'ssh.sudo-missing',
  'ssh.sudo-password-missing',
  'ssh.sudo-refused',
]);
/** Events asked for at once: a page of the story, far below the longest line. */
const EVENTS_AT_ONCE = 200;

export interface AgentLinkOptions {
  readonly hostName: string;
  /** Named in the agent's log as the console that looked. */
  readonly consoleName: string;
  /** A byte stream to the agent's control socket; rejects with a FailureError. */
  readonly open: () => Promise<Duplex>;
  readonly onStatus: (status: Status) => void;
  /** `live`: told as they happened; else asked for after a connection was made. */
  readonly onEvents: (events: readonly LogEvent[], live: boolean) => void;
  readonly onChange: () => void;
}

type Client = ReturnType<typeof createRpcClient>;

/** The app's own connection to one agent: subscribes, catches up on events, and comes back by itself after a loss. */
export class AgentLink {
  readonly #options: AgentLinkOptions;
  #client: Client | null = null;
  #stream: Duplex | null = null;
  #state: 'connecting' | 'connected' | 'lost' | 'closed' = 'connecting';
  #lostAtMs = 0;
  #failure: Failure;
  #retryMs = RETRY_FIRST_MS;
  #retry: NodeJS.Timeout | null = null;
  #watch: NodeJS.Timeout | null = null;
  #lastSeq: number | null = null;

  constructor(options: AgentLinkOptions) {
    this.#options = options;
    this.#failure = this.#lost('It has not been reached yet.');
    void this.#connect();
  }

  /** How the link stands, for a view made at `nowMs` of `performance.now()`. */
  view(nowMs: number): ConsoleLink {
    if (this.#state === 'connected') return { kind: 'connected' };
    if (this.#state === 'connecting') return { kind: 'connecting' };
    return { kind: 'lost', forMs: Math.max(0, nowMs - this.#lostAtMs), failure: this.#failure };
  }

  /** Throws a FailureError when the host is not reached, refuses, or does not answer within the deadline. */
  async call<Method extends ControlMethod>(
    method: Method,
    params: ControlParams<Method>,
    deadlineMs = CALL_WITHIN_MS,
  ): Promise<ControlResult<Method>> {
    if (this.#client === null || this.#state !== 'connected') throw new FailureError(this.#failure);
    return this.#client.call(method, params, deadlineMs);
  }

  /** Tries at once instead of waiting for the next turn: the host was just switched on. */
  retryNow(): void {
    if (this.#state !== 'lost' || this.#retry === null) return;
    clearTimeout(this.#retry);
    this.#retryMs = RETRY_FIRST_MS;
    void this.#connect();
  }

  close(): void {
    this.#state = 'closed';
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#watch !== null) clearTimeout(this.#watch);
    this.#client?.closed(this.#lost('The app closed the connection.'));
    this.#stream?.destroy();
  }

  #lost(message: string): Failure {
    const meaning = 'Only this app does not reach the host. The host may be fine.';
    return { code: 'console.not-connected', message: `${this.#options.hostName}: ${message}`, meaning };
  }

  async #connect(): Promise<void> {
    this.#retry = null;
    try {
      const stream = await within(OPEN_WITHIN_MS, this.#options.open(), () =>
        this.#lost('It does not answer.'),
      );
      if (this.#isClosed()) return void stream.destroy();
      await this.#follow(stream);
    } catch (fault) {
      const failure =
        fault instanceof FailureError
          ? fault.failure
          : this.#lost(fault instanceof Error ? fault.message : '');
      this.#drop(failure);
    }
  }

  /** A method, because the state changes while an await waits, which the compiler can't see. */
  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  async #follow(stream: Duplex): Promise<void> {
    this.#stream = stream;
    const client = createRpcClient({
      send: (line) => void stream.write(line),
      after: (ms, action) => {
        const timer = setTimeout(action, ms);
        return () => clearTimeout(timer);
      },
      onNotification: (notification) => {
        this.#heard();
        if (notification.method === 'status') this.#options.onStatus(notification.params);
        else this.#take([notification.params], true);
      },
      onFault: (failure) => this.#drop(failure, stream),
    });
    this.#client = client;
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => client.receive(text));
    stream.on('error', () => this.#drop(this.#lost('The connection broke.'), stream));
    stream.on('close', () => this.#drop(this.#lost('The connection was closed.'), stream));
    const { status } = await client.call(
      'subscribe',
      { consoleName: this.#options.consoleName },
      CALL_WITHIN_MS,
    );
    if (this.#isClosed()) return;
    this.#state = 'connected';
    this.#retryMs = RETRY_FIRST_MS;
    this.#heard();
    this.#options.onStatus(status);
    this.#options.onChange();
    await this.#catchUp(client);
  }

  async #catchUp(client: Client): Promise<void> {
    const { lastSeq } = await client.call('events', { limit: 1 }, CALL_WITHIN_MS);
    const afterSeq = Math.max(this.#lastSeq ?? -1, lastSeq - EVENTS_AT_ONCE, -1);
    const { events } = await client.call('events', { afterSeq, limit: EVENTS_AT_ONCE }, CALL_WITHIN_MS);
    this.#take(events, false);
  }

  #take(events: readonly LogEvent[], live: boolean): void {
    for (const { seq } of events) this.#lastSeq = Math.max(this.#lastSeq ?? -1, seq);
    this.#options.onEvents(events, live);
  }

  #heard(): void {
    if (this.#watch !== null) clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#drop(this.#lost('It fell silent.')), SILENT_AFTER_MS);
  }

  /** `of`: the stream that this is about; news of one that was given up already is no news. */
  #drop(failure: Failure, of: Duplex | null = this.#stream): void {
    if (this.#state === 'closed' || (of !== null && of !== this.#stream)) return;
    const stream = this.#stream;
    const client = this.#client;
    this.#stream = null;
    this.#client = null;
    if (this.#watch !== null) clearTimeout(this.#watch);
    if (this.#state !== 'lost') this.#lostAtMs = performance.now();
    this.#state = 'lost';
    this.#failure = failure;
    client?.closed(failure);
    stream?.destroy();
    if (this.#retry === null) {
      const refused = REFUSALS.has(failure.code);
      this.#retry = setTimeout(() => void this.#connect(), refused ? RETRY_AFTER_REFUSAL_MS : this.#retryMs);
      this.#retryMs = Math.min(RETRY_LAST_MS, this.#retryMs * 2);
    }
    this.#options.onChange();
  }
}

/** Gives up waiting after `ms`; a stream that still comes later is destroyed. */
async function within(ms: number, opening: Promise<Duplex>, late: () => Failure): Promise<Duplex> {
  let timer: NodeJS.Timeout | undefined;
  let gaveUp = false;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      gaveUp = true;
      reject(new FailureError(late()));
    }, ms);
  });
  opening.then(
    (stream) => (gaveUp ? stream.destroy() : undefined),
    () => undefined,
  );
  try {
    return await Promise.race([opening, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
