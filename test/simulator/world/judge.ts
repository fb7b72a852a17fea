import { leaseBlock } from '../../../agent/core/area.ts';
import { PROFILES, takeoverTimeMs } from '../../../agent/core/timing.ts';
import type { GroupConfig } from '../../../agent/protocol/group.ts';
import type { Guests, Qemu, Vm } from './guests.ts';
import type { EventQueue } from './queue.ts';
import type { Invariant, Violation } from './result.ts';
import type { Site } from './site.ts';
import { canonical, leastTakeoverMs, recordOf } from './promises.ts';
import type { Store } from './store.ts';

/** Enough to see what is wrong; a world in ruins would fill memory. */
const MAX_VIOLATIONS = 20;
/** From a new epoch to the first acquisition under it. */
const JOINING_MS = 3000;
const CLOCKS = 0.0011;
/** Within this time a double run must have been noticed by somebody who is there to notice it. */
const NOTICED_WITHIN_MS = 60_000;
/** Events that say it. */
const ALARMS = new Set([
  'host.moved-after-death',
  'token.double-holder',
  'vm.stray-killed',
  'vm.stranger-destroyed',
]);

interface Grant {
  readonly token: number;
  readonly slot: number;
  readonly epoch: number;
  readonly generation: number;
}

export interface JudgeParts {
  readonly queue: EventQueue;
  readonly store: Store;
  readonly guests: Guests;
  readonly sites: readonly Site[];
  readonly config: GroupConfig;
  /** The scenario leaves what is assumed: a watchdog that never fires, a BMC that lies. */
  readonly isOutside: boolean;
  readonly story: (text: string) => void;
}

/** The invariants that are checked where something happens: I1, I2, I5, I6. The others need time (watch.ts). */
export class Judge {
  readonly #parts: JudgeParts;
  readonly violations: Violation[] = [];
  readonly #seen = new Set<string>();
  /** The newest configuration that any host has taken on. */
  config: GroupConfig;
  /** By VM: who was given its token last, as the world saw it. */
  readonly #grants = new Map<Vm, Grant>();
  /** By slot: epochs that are over for ever, by the owner's own knowledge. */
  readonly #deadEpoch: number[];
  /** By slot: when its present epoch began. */
  readonly #epochBeganMs: number[];
  /** By generation: configurations that were acknowledged to whoever asked for them. */
  readonly #acknowledged = new Map<number, string>();
  /** VMs whose stop is on the store: only a person may start them again. */
  readonly #stopped = new Set<Vm>();
  readonly #beingStarted = new Set<Vm>();
  /** By slot: when the store last went back while the record there promised no watchdog. */
  readonly #unwatchedMs = new Map<number, number>();
  #doubleRunAtMs: number | null = null;
  /** Every time that the store went back, and to when: a scenario has only so many. */
  readonly #rollBacks: { readonly atMs: number; readonly toMs: number }[] = [];
  /** By VM: when its present grant was given. */
  readonly #grantedAtMs = new Map<Vm, number>();
  #lastAlarmMs = Number.NEGATIVE_INFINITY;

  constructor(parts: JudgeParts, firstGrants: ReadonlyMap<Vm, Grant>) {
    this.#parts = parts;
    this.config = parts.config;
    this.#grants = new Map(firstGrants);
    this.#deadEpoch = parts.sites.map(() => 0);
    this.#epochBeganMs = parts.sites.map(() => Number.NEGATIVE_INFINITY);
  }

  get nowMs(): number {
    return this.#parts.queue.nowMs;
  }

  /** Once for each key: a violation that lasts is one violation. */
  violation(invariant: Invariant, key: string, detail: string): void {
    if (this.#seen.has(`${invariant} ${key}`) || this.violations.length >= MAX_VIOLATIONS) return;
    this.#seen.add(`${invariant} ${key}`);
    this.#parts.story(`VIOLATION of ${invariant}: ${detail}`);
    this.violations.push({ invariant, at: Math.round(this.nowMs) / 1000, detail });
  }

  holder(vm: Vm): Grant | null {
    return this.#grants.get(vm) ?? null;
  }

  isProtected(vm: Vm): boolean {
    return this.config.vms.some((entry) => entry.vm === vm.uuid);
  }

  /** A guest executes from now on: nobody else may, and no later run may have been elsewhere. */
  runs(qemu: Qemu): void {
    const { vm, host } = qemu;
    for (const site of this.#parts.sites) {
      if (site.host === host) continue;
      const other = this.#parts.guests.of(vm, site.host.slot);
      if (other !== null && this.#parts.guests.canRun(other)) {
        this.#doubleRun(vm, `${vm.name} runs on ${host.name} while it runs on ${site.host.name}`);
      }
    }
    const { newest } = vm;
    if (newest !== null && newest.order > qemu.order && newest.host !== host) {
      this.#doubleRun(
        vm,
        `${vm.name} goes on on ${host.name}, though it has run on ${newest.host.name} since`,
      );
    }
    if (newest === null || newest.order < qemu.order) vm.newest = qemu;
    if (this.#stopped.has(vm)) {
      this.violation('I6', vm.name, `${vm.name} was stopped on purpose and runs again on ${host.name}`);
    }
  }

