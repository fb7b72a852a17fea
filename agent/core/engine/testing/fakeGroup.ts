import type { GroupConfig, ProtectedVm } from '../../../protocol/group.ts';
import type { KeeperView, PeerLease, TokenView } from '../../../protocol/keeperLink.ts';
import type { HolderNote, TokenValue } from '../../../protocol/store.ts';
import type { DomainDescription } from '../description.ts';
import { firstNote } from '../notes.ts';
import type { EngineEvent } from '../types.ts';
import { FakeHost } from './fakeHost.ts';

const TICK_MS = 100;
const VIEW_EVERY_MS = 500;
/** How long after its power loss a host's tokens are free. */
const TAKEABLE_AFTER_MS = 12_000;
const TIMING = { renewEveryMs: 500, loseAfterMs: 4000, tickMs: 500, watchdogMs: 5000, landWithinMs: 2000 };

export interface FakeToken {
  generation: number;
  value: TokenValue | null;
  note: HolderNote | null;
}

export const uuidOf = (index: number): string => `77777777-0000-4000-8000-${String(index).padStart(12, '0')}`;

/** Hosts with real engines around one table of tokens. Time is counted, nothing waits, every run is the same. */
export class FakeGroup {
  nowMs = 0;
  config: GroupConfig;
  readonly hosts: readonly FakeHost[];
  /** False: the keepers have just begun their evidence for T anew. */
  hasEvidence = true;
  readonly log: string[] = [];
  /** MiB a second, of each live move that was begun. */
  readonly liveLimits: (number | null)[] = [];
  /** The same as data, as the hosts' journals would have it. */
  readonly events: { readonly host: string; readonly atMs: number; readonly event: EngineEvent }[] = [];
  readonly #tokens = new Map<number, FakeToken>();
  readonly #later: { readonly atMs: number; readonly act: () => void }[] = [];
  readonly #definitions = new Map<string, number>();
  readonly #downSinceMs = new Map<number, number>();
  description: DomainDescription = {
    vm: uuidOf(1),
    name: 'web1',
    memoryMiB: 128,
    machine: 'pc',
    emulator: '/usr/bin/qemu-system-x86_64',
    cpuMode: 'custom',
    autostart: true,
    disks: [
      {
        target: 'vda',
        device: 'disk',
        source: 'file',
        path: '/srv/store/web1.raw',
        cache: 'none',
        io: 'threads',
        readOnly: false,
        placement: 'store',
      },
    ],
    interfaces: [{ type: 'bridge', source: 'br0' }],
    hostDevices: [],
    hasHeartbeat: true,
    hasSnapshots: false,
  };

  /** What the running guest has, where that is something else. */
  running: DomainDescription | null = null;

  constructor(hostCount: number, vms: readonly Partial<ProtectedVm>[]) {
    const slots = Array.from({ length: hostCount }, (_, slot) => slot);
    this.config = {
      groupId: uuidOf(900),
      groupName: 'shop',
      areaId: uuidOf(901),
      generation: 1,
      profile: 'swift',
      disarmed: false,
      hosts: slots.map((slot) => ({
        slot,
        name: `h${slot + 1}`,
        hardwareId: String(slot).repeat(64),
        links: [{ link: 0, address: `10.0.0.${slot + 1}`, port: 7000 }],
        acceptSoftwareWatchdog: false,
      })),
      vms: vms.map((vm, index) => ({
        token: index,
        vm: uuidOf(index + 1),
        name: `web${index + 1}`,
        hosts: slots,
        drain: 'threads-stopped',
        policy: { maxRestarts: 1, windowMs: 60_000, order: 100, shutdownTimeoutMs: 10_000 },
        memoryMiB: 128,
        ...vm,
      })),
    };
    this.hosts = slots.map((slot) => new FakeHost(this, slot));
  }

  host(name: string): FakeHost {
    const found = this.hosts.find((one) => one.name === name);
    if (!found) throw new Error(`no host ${name}`);
    return found;
  }

  /** A group at rest: the VM runs on `holder`, its definition is everywhere, the log is empty. */
  settle(holder: string): this {
    const host = this.host(holder);
    for (const vm of this.config.vms) {
      const token = this.token(vm.token);
      token.generation = 1;
      token.value = { vm: vm.vm, holder: host.slot, holderEpoch: 1, target: null };
      token.note = firstNote(1, 'running');
      host.domains.set(vm.vm, { vm: vm.vm, name: vm.name, state: 'running', reason: 'booted' });
      host.qemus.add(vm.vm);
    }
    for (const one of this.hosts) one.tellHypervisor();
    this.run(10_000);
    this.log.length = 0;
    this.events.length = 0;
    for (const one of this.hosts) one.asked.length = 0;
    return this;
  }

  token(index: number): FakeToken {
    const known = this.#tokens.get(index) ?? { generation: 0, value: null, note: null };
    this.#tokens.set(index, known);
    return known;
  }

  later(afterMs: number, act: () => void): void {
    this.#later.push({ atMs: this.nowMs + afterMs, act });
  }

