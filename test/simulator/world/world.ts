import type { EngineEvent } from '../../../agent/core/engine/types.ts';
import type { GroupConfig } from '../../../agent/protocol/group.ts';
import type { KeeperLine, KeeperRequestBody } from '../../../agent/protocol/keeperLink.ts';
import { keeperEvent } from '../../../agent/service/keeperStory.ts';
import { PROFILES } from '../../../agent/core/timing.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { AgentProcess, type AgentEvents } from './agentProcess.ts';
import { beginWorld } from './beginWorld.ts';
import { Calm } from './calm.ts';
import { Cover } from './cover.ts';
import { Definitions } from './definitions.ts';
import { configOf, homeOf, settingsOf, vmsOf } from './group.ts';
import { Guests, type Qemu, type Vm } from './guests.ts';
import { Host } from './host.ts';
import { Judge } from './judge.ts';
import type { KeeperEvents } from './keeperParts.ts';
import { KeeperProcess } from './keeperProcess.ts';
import { Libvirtd } from './libvirtd.ts';
import { LiveMoves } from './liveMoves.ts';
import { Network, type PeerWords } from './network.ts';
import { EventQueue } from './queue.ts';
import { Random } from './random.ts';
import type { WorldWatcher } from './result.ts';
import { Service } from './service.ts';
import type { Site } from './site.ts';
import { StartGate } from './startGate.ts';
import { Store } from './store.ts';
import { beginTrouble, toldCondition } from './trouble.ts';
import { Watch } from './watch.ts';
import { WatchdogDevice } from './watchdog.ts';

/** Before second 0 processes find each other, for this long. */
const WARM_UP_MS = 7000;
/** Clocks are off by up to this in either direction, as is assumed at most. */
const MOST_PPM = 1000;
/** What the firmware writes at a start makes a new definition, so often. */
const DEFINITION_CHANGES = 0.3;

/** Everything that there is: made from a scenario and a seed, and nothing else. */
export class World {
  readonly queue = new EventQueue(-WARM_UP_MS);
  readonly random: Random;
  readonly scenario: Scenario;
  readonly vms: readonly Vm[];
  readonly config: GroupConfig;
  readonly store: Store;
  readonly guests: Guests;
  readonly network: Network;
  readonly definitions: Definitions;
  readonly sites: readonly Site[];
  readonly calm = new Calm();
  readonly service: Service;
  readonly judge: Judge;
  readonly watch: Watch;
  readonly watcher: WorldWatcher;
  failovers = 0;
  readonly #cover: Cover | null;
  readonly #moves: LiveMoves;

