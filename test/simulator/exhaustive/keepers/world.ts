import { areaHeaderBlocks, firstConfigBlock } from '../../../../agent/core/area.ts';
import type { KeeperState } from '../../../../agent/core/keeper/step.ts';
import type { GateEntry, IoOutcome, KeeperEffect, KeeperInput } from '../../../../agent/core/keeper/types.ts';
import { BLOCK_BYTES } from '../../../../agent/core/record.ts';
import type { GroupConfig } from '../../../../agent/protocol/group.ts';
import type { KeeperLine, KeeperNetMessage, RunFile } from '../../../../agent/protocol/keeperLink.ts';

/**
 * Hosts with the shipped keeper, one store, one VM. A world is a value: `copy` makes one that can be changed without
 * touching the first, so that the search can go back. Everything in it but `hosts` is replaced, never changed in place.
 */

export type Io = Extract<KeeperEffect, { kind: 'read' | 'write' }>;
/** Records by their first block. */
export type Disk = ReadonlyMap<number, Uint8Array>;

/** I/O that has not come back. */
export interface Pending {
  readonly effect: Io;
  /** The keeper that gave it out; another one by now gets the outcome as a report of store-io. */
  readonly run: number;
  readonly landed: boolean;
  readonly toldLate: boolean;
}

export interface Guest {
  readonly pid: number;
  /** Created and not yet continued: it has never written. */
  readonly paused: boolean;
  readonly frozen: boolean;
  /** A write of its hangs in the store: its thread can't stop. */
  readonly hung: boolean;
  /**
   * Received live and never continued: not all of it is here, or it is as the original stood still (`fresh`), or the VM
   * has run somewhere since (`old`).
   */
  readonly copy: 'none' | 'partial' | 'fresh' | 'old';
  /** Its memory has moved: it stands still, paused. */
  readonly moved: boolean;
}

/** What the host is about to do: each effect and each input is a point at which it can be interrupted. */
export type Todo =
  | { readonly kind: 'effect'; readonly effect: KeeperEffect }
  | { readonly kind: 'io'; readonly id: number; readonly outcome: IoOutcome }
  /** A read that was answered: the data are of the moment of the answer. */
  | { readonly kind: 'readDone'; readonly effect: Io; readonly disk: Disk }
  | { readonly kind: 'mail'; readonly from: number; readonly message: KeeperNetMessage }
  | { readonly kind: 'reply'; readonly line: Extract<KeeperLine, { kind: 'reply' | 'refused' }> }
  | { readonly kind: 'input'; readonly input: Unstamped }
  | { readonly kind: 'tick' }
  | { readonly kind: 'agent' };

type WithoutTime<Input> = Input extends unknown ? Omit<Input, 'nowMs'> : never;
export type Unstamped = WithoutTime<KeeperInput>;

export type Stage =
  | 'idle'
  | 'acquiring'
  | 'starting'
  | 'continuing'
  | 'ending'
  | 'stopping'
  | 'releasing'
  | 'receiving'
  /** Refused in this step; asks again in the next. */
  | 'resting';

export interface Host {
  readonly slot: number;
  on: boolean;
  boot: number;
  /** World time at which the boot clock was 0. */
  bootedAtMs: number;
  bootAtMs: number | null;
  frozen: boolean;
  keeper: KeeperState | null;
  run: number;
  runFile: RunFile | null;
  diskConfig: GroupConfig | null;
  reports: readonly { readonly id: number; readonly outcome: IoOutcome }[];
  todo: readonly Todo[];
  pending: readonly Pending[];
  stalled: boolean;
  gate: readonly GateEntry[];
  /** Latest moment at which the last pet may have reached the device. */
  petAtMs: number | null;
  guest: Guest | null;
  /** A QEMU that is gone has left a write in the stalled store. */
  stray: boolean;
  /** Writes of a QEMU or of a boot that is gone may land until then. */
  lateUntilMs: number | null;
  stage: Stage;
  requestId: number;
  /** Handed the VM over: leaves it to the others for so many steps. */
  standDown: number;
  wantsHandOver: boolean;
  /** Is to be moved live to the other host. */
  wantsMove: boolean;
  /** Generation under which the other host's agent wants its VM received here. */
  expects: number | null;
  /** Since when nothing protected has been here: a reset would be for nothing. */
  emptySinceMs: number | null;
  /** Since when the keeper has had each of its turns. */
  ranSinceMs: number | null;
  /** Highest numbers of former boots' records, by boot: only how far apart two of them are matters. */
  formerSeqs: ReadonlyMap<string, number>;
}

/** Assumptions of the protocol that a test takes away, to see that the search finds out. */
export type Wrong = 'watchdog-fires-late' | 'stopped-under-a-write' | 'nothing';

