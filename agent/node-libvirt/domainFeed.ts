import { connect, type ConnectOptions } from './connect.ts';
import type { Connection } from './connection.ts';
import { subscribeDomainEvents } from './domainEvents.ts';
import type { DomainEvent, DomainEventKind } from './domainEventTypes.ts';
import { type DomainStatistics, getDomainStatistics } from './domainStatistics.ts';
import { ProtocolError } from './errors.ts';

/** The first attempt after a loss comes soon, because a daemon restarts within a second. */
export const FIRST_RETRY_MS = 250;

/** Attempts slow down to this. */
export const LAST_RETRY_MS = 5000;

/** Events that arrive while the state is read. More than these, and the state is read anew. */
const MAXIMUM_HELD_EVENTS = 4096;

export type DomainFeedMessage =
  /**
   * Connected and subscribed. `domains` is all domains with their state, read after the subscription: forget what was
   * known before. The events that follow happened after it, or shortly before and are already in it.
   */
  | {
      readonly kind: 'connected';
      readonly connection: Connection;
      readonly domains: readonly DomainStatistics[];
    }
  | { readonly kind: 'event'; readonly event: DomainEvent }
  /** Nothing is known any more about what happens from here on. */
  | { readonly kind: 'disconnected'; readonly error: Error; readonly retryInMs: number };

export interface DomainFeedOptions {
  readonly connect?: ConnectOptions;
  readonly kinds: readonly DomainEventKind[];
}

/**
 * Domain events across restarts of the daemon: connects, subscribes, reads all state, and does all of it again after
 * every loss. The first attempt starts with `start`. The listener must not throw and should return soon.
 */
export class DomainFeed {
  readonly #options: DomainFeedOptions;
  readonly #listener: (message: DomainFeedMessage) => void;
  #connection: Connection | null = null;
  #retryMs = FIRST_RETRY_MS;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: DomainFeedOptions, listener: (message: DomainFeedMessage) => void) {
    this.#options = options;
    this.#listener = listener;
  }

  start(): void {
    void this.#run();
  }

  /** Nothing is heard from the feed afterwards. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#connection?.close();
  }

  async #run(): Promise<void> {
    let error: Error;
    try {
      const connection = await connect(this.#options.connect);
      this.#connection = connection;
      error = await this.#follow(connection);
    } catch (failure) {
      error = failure instanceof Error ? failure : new Error(String(failure));
    }
    this.#connection?.destroy('the feed lost its place');
    this.#connection = null;
    if (this.#isStopped) return;
    const retryInMs = this.#retryMs;
    this.#retryMs = Math.min(retryInMs * 2, LAST_RETRY_MS);
    this.#timer = setTimeout(() => void this.#run(), retryInMs);
    this.#tell({ kind: 'disconnected', error, retryInMs });
  }

  async #follow(connection: Connection): Promise<Error> {
    if (this.#isStopped) throw new Error('the feed was stopped');
    let held: DomainEvent[] | null = [];
    await subscribeDomainEvents(connection, this.#options.kinds, (event) => {
      if (held === null) this.#tell({ kind: 'event', event });
      else if (held.length < MAXIMUM_HELD_EVENTS) held.push(event);
      else throw new ProtocolError('more events arrived during a reading of state than can be held');
    });
    const domains = await getDomainStatistics(connection, { groups: ['state'] });
    this.#retryMs = FIRST_RETRY_MS;
    this.#tell({ kind: 'connected', connection, domains });
    for (const event of held) this.#tell({ kind: 'event', event });
    held = null;
    return connection.closed;
  }

  #tell(message: DomainFeedMessage): void {
    if (!this.#isStopped) this.#listener(message);
  }
}
