import { PROFILES, takeoverTimeMs } from '../../../agent/core/timing.ts';
import type { ProfileName } from '../../../agent/protocol/timing.ts';
import type { Calm } from './calm.ts';
import { FAILBACK } from '../../../agent/core/engine/failback.ts';
import { cannotRun, isLockedOut, isStranded, isUnreadable } from './excuses.ts';
import type { Guests, Vm } from './guests.ts';
import type { Judge } from './judge.ts';
import type { Network } from './network.ts';
import type { Service } from './service.ts';
import type { Site } from './site.ts';
import type { Store } from './store.ts';

const SLACK_MS = 10_000;
/** After the last fault but for the network, everything that it has set in motion has come to an end. */
const SETTLED_MS = 30_000;
/** Hosts that lose the store within this time lose it together. */
const TOGETHER_MS = 500;
/** After the store is back for all, guests are thawed within this time. */
const BACK_WITHIN_MS = 30_000;

export interface WatchParts {
  readonly sites: readonly Site[];
  readonly vms: readonly Vm[];
  readonly store: Store;
  readonly guests: Guests;
  readonly network: Network;
  readonly calm: Calm;
  readonly service: Service;
  readonly judge: Judge;
}

/** The invariants that are about time: I3, I4 (as `live`), I7 and I8; looked at once a second, and at each reset. */
export class Watch {
  readonly #parts: WatchParts;
  /** Since when all hosts have lost the store together while everything else is well (I8). */
  #allLostSinceMs: number | null = null;
  #heldVms: readonly { readonly vm: Vm; readonly pid: number }[] = [];
  #backAtMs: number | null = null;
  readonly #gaveUpUntilMs = new Map<string, number>();
  /** When a VM was last seen being stopped or moved, on somebody's word. */
  readonly #stoppingAtMs = new Map<Vm, number>();
  #longestProfile: ProfileName;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#longestProfile = parts.judge.config.profile;
  }

  #now(): number {
    return this.#parts.judge.nowMs;
  }

  /** T of the slowest profile that any host has promised in this world. */
  #takeoverMs(): number {
    return takeoverTimeMs(PROFILES[this.#longestProfile]);
  }

  usesProfile(profile: ProfileName): void {
    if (takeoverTimeMs(PROFILES[profile]) > this.#takeoverMs()) this.#longestProfile = profile;
  }

  gaveUp(vmName: string, pauseMs: number): void {
    this.#gaveUpUntilMs.set(vmName, this.#now() + pauseMs);
  }

  /** Once a second. */
  look(): void {
    for (const site of this.#parts.sites) {
      const isWell = this.#isWell(site);
      site.healthySinceMs = isWell ? (site.healthySinceMs ?? this.#now()) : null;
    }
    for (const vm of this.#parts.vms) if (this.#isBeingStopped(vm)) this.#stoppingAtMs.set(vm, this.#now());
    this.#checkLive();
    this.#checkHold();
    this.#checkUnmoved();
  }

  #isWell(site: Site): boolean {
    const { store } = this.#parts;
    const { host, keeper, agent, libvirtd } = site;
    const { slot } = host;
    return (
      host.isWorking &&
      keeper.state !== null &&
      keeper.state.passiveBecause === null &&
      !keeper.process.isHung &&
      agent.process.isListening &&
      libvirtd.state === 'running' &&
      store.reach(slot) === 'ok' &&
      store.delayMs(slot) === 0
    );
  }

  /** I4: with one host and the store well for T_live, and nothing new going wrong, what should run runs. */
  #checkLive(): void {
    const { sites, vms, calm, service, guests, judge } = this.#parts;
    const startsMs = vms.reduce((sum, vm) => sum + vm.bootMs, 0);
    // Who has never read what a torn record said waits for the longest T of all (rule 1).
    const isTorn = sites.some(
      (site) => (site.healthySinceMs === null || isLockedOut(site)) && isUnreadable(site, this.#parts),
    );
    const takeoverMs = isTorn ? takeoverTimeMs(PROFILES.patient) : this.#takeoverMs();
    const liveMs = 2 * takeoverMs + startsMs + SLACK_MS;
    const sinceMs = this.#now() - liveMs;
    if (calm.lastMs() > sinceMs) return;
    const config = judge.config;
    const isGivenVms = ({ host, agent }: Site): boolean =>
      config.maintenance?.some(({ slot }) => slot === host.slot) !== true &&
      (agent.goingDown === null || agent.goingDown === 'on-battery');
    const cores = sites.filter(
      (site) =>
        site.healthySinceMs !== null &&
        site.healthySinceMs <= sinceMs &&
        isGivenVms(site) &&
        !isStranded(site) &&
        !isLockedOut(site),
    );
    if (cores.length === 0 || config.disarmed) return;
    for (const vm of vms) {
      const isLeftAlone = (this.#stoppingAtMs.get(vm) ?? Number.NEGATIVE_INFINITY) <= sinceMs;
      if (!isLeftAlone || !service.isKnownAsMeant(vm) || guests.running(vm) !== null) continue;
      if (this.#hasGivenUp(vm) || cannotRun(vm, cores, this.#parts)) continue;
      const names = cores.map((site) => site.host.name).join(' and ');
      this.#parts.judge.violation(
        'live',
        vm.name,
        `${vm.name} does not run, though ${names} and the store are well`,
      );
    }
  }

  /** The product has said that it tries again after a pause. */
  #hasGivenUp(vm: Vm): boolean {
    return (this.#gaveUpUntilMs.get(vm.name) ?? Number.NEGATIVE_INFINITY) > this.#now() - SLACK_MS * 2;
  }

  /** On somebody's word, or its policy's: a guest that does not shut down is given its time. */
  #isBeingStopped(vm: Vm): boolean {
    return this.#parts.sites.some(({ agent }) => {
      const activity = agent.engine?.vms.get(vm.uuid)?.activity;
      if (activity?.kind === 'move') return activity.reason === FAILBACK;
      return activity?.kind === 'stop' && activity.cause !== 'handover';
    });
  }

  /** The watchdog is about to reset a host: was that necessary? */
  resets(site: Site): void {
    const { calm, judge, store } = this.#parts;
    const { host, keeper } = site;
    const timing = PROFILES[this.#longestProfile];
    const backMs = timing.loseAfterMs + 2 * timing.tickMs + 2 * timing.watchdogMs + SLACK_MS / 2;
    const sinceMs = this.#now() - backMs;
    const isControlled =
      keeper.state !== null && !keeper.process.isHung && keeper.process.disturbedAtMs < sinceMs;
    const processes = calm.freeSinceMs(['host']);
    if (!isControlled || processes === null || processes > sinceMs) return;
    const storeFree = calm.freeSinceMs(['store']);
    if (storeFree !== null && storeFree <= sinceMs) {
      judge.violation(
        'I3',
        host.name,
        `${host.name} was reset though its keeper and its way to the store were well`,
      );
    } else if (this.#allLostSinceMs !== null && this.#isLostByAll()) {
      judge.violation(
        'I8',
        host.name,
        `${host.name} was reset though every host had lost the store and said so`,
      );
    } else if (store.reach(host.slot) === 'cut' && calm.isActive('store') && this.#lostOnly(sinceMs)) {
      judge.violation('I3', host.name, `${host.name} was reset though every I/O of its VMs had come back`);
    }
  }

  /** No stall, delay, tear or roll-back has happened in this story. */
  #cutsOnly = true;

  /** The only thing that has gone wrong with the store in all this time is that it was cut off, once. */
  #lostOnly(sinceMs: number): boolean {
    const lastMs = this.#parts.calm.lastMs();
    return lastMs > sinceMs && lastMs < this.#now() - SLACK_MS / 2 && this.#cutsOnly;
  }

  storeFault(verb: string): void {
    if (verb !== 'store-cut') this.#cutsOnly = false;
  }

  /** Nothing but the network has been ill for so long that all that was set in motion before has come to an end. */
  #isOnlyNetworkIll(): boolean {
    const sinceMs = this.#parts.calm.freeSinceMs(['store', 'host', 'process', 'guest', 'person']);
    return sinceMs !== null && sinceMs <= this.#now() - SETTLED_MS - 2 * this.#takeoverMs();
  }

  /** A guest has come to its end (I7). */
  ended(vm: Vm): void {
    if (this.#isBeingStopped(vm) || !this.#isOnlyNetworkIll()) return;
    this.#parts.judge.violation('I7', vm.name, `${vm.name} ended, though nothing but the network was ill`);
  }

  /** I7: with the store in reach and nothing ill but the network no host holds or stops anything. */
  #checkUnmoved(): void {
    for (const site of this.#parts.sites) {
      const { host, keeper } = site;
      const phase = keeper.state?.phase ?? 'alive';
      if (isStranded(site)) continue;
      const isIll = phase === 'holding' || phase === 'stopping' || phase === 'condemned';
      if (!isIll || !this.#isOnlyNetworkIll() || keeper.state?.passiveBecause !== null) continue;
      const detail = `${host.name} is ${phase}, though nothing but the network was ill`;
      this.#parts.judge.violation('I7', host.name, detail);
    }
  }

  #isLostByAll(): boolean {
    const { sites, store } = this.#parts;
    return sites.every(({ host }) => ['cut', 'stall'].includes(store.reach(host.slot)));
  }

  /** I8: all lose the store at once and hear each other: nobody stops, and the same guests go on afterwards. */
  #checkHold(): void {
    const { sites, network, calm, guests, judge } = this.#parts;
    const now = this.#now();
    const allLost = this.#isLostByAll();
    const restMs = calm.freeSinceMs(['network', 'host', 'process', 'guest', 'person']);
    const settledMs = 3 * this.#takeoverMs();
    // Whose I/O was slow before has lost the store before the others.
    const isPrompt = sites.every(({ host }) => this.#parts.store.delayMs(host.slot) === 0);
    const isQuiet = restMs !== null && restMs < now - settledMs && network.isWhole(sites.length) && isPrompt;
    if (!isQuiet) this.#allLostSinceMs = null;
    const wasWell = sites.every(({ keeper }) => keeper.state?.phase === 'alive');
    if (allLost && isQuiet && wasWell && this.#allLostSinceMs === null && this.#lostTogether) {
      this.#allLostSinceMs = now;
      this.#heldVms = sites.flatMap(({ host }) => guests.on(host.slot).map(({ vm, pid }) => ({ vm, pid })));
    }
    if (this.#allLostSinceMs === null) return;
    if (!allLost) {
      this.#checkBack(now);
      return;
    }
    if (this.#backAtMs !== null) {
      this.#allLostSinceMs = null;
      this.#backAtMs = null;
      return;
    }
    for (const { host, keeper } of sites) {
      const phase = keeper.state?.phase;
      if (phase === 'stopping' || phase === 'condemned' || phase === 'drained') {
        judge.violation(
          'I8',
          host.name,
          `${host.name} is ${phase} though every host had lost the store and said so`,
        );
      }
    }
  }

  /** The store is back for some host: that ends the hold. If it came back for all, everybody goes on a while later. */
  #checkBack(now: number): void {
    this.#backAtMs ??= now;
    if (now - this.#backAtMs < BACK_WITHIN_MS) return;
    const isBackForAll = this.#parts.sites.every(({ host }) => this.#parts.store.reach(host.slot) === 'ok');
    if (this.#backTogether && isBackForAll) this.#checkHeld();
    this.#allLostSinceMs = null;
    this.#backAtMs = null;
  }

  #checkHeld(): void {
    const { guests, judge, sites } = this.#parts;
    for (const { vm, pid } of this.#heldVms) {
      const qemu = sites.map(({ host }) => guests.of(vm, host.slot)).find((one) => one?.pid === pid);
      if (qemu === undefined || qemu === null) {
        judge.violation('I8', vm.name, `${vm.name} did not outlive the loss of the store by every host`);
      } else if (!guests.canRun(qemu) && qemu.guest !== 'off') {
        judge.violation('I8', vm.name, `${vm.name} does not go on though the store is back for every host`);
      }
    }
  }

  #lostTogether = false;
  #backTogether = false;
  readonly #lostAtMs = new Map<number, number>();
  readonly #healedAtMs = new Map<number, number>();
  readonly #lost = new Set<number>();

  /** One host's way to the store was lost or healed. */
  storeChanged(slot: number, isLost: boolean): void {
    if (this.#lost.has(slot) === isLost) return;
    if (isLost) this.#lost.add(slot);
    else this.#lost.delete(slot);
    const times = isLost ? this.#lostAtMs : this.#healedAtMs;
    times.set(slot, this.#now());
    const all = [...times.values()];
    const together =
      all.length === this.#parts.sites.length && Math.max(...all) - Math.min(...all) <= TOGETHER_MS;
    if (isLost) this.#lostTogether = together;
    else this.#backTogether = together;
  }
}