  constructor(scenario: Scenario, seed: number, watcher: WorldWatcher) {
    this.scenario = scenario;
    this.watcher = watcher;
    this.#cover = watcher.cover === undefined ? null : new Cover(watcher.cover);
    this.random = new Random(seed, 0);
    this.vms = vmsOf(scenario);
    this.config = configOf(scenario, this.vms);
    const { queue } = this;
    const hosts = scenario.hosts.length;
    const { landWithinMs } = PROFILES[scenario.profile];
    const historyMs =
      Math.max(0, ...scenario.steps.map((step) => (step.do === 'store-rollback' ? step.seconds : 0))) * 1000;
    this.store = new Store(queue, new Random(seed, 1), { hosts, landWithinMs, historyMs });
    this.guests = new Guests(this.store, hosts, {
      runs: (qemu) => this.judge.runs(qemu),
      changed: (vm) => this.service.look(vm),
      landed: (qemu) => this.judge.landed(qemu),
      booted: (qemu) => this.#guestBooted(qemu),
      ioError: (qemu) => this.sites[qemu.host.slot]?.libvirtd.ioError(qemu),
      gone: (qemu) => this.#qemuGone(qemu),
      copyRuns: (qemu) => this.judge.copyRuns(qemu),
    });
    const links = scenario.links.map(
      ([a, b]) => [scenario.hosts.indexOf(a), scenario.hosts.indexOf(b)] as const,
    );
    this.network = new Network(queue, new Random(seed, 2), hosts, links, {
      isListening: (host) => this.sites[host]?.agent.process.isListening === true,
      deliver: (from, to, message) => {
        const site = this.sites[to];
        site?.host.run(() => site.agent.fromPeer(from, message));
      },
      hostName: (host) => scenario.hosts[host] ?? '',
      told: (host, _, text) => this.tell(host, text),
    });
    this.#moves = new LiveMoves({
      sites: () => this.sites,
      guests: this.guests,
      network: this.network,
      random: new Random(seed, 3),
      vms: this.vms,
      tell: (host, text) => this.tell(host, text),
    });
    this.definitions = new Definitions(
      this.store,
      hosts,
      this.vms,
      (vm, slot) => homeOf(this.config, vm) !== slot,
    );
    this.sites = scenario.hosts.map((name, slot) => this.#makeSite(name, slot, seed));
    beginTrouble(this);
    this.service = new Service(queue, this.guests, this.vms);
    const grants = this.vms.map(
      (vm) => [vm, { token: vm.index, slot: homeOf(this.config, vm), epoch: 1, generation: 1 }] as const,
    );
    const { store, guests, sites, config, calm, network, service } = this;
    const isOutside = scenario.steps.some(
      (step) => step.do === 'watchdog-fail' || (step.do === 'bmc' && step.answer === 'lie'),
    );
    const story = (text: string): void => this.tell(null, text);
    this.judge = new Judge({ queue, store, guests, sites, config, isOutside, story }, new Map(grants));
    const { judge, vms } = this;
    this.watch = new Watch({ sites, vms, store, guests, network, calm, service, judge });
    beginWorld(this, WARM_UP_MS);
  }

  /** A line of the incident report; `host` null: the world's own. Nothing is told of the time before second 0. */
  tell(host: number | null, text: string): void {
    if (this.watcher.trace === undefined || this.queue.nowMs < 0) return;
    const name = host === null ? '' : (this.scenario.hosts[host] ?? '');
    this.watcher.trace(Math.round(this.queue.nowMs), `${name.padEnd(this.#nameWidth)}  ${text}`);
  }

  get #nameWidth(): number {
    return Math.max(...this.scenario.hosts.map((name) => name.length));
  }

  #makeSite(name: string, slot: number, seed: number): Site {
    const random = new Random(seed, 10 + slot);
    const host = new Host(slot, name, this.queue, random, {
      booted: () => this.#booted(slot),
      lost: () => this.#lost(slot),
    });
    host.setRate(random.pick([-MOST_PPM, 0, random.between(-MOST_PPM, MOST_PPM), MOST_PPM]));
    const watchdog = this.scenario.watchdog
      ? new WatchdogDevice(host, random.pick([0, random.next(), 1]), () => this.#watchdogFires(slot))
      : null;
    const gate = new StartGate(host);
    const libvirtd = new Libvirtd(host, this.guests, gate, this.vms);
    const { store, guests } = this;
    const settings = settingsOf(this.config, slot, watchdog !== null);
    const events = this.#keeperEvents(slot);
    const keeper = new KeeperProcess({ host, settings, store, guests, gate, watchdog, events }, this.config);
    const { definitions } = this;
    const agent = new AgentProcess({ host, keeper, libvirtd, definitions, events: this.#agentEvents(slot) });
    return { host, watchdog, gate, libvirtd, keeper, agent, resetsAtMs: [], healthySinceMs: null };
  }

  #keeperEvents(slot: number): KeeperEvents {
    return {
      ended: () => this.sites[slot]?.agent.keeperEnded(),
      line: (line) => this.#keeperLine(slot, line),
      stepped: (before, after, input, effects) => {
        this.#cover?.keeper(before, after, input, effects);
        if (after.epoch !== before.epoch) this.judge.epochBegan(slot, after.epoch);
        if (after.drainedEpoch !== before.drainedEpoch) this.judge.epochDrained(slot, after.drainedEpoch);
      },
      carriedOut: (effect) => {
        if (effect.kind !== 'saveConfig') return;
        this.judge.adoptedConfig(effect.config, slot);
        this.watch.usesProfile(effect.config.profile);
      },
    };
  }

  #keeperLine(slot: number, line: KeeperLine): void {
    const site = this.sites[slot];
    if (site === undefined) return;
    if (line.kind === 'event') {
      this.judge.said(line.code);
      this.#cover?.event(line.code);
      if (line.code === 'token.acquired' || line.code === 'token.reasserted')
        this.#noteGrant(site, line.facts);
      if (this.watcher.trace !== undefined) this.#tellKeeperEvent(slot, line);
    }
    site.agent.keeperLine(line);
  }

  #tellKeeperEvent(slot: number, line: Extract<KeeperLine, { kind: 'event' }>): void {
    const self = this.scenario.hosts[slot] ?? '';
    this.tell(slot, keeperEvent(line.code, line.facts, this.config, self).text);
  }

  #noteGrant(site: Site, facts: Readonly<Record<string, unknown>>): void {
    const { state } = site.keeper;
    const vm = this.vms.find((one) => one.uuid === facts['vm']);
    if (state === null || vm === undefined) return;
    for (const held of state.held.values()) {
      if (held.vm !== vm.uuid || held.generation !== facts['generation']) continue;
      const { token, generation } = held;
      this.judge.granted(vm, { token, slot: site.host.slot, epoch: state.epoch, generation });
    }
  }

  #agentEvents(slot: number): AgentEvents {
    return {
      told: (event) => this.#engineTold(slot, event),
      stepped: (before, after, input, effects) => this.#cover?.engine(before, after, input, effects),
      toPeer: (to, message) => this.network.send(slot, to, message),
      migrate: (action, answer) => this.#moves.migrate(slot, action, answer),
      cancelMigration: (vm) => this.#moves.cancel(slot, vm),
      peers: () => {
        const wordsOf = (other: number): PeerWords => {
          const site = this.sites[other];
          const condition = site === undefined ? null : toldCondition(site);
          return {
            agentVersion: site?.agent.version ?? '',
            goingDown: site?.agent.goingDown ?? null,
            condition,
          };
        };
        return this.network.facts(slot, wordsOf, this.sites[slot]?.host.nowMs ?? 0);
      },
      granted: (body, generation) => this.#granted(body, generation),
    };
  }

  #engineTold(slot: number, event: EngineEvent): void {
    this.judge.said(event.code);
    this.#cover?.event(event.code);
    this.tell(slot, event.text);
    if (event.code === 'vm.gave-up' && event.vm !== undefined) {
      this.watch.gaveUp(event.vm, Number(event.facts?.['pauseMs'] ?? 0));
    }
    if (event.code === 'vm.started' || event.code === 'vm.restarted') this.failovers += 1;
  }

  /** The keeper said yes: what an administrator or the engine may count on from now on. */
  #granted(body: KeeperRequestBody, generation: number | null): void {
    if (body.kind === 'note' || body.kind === 'release' || body.kind === 'acquire') {
      const uuid = this.judge.config.vms.find((entry) => entry.token === body.token)?.vm;
      const vm = this.vms.find((one) => one.uuid === uuid);
      if (vm === undefined) return;
      this.service.noted(vm, body.note.desired);
      if (this.service.isMeant(vm)) return;
      // A guest that is still there, running or paused, has not been stopped, whatever is wanted of it.
      const isGone = this.sites.every(({ host }) => this.guests.of(vm, host.slot) === null);
      if (body.note.desired === 'stopped' && isGone) this.judge.stopIsKnown(vm);
    } else if (body.kind === 'proposeConfig' && generation !== null) {
      this.judge.acknowledgedConfig(body.config);
    }
  }

  #booted(slot: number): void {
    const site = this.sites[slot];
    if (site === undefined) return;
    this.tell(slot, 'has booted.');
    site.gate.boot();
    site.libvirtd.boot();
    this.network.startOf(slot);
    site.keeper.boot();
    site.agent.start(500);
    this.calm.end(`power ${slot}`, this.queue.nowMs);
  }

  /** Power or reset took all that ran on the host. The guests' last writes are on their way. */
  #lost(slot: number): void {
    const site = this.sites[slot];
    if (site === undefined) return;
    site.keeper.hostLost();
    site.agent.hostLost();
    this.guests.hostGone(slot);
    this.store.hostGone(slot);
    site.healthySinceMs = null;
  }

  #watchdogFires(slot: number): void {
    const site = this.sites[slot];
    if (site === undefined) return;
    this.watch.resets(site);
    this.tell(slot, 'is reset by its watchdog.');
    site.resetsAtMs.push(this.queue.nowMs);
    site.host.powerOff();
    site.host.powerOn();
  }

  #guestBooted(qemu: Qemu): void {
    this.tell(qemu.host.slot, `The guest of ${qemu.vm.name} has booted.`);
    if (qemu.host.random.chance(DEFINITION_CHANGES)) this.definitions.changed(qemu.vm);
    this.service.look(qemu.vm);
  }

  #qemuGone(qemu: Qemu): void {
    const site = this.sites[qemu.host.slot];
    if (site?.host.isUp !== true) return;
    this.watch.ended(qemu.vm);
    site.libvirtd.qemuGone(qemu);
  }
}