  /** The VM's definition as its holder has it; `edit` makes it another one. */
  definitionOf(vm: string): string {
    return String(this.#definitions.get(vm) ?? 1).padStart(64, '0');
  }

  edit(vm: string): void {
    this.#definitions.set(vm, (this.#definitions.get(vm) ?? 1) + 1);
  }

  write(host: string, event: EngineEvent): void {
    const { code, text } = event;
    this.events.push({ host, atMs: this.nowMs, event });
    this.log.push(`${(this.nowMs / 1000).toFixed(1).padStart(6)} s  ${host}  ${code}: ${text}`);
  }

  /** The story so far, as an administrator would read it. */
  report(): string {
    return `\n${this.log.join('\n')}\n`;
  }

  runningOn(index: number): readonly string[] {
    return this.hosts.filter((one) => one.qemus.has(uuidOf(index))).map((one) => one.name);
  }

  run(forMs: number): this {
    const endMs = this.nowMs + forMs;
    while (this.nowMs < endMs) {
      this.nowMs += TICK_MS;
      this.#actDue();
      for (const host of this.hosts) {
        if (!host.isUp) {
          if (!this.#downSinceMs.has(host.slot)) this.#downSinceMs.set(host.slot, this.nowMs);
          continue;
        }
        this.#downSinceMs.delete(host.slot);
        if (host.hasKeeper && this.nowMs % VIEW_EVERY_MS === 0) {
          host.feed({ kind: 'view', nowMs: this.nowMs, view: this.viewOf(host) });
        }
        host.feed({ kind: 'tick', nowMs: this.nowMs });
      }
    }
    return this;
  }

  isFree(token: FakeToken, by: FakeHost): boolean {
    const { value, note } = token;
    if (value === null || note?.released === true) return true;
    const holder = this.hosts[value.holder];
    return holder === by ? value.holderEpoch < by.epoch : this.#deadUpTo(value.holder) >= value.holderEpoch;
  }

  viewOf(host: FakeHost): KeeperView {
    return {
      nowMs: this.nowMs,
      keeperVersion: 'test',
      slot: host.slot,
      epoch: host.epoch,
      phase: 'alive',
      phaseBecause: null,
      lastGoodMs: this.nowMs,
      loseAtMs: this.nowMs + TIMING.loseAfterMs,
      timing: TIMING,
      watchdog: 'armed',
      watchdogTimeoutMs: TIMING.watchdogMs,
      realTime: true,
      store: {
        reachable: host.storeReachable,
        lastReadMs: this.nowMs,
        lastWriteMs: this.nowMs,
        renewP50Ms: 1,
        renewMaxMs: 2,
        error: null,
        regressed: false,
      },
      config: this.config,
      peers: this.hosts.filter((one) => one !== host).map((one) => this.#peer(one)),
      tokens: this.config.vms.map((vm) => this.#tokenView(vm.token, host)),
      qemus: [...host.qemus].map((vm, index) => ({ vm, pid: 100 + index, frozen: false })),
      pendingStarts: [...host.pending],
    };
  }

  #actDue(): void {
    for (;;) {
      const next = this.#later.findIndex((one) => one.atMs <= this.nowMs);
      if (next < 0) return;
      this.#later.splice(next, 1)[0]?.act();
    }
  }

  #deadUpTo(slot: number): number {
    const host = this.hosts[slot];
    if (!host) return 0;
    const since = this.#downSinceMs.get(slot);
    if (since === undefined) return host.epoch - 1;
    return this.nowMs - since >= TAKEABLE_AFTER_MS ? host.epoch : host.epoch - 1;
  }

  #tokenView(index: number, host: FakeHost): TokenView {
    const token = this.token(index);
    const { value, note, generation } = token;
    const mine =
      value !== null &&
      value.holder === host.slot &&
      value.holderEpoch === host.epoch &&
      note?.released !== true;
    const free = this.isFree(token, host);
    const why = value === null ? 'never held' : note?.released === true ? 'released' : 'time';
    const isUnread = mine && host.isKeeperUnread;
    return {
      token: index,
      generation,
      value,
      note: isUnread ? null : note,
      ...(isUnread ? { unread: true as const } : {}),
      mine,
      free,
      freeBecause: free ? why : null,
      unreadable: false,
    };
  }

  #peer(host: FakeHost): PeerLease {
    const since = this.#downSinceMs.get(host.slot);
    const deadUpToEpoch = this.#deadUpTo(host.slot);
    return {
      slot: host.slot,
      lease: {
        areaId: this.config.areaId,
        slot: host.slot,
        hostName: host.name,
        hardwareId: String(host.slot).repeat(64),
        bootId: uuidOf(500 + host.epoch),
        epoch: host.epoch,
        seq: since ?? this.nowMs,
        state: 'alive',
        timing: TIMING,
        watchdog: 'armed',
        softwareWatchdogAccepted: false,
        configGeneration: this.config.generation,
        configSlots: this.config.hosts.map((one) => one.slot),
        tokensHint: 0,
        configHint: 0,
        stampMs: since ?? this.nowMs,
      },
      unreadable: null,
      unchangedSinceMs: this.hasEvidence ? (since ?? this.nowMs) : null,
      takeableAtMs: since === undefined ? null : since + TAKEABLE_AFTER_MS,
      deadUpToEpoch,
      deadBecause: since !== undefined && deadUpToEpoch >= host.epoch ? 'time' : null,
    };
  }
}
