import type { NetworkLook } from '../core/engine/description.ts';
import type { DomainFact, DomainHappening } from '../core/engine/types.ts';
import {
  type Connection,
  connect,
  createDomain,
  destroyDomain,
  type Domain,
  type DomainEvent,
  DomainFeed,
  type DomainFeedMessage,
  domainXml,
  errorCode,
  getDomainAutostart,
  getDomainState,
  getDomainStatistics,
  getLibvirtVersion,
  isLibvirtError,
  lookupDomainByUuid,
  resetDomain,
  resumeDomain,
  setDomainAutostart,
  shutdownDomain,
  undefineDomain,
} from '../node-libvirt/index.ts';
import {
  type GuestAgent,
  type Hypervisor,
  HypervisorError,
  type HypervisorReport,
  type ScreenPicture,
  type StoredDefinition,
} from './hypervisor.ts';
import { asHypervisorError } from './libvirtErrors.ts';
import { guestCounters, libvirtGuestAgent } from './libvirtGuest.ts';
import { domainFact, domainFacts, endOf, happeningOf } from './libvirtFacts.ts';
import { DefinitionWatch, inspectDomain, storeDefinition } from './libvirtDefinitions.ts';
import { announce, NetworkWatch } from './libvirtNetworks.ts';
import { LibvirtMover } from './libvirtMover.ts';
import { LibvirtDriller } from './libvirtDrill.ts';
import { isDrill } from './drillXml.ts';
import { connectOptions, type LibvirtOptions } from './libvirtOptions.ts';
import { libvirtScreen, ScreenTurns } from './libvirtScreen.ts';

/** All states are read again this often: a lost event must not stay lost. */
const RELIST_EVERY_MS = 30_000;
const READ_DEADLINE_MS = 10_000;

/** libvirt on this host. State and events come over one connection, slow work goes over another. */
export class LibvirtHypervisor implements Hypervisor {
  readonly #options: LibvirtOptions;
  readonly #feed: DomainFeed;
  readonly #changes = new Map<string, number>();
  readonly #screens = new ScreenTurns();
  readonly #networks = new NetworkWatch();
  readonly guestAgent: GuestAgent;
  readonly #definitions = new DefinitionWatch();
  readonly mover: LibvirtMover;
  readonly driller: LibvirtDriller;
  #listener: (report: HypervisorReport) => void = () => {};
  #watching: Connection | null = null;
  #working: Promise<Connection> | null = null;
  #version = 'unknown';
  #changed = 0;
  #relist: NodeJS.Timeout | undefined;