export interface World {
  readonly wrong: Wrong;
  nowMs: number;
  readonly hosts: readonly Host[];
  disk: Disk;
  /** Writes of boots that are gone: each lands by `untilMs`, or never. */
  ghosts: readonly { readonly host: number; readonly effect: Io; readonly untilMs: number }[];
  mail: readonly { readonly from: number; readonly to: number; readonly message: KeeperNetMessage }[];
  /** One-way links, as `from>to`, whose messages are kept back until they heal. */
  cut: ReadonlySet<string>;
  nextPid: number;
  /** For how long everything has been well and yet the VM has not run. */
  waitedMs: number;
  /** The interruptible points that each host passed in the last step. */
  points: readonly number[];
  violation: string | null;
}

export const areaId = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
export const groupId = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb';
export const vm = 'cccccccc-cccc-4ccc-8ccc-cccccccccccc';
export const token = 0;

/** Clocks differ from host to host, and are far from 0. */
const FIRST_BOOT_CLOCK_MS = 100_000;

export function configOf(hosts: number): GroupConfig {
  const slots = Array.from({ length: hosts }, (_, slot) => slot);
  return {
    groupId,
    groupName: 'searched',
    areaId,
    generation: 1,
    profile: 'swift',
    disarmed: false,
    hosts: slots.map((slot) => ({
      slot,
      name: `host${slot}`,
      hardwareId: `${slot}`.repeat(64),
      links: [{ link: 0, address: `192.0.2.${slot + 1}`, port: 7000 }],
      acceptSoftwareWatchdog: false,
    })),
    vms: [
      {
        token,
        vm,
        name: 'one',
        hosts: slots,
        drain: 'threads-stopped',
        policy: { maxRestarts: 1, windowMs: 60_000, order: 0, shutdownTimeoutMs: 60_000 },
        memoryMiB: 512,
      },
    ],
  };
}

export function formattedDisk(config: GroupConfig): Disk {
  const header = areaHeaderBlocks({ areaId, groupId, blockBytes: 4096, hostSlots: 8, tokenSlots: 64 });
  const first = firstConfigBlock(config);
  return withBlocks(withBlocks(new Map(), 0, header), first.block, first.data);
}

/** A write takes the place of the one before it: each record always has the same blocks. */
export function withBlocks(disk: Disk, block: number, data: Uint8Array): Disk {
  return new Map(disk).set(block, data);
}

const scratch = new Map<number, Uint8Array>();

/** Valid until the next call: the keeper keeps copies of what it needs. */
export function readBlocks(disk: Disk, block: number, blocks: number): Uint8Array {
  const data = scratch.get(blocks) ?? new Uint8Array(blocks * BLOCK_BYTES);
  scratch.set(blocks, data);
  data.fill(0);
  for (const [at, bytes] of disk) {
    if (at >= block && at < block + blocks) {
      data.set(bytes, (at - block) * BLOCK_BYTES);
    }
  }
  return data;
}

export function clock(world: World, host: Host): number {
  return world.nowMs - host.bootedAtMs;
}

export function bootId(host: Host): string {
  return `00000000-0000-4000-8000-${`${host.slot}${`${host.boot}`.padStart(6, '0')}`.padStart(12, '0')}`;
}

export function freshHost(slot: number, config: GroupConfig): Host {
  return {
    slot,
    on: true,
    boot: 1,
    bootedAtMs: -FIRST_BOOT_CLOCK_MS - slot * 7000,
    bootAtMs: null,
    frozen: false,
    keeper: null,
    run: 0,
    runFile: null,
    diskConfig: config,
    reports: [],
    todo: [],
    pending: [],
    stalled: false,
    gate: [],
    petAtMs: null,
    guest: null,
    stray: false,
    lateUntilMs: null,
    stage: 'idle',
    requestId: 0,
    standDown: 0,
    wantsHandOver: false,
    wantsMove: false,
    expects: null,
    emptySinceMs: null,
    ranSinceMs: null,
    formerSeqs: new Map(),
  };
}

export function copy(world: World): World {
  return { ...world, hosts: world.hosts.map((host) => ({ ...host })) };
}

/** Whether this host can change the VM's disk now, writes still in flight counted (I1). */
export function canWrite(world: World, host: Host): boolean {
  const { guest } = host;
  const running = host.on && !host.frozen && guest !== null && !guest.paused && !guest.frozen;
  const late = host.lateUntilMs !== null && world.nowMs <= host.lateUntilMs;
  return running || guest?.hung === true || host.stray || late;
}

export function checkWriters(world: World): void {
  const writers = world.hosts.filter((host) => canWrite(world, host)).map((host) => host.slot);
  if (writers.length > 1) {
    world.violation ??= `I1: hosts ${writers.join(' and ')} can both write`;
  }
}
