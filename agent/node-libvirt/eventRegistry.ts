import type { CallOptions } from './callTable.ts';
import type { Domain } from './codec.generated.ts';
import type { Connection } from './connection.ts';
import type { DomainEvent } from './domainEventTypes.ts';
import { ProtocolError } from './errors.ts';
import {
  connectDomainEventCallbackDeregisterAny,
  connectDomainEventCallbackRegisterAny,
} from './procedures.generated.ts';

/** Where events of one kind come from. */
export interface EventSource {
  /** `virDomainEventID`: what is registered for. */
  readonly eventId: number;
  readonly attach: (
    connection: Connection,
    hear: (callbackId: number, event: DomainEvent) => void,
  ) => () => void;
}

/** Events between the daemon's registration and its reply. A daemon that sends more than these is not one. */
const MAXIMUM_EARLY_EVENTS = 4096;

/**
 * One registration with the daemon, shared by all who listen: libvirt takes only one of each kind, for each domain or
 * all, on a connection.
 */
class Registration {
  readonly listeners = new Set<(event: DomainEvent) => void>();
  readonly #detach: () => void;
  readonly #ready: Promise<number>;
  #early: (readonly [callbackId: number, event: DomainEvent])[] | null = [];
  #callbackId: number | null = null;

  constructor(connection: Connection, source: EventSource, domain: Domain | null, options: CallOptions) {
    this.#detach = source.attach(connection, (callbackId, event) => this.#hear(callbackId, event));
    this.#ready = this.#register(connection, source.eventId, domain, options);
  }

  /** Resolves when the daemon has registered. */
  get ready(): Promise<number> {
    return this.#ready;
  }

  /** Tells the daemon. Nothing is heard afterwards. */
  async end(connection: Connection, options: CallOptions): Promise<void> {
    this.#detach();
    const callbackID = await this.#ready;
    if (connection.isOpen) {
      await connection.call(connectDomainEventCallbackDeregisterAny, { callbackID }, options);
    }
  }

  async #register(
    connection: Connection,
    eventID: number,
    dom: Domain | null,
    options: CallOptions,
  ): Promise<number> {
    try {
      const register = connectDomainEventCallbackRegisterAny;
      const { callbackID } = await connection.call(register, { eventID, dom }, options);
      this.#callbackId = callbackID;
      const early = this.#early ?? [];
      this.#early = null;
      for (const [callbackId, event] of early) this.#hear(callbackId, event);
      return callbackID;
    } catch (error) {
      this.#detach();
      throw error;
    }
  }

  /** The daemon may report events before it has answered the registration, when the own callback id is not known yet. */
  #hear(callbackId: number, event: DomainEvent): void {
    if (this.#early) {
      if (this.#early.length >= MAXIMUM_EARLY_EVENTS) {
        throw new ProtocolError('a flood of events before a subscription');
      }
      this.#early.push([callbackId, event]);
    } else if (callbackId === this.#callbackId) {
      for (const listener of this.listeners) listener(event);
    }
  }
}

interface Registry {
  readonly registrations: Map<string, Registration>;
  /** Registrations that the daemon is being told to end: the same can't be made before that is done. */
  readonly endings: Map<string, Promise<void>>;
}

const registries = new WeakMap<Connection, Registry>();

function registryOf(connection: Connection): Registry {
  const registry = registries.get(connection) ?? { registrations: new Map(), endings: new Map() };
  registries.set(connection, registry);
  return registry;
}

/** Listens to several sources; ends all of them when one can't be registered. Returns the way to end them. */
export async function subscribe(
  connection: Connection,
  sources: readonly EventSource[],
  listener: (event: DomainEvent) => void,
  options: CallOptions & { readonly domain?: Domain },
): Promise<() => Promise<void>> {
  const ends: (() => Promise<void>)[] = [];
  const endAll = async (): Promise<void> => {
    await Promise.all(ends.splice(0).map((end) => end()));
  };
  const results = await Promise.allSettled(
    sources.map(async (source) => {
      ends.push(await join(connection, source, listener, options));
    }),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (!failed) return endAll;
  await endAll();
  throw failed.reason;
}

async function join(
  connection: Connection,
  source: EventSource,
  listener: (event: DomainEvent) => void,
  options: CallOptions & { readonly domain?: Domain },
): Promise<() => Promise<void>> {
  const { registrations, endings } = registryOf(connection);
  const domain = options.domain ?? null;
  const key = `${source.eventId}:${domain?.uuid ?? ''}`;
  while (endings.has(key)) await endings.get(key);
  const registration = registrations.get(key) ?? new Registration(connection, source, domain, options);
  registrations.set(key, registration);
  // A function of its own, so that a listener that subscribes twice hears twice.
  const hear = (event: DomainEvent): void => listener(event);
  registration.listeners.add(hear);
  try {
    await registration.ready;
  } catch (error) {
    registrations.delete(key);
    throw error;
  }
  return async () => {
    registration.listeners.delete(hear);
    if (registration.listeners.size > 0 || registrations.get(key) !== registration) return;
    registrations.delete(key);
    const ending = registration.end(connection, options).finally(() => endings.delete(key));
    endings.set(
      key,
      ending.catch(() => {}),
    );
    await ending;
  };
}