  constructor(options: LibvirtOptions) {
    this.#options = options;
    this.mover = new LibvirtMover(options);
    this.driller = new LibvirtDriller(options);
    this.guestAgent = libvirtGuestAgent(connectOptions(options));
    this.#feed = new DomainFeed(
      {
        connect: connectOptions(options),
        kinds: ['lifecycle', 'reboot', 'watchdog', 'io-error', 'metadata-change'],
      },
      (message) => this.#hear(message),
    );
  }

  start(listener: (report: HypervisorReport) => void): void {
    this.#listener = listener;
    this.#feed.start();
    this.#relist = setInterval(() => void this.#list(), RELIST_EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#relist);
    const working = this.#working;
    this.#working = null;
    await this.#feed.stop();
    await working?.then((connection) => connection.close()).catch(() => {});
  }

  createPaused(vm: string, deadlineMs: number): Promise<void> {
    return this.#work(vm, deadlineMs, async (connection, domain) => {
      await createDomain(connection, domain, { paused: true, deadlineMs });
    });
  }

  resume(vm: string, deadlineMs: number): Promise<void> {
    return this.#work(vm, deadlineMs, (connection, domain) =>
      resumeDomain(connection, domain, { deadlineMs }),
    );
  }

  shutdown(vm: string, deadlineMs: number): Promise<void> {
    return this.#work(vm, deadlineMs, (connection, domain) =>
      shutdownDomain(connection, domain, { deadlineMs }),
    );
  }

  destroy(vm: string, deadlineMs: number): Promise<void> {
    return this.#work(vm, deadlineMs, async (connection, domain) => {
      try {
        await destroyDomain(connection, domain, { deadlineMs });
      } catch (error) {
        // "Operation invalid" is libvirt's answer for a domain that does not run.
        if (!isLibvirtError(error, errorCode.operationInvalid)) throw error;
      }
    });
  }

  reset(vm: string, deadlineMs: number): Promise<void> {
    return this.#work(vm, deadlineMs, (connection, domain) =>
      resetDomain(connection, domain, { deadlineMs }),
    );
  }

  counters(vm: string, deadlineMs: number): Promise<{ disk: number; network: number }> {
    return this.#work(vm, deadlineMs, (connection, domain) => guestCounters(connection, domain, deadlineMs));
  }

  inspect(vm: string, deadlineMs: number): ReturnType<Hypervisor['inspect']> {
    return this.#work(vm, deadlineMs, (connection, domain) =>
      inspectDomain(connection, domain, this.#options.areaPath, deadlineMs),
    );
  }

  changed(vms: readonly string[], deadlineMs: number): Promise<readonly string[]> {
    return this.#guard(async () => this.#definitions.changed(await this.#worker(), vms, deadlineMs));
  }

  async definition(vm: string, deadlineMs: number): Promise<StoredDefinition | null> {
    try {
      return await this.#work(vm, deadlineMs, async (connection, domain) => ({
        xml: await domainXml(connection, domain, { inactive: true, secure: true, deadlineMs }),
        autostart: await getDomainAutostart(connection, domain, { deadlineMs }),
        isActive: (await getDomainState(connection, domain, { deadlineMs })).state !== 'off',
      }));
    } catch (error) {
      if (error instanceof HypervisorError && error.failure.code === 'hypervisor.no-domain') return null;
      throw error;
    }
  }

  define(vm: string, xml: string, deadlineMs: number): Promise<void> {
    return this.#guard(async () => storeDefinition(await this.#worker(), vm, xml, deadlineMs));
  }

  announce(vm: string, deadlineMs: number): Promise<void> {
    return this.#guard(async () => announce(await this.#worker(), vm, deadlineMs));
  }

  networks(vms: readonly string[], deadlineMs: number): Promise<NetworkLook> {
    return this.#guard(async () => this.#networks.look(await this.#worker(), vms, deadlineMs));
  }

  screenshot(vm: string, deadlineMs: number): Promise<ScreenPicture> {
    return this.#guard(() =>
      this.#screens.take(() => libvirtScreen(connectOptions(this.#options), vm, deadlineMs)),
    );
  }

  setAutostart(vm: string, autostart: boolean, deadlineMs: number): Promise<void> {
    return this.#work(vm, deadlineMs, (connection, domain) =>
      setDomainAutostart(connection, domain, autostart, { deadlineMs }),
    );
  }

  undefine(vm: string, deadlineMs: number): Promise<void> {
    return this.#work(vm, deadlineMs, (connection, domain) =>
      undefineDomain(connection, domain, { managedSave: true, nvram: 'remove', deadlineMs }),
    );
  }

  #hear(message: DomainFeedMessage): void {
    switch (message.kind) {
      case 'connected':
        this.#watching = message.connection;
        void this.#begin(message.connection, domainFacts(message.domains));
        return;
      case 'disconnected':
        this.#watching = null;
        this.#changes.clear();
        this.#listener({ kind: 'lost', error: message.error.message });
        return;
      case 'event':
        if (isDrill(message.event.domain)) return;
        this.#changed += 1;
        this.#heardEvent(message.event);
    }
  }

  async #begin(connection: Connection, domains: readonly DomainFact[]): Promise<void> {
    this.#listener({ kind: 'domains', version: this.#version, domains });
    try {
      const version = await getLibvirtVersion(connection, { deadlineMs: READ_DEADLINE_MS });
      this.#version = `${version.major}.${version.minor}.${version.release}`;
      await this.#list();
    } catch {
      // Only shown to people; the connection's own end is reported by the feed.
    }
  }

  #heardEvent(event: DomainEvent): void {
    const { uuid } = event.domain;
    const vm = uuid.toLowerCase();
    const change = (this.#changes.get(vm) ?? 0) + 1;
    this.#changes.set(vm, change);
    const end = endOf(event);
    if (end !== null) this.#listener({ kind: 'domain', fact: end, happening: null });
    void this.#readAgain(vm, event.domain, change, end, happeningOf(event));
  }

  /** The state after an event. Of several readings only the newest counts; what happened is told in any case. */
  async #readAgain(
    vm: string,
    domain: Domain,
    change: number,
    end: DomainFact | null,
    happening: DomainHappening | null,
  ): Promise<void> {
    const connection = this.#watching;
    if (connection === null) return;
    try {
      const state = await getDomainState(connection, domain, { deadlineMs: READ_DEADLINE_MS });
      if (this.#watching !== connection) return;
      const isNewest = this.#changes.get(vm) === change;
      if (!isNewest && happening === null) return;
      const fact = domainFact(domain, state);
      if (end !== null && fact.state === 'stopped') return;
      this.#listener({ kind: 'domain', fact, happening });
    } catch (error) {
      if (this.#watching !== connection || !isLibvirtError(error, errorCode.noDomain)) return;
      this.#changes.delete(vm);
      this.#listener({ kind: 'gone', vm });
    }
  }

  async #list(): Promise<void> {
    const connection = this.#watching;
    const changed = this.#changed;
    if (connection === null) return;
    try {
      const options = { groups: ['state'] as const, deadlineMs: READ_DEADLINE_MS };
      const domains = await getDomainStatistics(connection, options);
      // A list that was overtaken by an event may be older than it; the next one will do.
      if (this.#watching !== connection || this.#changed !== changed) return;
      this.#listener({ kind: 'domains', version: this.#version, domains: domainFacts(domains) });
    } catch {
      // The feed reports a lost connection; a slow answer is no reason to forget what is known.
    }
  }

  #worker(): Promise<Connection> {
    if (this.#working !== null) return this.#working;
    const working = connect(connectOptions(this.#options));
    this.#working = working;
    const forget = (): void => {
      if (this.#working === working) this.#working = null;
    };
    working.then((connection) => connection.closed.then(forget), forget);
    return working;
  }

  #work<Result>(
    vm: string,
    deadlineMs: number,
    act: (connection: Connection, domain: Domain) => Promise<Result>,
  ): Promise<Result> {
    return this.#guard(async () => {
      const connection = await this.#worker();
      return act(connection, await lookupDomainByUuid(connection, vm, { deadlineMs }));
    });
  }

  async #guard<Result>(act: () => Promise<Result>): Promise<Result> {
    try {
      return await act();
    } catch (error) {
      throw asHypervisorError(error);
    }
  }
}
