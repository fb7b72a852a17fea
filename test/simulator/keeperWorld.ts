import { AREA_BYTES, areaHeaderBlocks, firstConfigBlock } from '../../agent/core/area.ts';
import { leaseValid, mine, rightEndsMs } from '../../agent/core/keeper/rights.ts';
import { BLOCK_BYTES } from '../../agent/core/record.ts';
import { PROFILES } from '../../agent/core/timing.ts';
import type { DrainMethod, GroupConfig } from '../../agent/protocol/group.ts';
import type { KeeperNetMessage } from '../../agent/protocol/keeperLink.ts';
import type { ProfileName, Timing } from '../../agent/protocol/timing.ts';
import { SimAgent } from './keeperAgent.ts';
import { EventQueue } from './keeperClock.ts';
import { Guests } from './keeperGuests.ts';
import { SimHost } from './keeperHost.ts';
import { type Random, makeRandom } from './keeperRandom.ts';
import { SimStore } from './keeperStore.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly hosts: number;
  readonly vms: number;
  readonly profile: ProfileName;
  readonly drain: DrainMethod;
  readonly watchdogs: boolean;
}

const areaId = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const groupId = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb';

/** Two or three hosts with the real keeper, one store, guests that write, and the invariants watched at every step. */
export class KeeperWorld {
  readonly queue = new EventQueue();
  readonly random: Random;
  readonly store: SimStore;
  readonly guests: Guests;
  readonly hosts: readonly SimHost[];
  readonly agents: readonly SimAgent[];
  readonly timing: Timing;
  readonly landWithinMs: number;
  readonly watchdogs: boolean;
  readonly violations: string[] = [];
  /** Pairs of hosts, as `from>to`, whose messages are lost. */
  readonly cuts = new Set<string>();
  /** Messages may take up to this long, and come twice. */
  messageDelayMs = 30;
  readonly story: string[] = [];
  readonly config: GroupConfig;

  constructor(options: WorldOptions) {
    this.random = makeRandom(options.seed);
    this.timing = PROFILES[options.profile];
    this.landWithinMs = this.timing.landWithinMs;
    this.watchdogs = options.watchdogs;
    this.store = new SimStore(this.queue, this.random, options.hosts);
    this.config = makeConfig(options);
    this.guests = new Guests(this.queue, this.random, this.store, options.drain, {
      hostWorks: (host) => this.hosts[host]?.up === true && !this.hosts[host].frozen,
      violation: (text) => this.violation(text),
    });
    this.hosts = this.config.hosts.map((host) => new SimHost(this, settingsOf(host), this.config));
    this.agents = this.hosts.map((host) => new SimAgent(this, host));
    this.format();
    for (const host of this.hosts) {
      host.rate = 1 + (this.random.next() - 0.5) * 0.001;
      host.powerOn();
    }
  }

  private format(): void {
    const header = { areaId, groupId, blockBytes: 4096, hostSlots: 8, tokenSlots: 64 } as const;
    const bytes = areaHeaderBlocks(header);
    const first = firstConfigBlock(this.config);
    for (const [block, data] of [
      [0, bytes],
      [first.block, first.data],
    ] as const) {
      for (let index = 0; index * BLOCK_BYTES < data.length && block * BLOCK_BYTES < AREA_BYTES; index += 1) {
        this.store.put(block + index, data.slice(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES));
      }
    }
  }

  run(untilMs: number): void {
    this.queue.runUntil(untilMs);
  }

  note(text: string): void {
    this.story.push(`${(this.queue.nowMs / 1000).toFixed(3)} ${text}`);
  }

  violation(text: string): void {
    this.note(`VIOLATION ${text}`);
    this.violations.push(`${(this.queue.nowMs / 1000).toFixed(3)} ${text}`);
  }

  deliver(from: number, to: number, message: KeeperNetMessage): void {
    if (this.cuts.has(`${from}>${to}`) || this.random.chance(0.05)) {
      return;
    }
    const copies = this.random.chance(0.1) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      const slow = this.random.chance(0.05) ? 3000 : this.messageDelayMs;
      this.queue.after(this.random.between(1, slow), () => {
        const host = this.hosts[to];
        host?.onHost(() => host.ask({ kind: 'fromPeer', from, message }, () => undefined));
      });
    }
  }

  /** At no instant may two hosts have the right to the same token. */
  checkRights(): void {
    for (const { token } of this.config.vms) {
      let holder: number | null = null;
      for (const host of this.hosts) {
        if (!this.hasRight(host, token)) {
          continue;
        }
        if (holder !== null) {
          this.violation(`I1: hosts ${holder} and ${host.slot} both have the right to token ${token}`);
        }
        holder = host.slot;
      }
    }
  }

  private hasRight(host: SimHost, token: number): boolean {
    const { state } = host;
    if (!host.up || state === null || (state.phase !== 'alive' && state.phase !== 'holding')) {
      return false;
    }
    const endMs = rightEndsMs(state);
    return mine(state, token) !== null && endMs !== null && host.nowMs < endMs;
  }

  /** Host on which the VM runs, unfrozen; null when on none. */
  runsOn(vm: string): number | null {
    return this.guests.all.find((guest) => guest.vm === vm && this.guests.canWrite(guest))?.host ?? null;
  }

  alive(slot: number): boolean {
    const state = this.hosts[slot]?.state;
    return state !== null && state !== undefined && leaseValid(state, this.hosts[slot]?.nowMs ?? 0);
  }
}

export function vmId(index: number): string {
  return `cccccccc-cccc-4ccc-8ccc-${`${index}`.padStart(12, '0')}`;
}

function makeConfig(options: WorldOptions): GroupConfig {
  const slots = Array.from({ length: options.hosts }, (_, slot) => slot);
  return {
    groupId,
    groupName: 'simulated',
    areaId,
    generation: 1,
    profile: options.profile,
    disarmed: false,
    hosts: slots.map((slot) => ({
      slot,
      name: `host${slot}`,
      hardwareId: `${slot}`.repeat(64),
      links: [{ link: 0, address: `192.0.2.${slot + 1}`, port: 7000 }],
      acceptSoftwareWatchdog: false,
    })),
    vms: Array.from({ length: options.vms }, (_, index) => ({
      token: index,
      vm: vmId(index),
      name: `vm${index}`,
      hosts: [...slots.slice(index % options.hosts), ...slots.slice(0, index % options.hosts)],
      drain: options.drain,
      policy: { maxRestarts: 1, windowMs: 600_000, order: index, shutdownTimeoutMs: 60_000 },
      memoryMiB: 1024,
    })),
  };
}

function settingsOf(host: GroupConfig['hosts'][number]): SimHost['settings'] {
  return {
    version: 1,
    slot: host.slot,
    hostName: host.name,
    hardwareId: host.hardwareId,
    groupId,
    areaId,
    areaPath: '/store/understudy.area',
    hypervisor: 'demo',
    watchdogDevice: null,
    watchdogAttributes: null,
  };
}