  /** A copy that was received live is the VM only if all of it arrived and the VM has not run anywhere else since. */
  copyRuns(qemu: Qemu): void {
    const { vm, copy, host } = qemu;
    const original = copy?.of ?? null;
    const isOld =
      original === null ||
      original.moved.wentOnAfter >= (copy?.stand ?? 0) ||
      (vm.newest !== null && vm.newest !== original);
    if (!isOld && (original.isGone || !original.host.isUp)) return;
    this.violation('I1', `copy ${vm.name}`, `an old or unfinished copy of ${vm.name} runs on ${host.name}`);
  }

  /** A guest's write has reached the disk. */
  landed(qemu: Qemu): void {
    const { newest, name } = qemu.vm;
    if (newest === null || newest.order <= qemu.order || newest.host === qemu.host) return;
    this.#doubleRun(
      qemu.vm,
      `a late write of ${name} from ${qemu.host.name} landed after ${name} had begun to run on ${newest.host.name}`,
    );
  }

  #doubleRun(vm: Vm, detail: string): void {
    if (!this.isProtected(vm)) return;
    const isKnownHole = this.#parts.sites.some(({ host }) => this.#cannotKnow(host.slot));
    if (!this.#parts.isOutside && !isKnownHole) {
      this.violation('I1', vm.name, detail);
      return;
    }
    if (this.#doubleRunAtMs === null) {
      this.#doubleRunAtMs = this.nowMs;
      this.#parts.story(`Outside of what is assumed: ${detail}.`);
    }
  }

  /** What keepers and agents say. */
  said(code: string): void {
    if (ALARMS.has(code)) this.#lastAlarmMs = this.nowMs;
  }

  /** In worlds outside of what is assumed a double run must be noticed and said, soon after or just before. */
  checkSaid(isAtEnd: boolean): void {
    const sinceMs = this.#doubleRunAtMs;
    if (sinceMs === null || this.#lastAlarmMs > sinceMs - NOTICED_WITHIN_MS) return;
    const isListening = this.#parts.sites.some((site) => site.agent.process.isListening);
    if (
      isListening &&
      (this.nowMs - sinceMs > NOTICED_WITHIN_MS || (isAtEnd && this.nowMs - sinceMs > 15_000))
    ) {
      this.violation('said', 'double run', 'a VM ran twice and no host said that anything was wrong');
    }
  }

  epochBegan(slot: number, epoch: number): void {
    this.#epochBeganMs[slot] = this.nowMs;
    this.#deadEpoch[slot] = Math.max(this.#deadEpoch[slot] ?? 0, epoch - 1);
  }

  epochDrained(slot: number, epoch: number): void {
    this.#deadEpoch[slot] = Math.max(this.#deadEpoch[slot] ?? 0, epoch);
  }

  /** I2: a token changes hands only after a release, a proof, or T. */
  granted(vm: Vm, grant: Grant): void {
    const { slot, token, generation } = grant;
    const before = this.#grants.get(vm);
    const beforeMs = this.#grantedAtMs.get(vm) ?? 0;
    this.#grants.set(vm, grant);
    this.#grantedAtMs.set(vm, this.nowMs);
    // Protected anew, a VM may get another token; rule 20 says when, and I1 is checked in any case.
    if (before === undefined || before.token !== token) return;
    if (before.slot === slot || before.generation > generation) return;
    const old = this.#parts.sites[before.slot];
    const isBurnt = old?.keeper.runFile?.burntGenerations.some(
      (entry) => entry.token === token && entry.generation >= before.generation,
    );
    if (isBurnt === true || (this.#deadEpoch[before.slot] ?? 0) >= before.epoch) return;
    // After a roll-back a host may count its epochs again.
    if ((this.#epochBeganMs[before.slot] ?? 0) > beforeMs) return;
    if (this.#hasWaited(before.slot, beforeMs) || this.#parts.isOutside || this.#cannotKnow(slot)) return;
    const names = [this.#parts.config.vms[token]?.name, this.#nameOf(slot), this.#nameOf(before.slot)];
    this.violation(
      'I2',
      `${token}`,
      `${names[1]} took ${names[0]} from ${names[2]} before T and without a proof`,
    );
  }

  /**
   * A host that begins a new epoch just after the store went back has nothing to measure that by, and waits T for hosts
   * that do not vouch. Without watchdogs T says nothing of a host that stands still: known and told in docs/safety.md,
   * section 5; what follows from it must be noticed and said. With watchdogs nothing is excused.
   */
  #cannotKnow(slot: number): boolean {
    const backMs = this.#rollBacks.at(-1)?.atMs;
    if (backMs === undefined || (this.#epochBeganMs[slot] ?? 0) <= backMs - JOINING_MS) return false;
    // However long ago, while such a host has not been heard since.
    const isSilent = (other: number): boolean =>
      other !== slot && (this.#parts.store.landedAtMs.get(leaseBlock(other)) ?? 0) < backMs;
    const isRecent = this.nowMs - backMs <= takeoverTimeMs(PROFILES.patient);
    return this.#parts.sites.some(
      ({ watchdog, host }) => watchdog === null && (isRecent || isSilent(host.slot)),
    );
  }

  #hasWaited(victim: number, grantedMs: number): boolean {
    const { store, config } = this.#parts;
    const block = leaseBlock(victim);
    const lease = recordOf(store, config, victim);
    // A roll-back may have taken the victim's token away with the store; T from then on is what rule 15 asks for.
    const taken = this.#rollBacks.find(({ atMs, toMs }) => toMs <= grantedMs && grantedMs < atMs);
    const landedMs = Math.min(
      store.landedAtMs.get(block) ?? 0,
      (taken ?? this.#rollBacks.at(-1))?.atMs ?? Number.POSITIVE_INFINITY,
    );
    const quietMs = this.nowMs - landedMs;
    // A block that can't be read may have promised anything: then the longest T counts, and any shorter one is not checked.
    if (lease === null) return quietMs > 0;
    const leastMs = leastTakeoverMs(lease);
    return leastMs !== null && quietMs >= leastMs * (1 - CLOCKS);
  }

  acknowledgedConfig(config: GroupConfig): void {
    this.#acknowledged.set(config.generation, canonical(config));
  }

  /** I5: whatever becomes the configuration of a generation that was acknowledged is what was acknowledged. */
  adoptedConfig(config: GroupConfig, slot: number): void {
    if (config.generation > this.config.generation) this.config = config;
    const known = this.#acknowledged.get(config.generation);
    if (known === undefined || known === canonical(config)) return;
    this.violation(
      'I5',
      `${config.generation}`,
      `${this.#nameOf(slot)} has another configuration ${config.generation} than the one that was acknowledged`,
    );
  }

  /** After a roll-back of the store what was acknowledged may be gone: hosts know it again, or not (rule 15). */
  rolledBack(byMs: number): void {
    this.#rollBacks.push({ atMs: this.nowMs, toMs: this.nowMs - byMs });
    for (const { host } of this.#parts.sites) {
      const lease = recordOf(this.#parts.store, this.#parts.config, host.slot);
      if (lease?.watchdog !== 'armed') this.#unwatchedMs.set(host.slot, this.nowMs);
    }
    this.#acknowledged.clear();
    this.#stopped.clear();
  }

  /** Its last record before the store went back promised no watchdog, and it has written nothing since: others know. */
  wasUnwatched(slot: number): boolean {
    const backMs = this.#unwatchedMs.get(slot);
    return backMs !== undefined && (this.#parts.store.landedAtMs.get(leaseBlock(slot)) ?? 0) <= backMs;
  }

  get hasRolledBack(): boolean {
    return this.#rollBacks.length > 0;
  }

  /** The note that says "stopped" is on the store: no host may recover the VM. */
  stopIsKnown(vm: Vm): void {
    if (!this.#beingStarted.has(vm)) this.#stopped.add(vm);
  }

  /** Typed after the stop, whatever of both comes first: the last word counts. */
  personStartsByHand(vm: Vm, isOver: boolean): void {
    if (isOver) this.#beingStarted.delete(vm);
    else this.#beingStarted.add(vm);
    if (!isOver) this.personStarts(vm);
  }

  personStarts(vm: Vm): void {
    this.#stopped.delete(vm);
  }

  #nameOf(slot: number): string {
    return this.#parts.config.hosts[slot]?.name ?? `slot ${slot}`;
  }
}
