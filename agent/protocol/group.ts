import * as z from 'zod/mini';
import { VmHealth } from './health.ts';
import { OnTrouble } from './hostCondition.ts';
import {
  Epoch,
  Generation,
  HardwareId,
  HostName,
  MAX_HOSTS,
  MAX_VMS,
  Slot,
  TokenIndex,
  Uuid,
  VmName,
} from './ids.ts';
import { ProfileName } from './timing.ts';

/** An address of a host on one link, with the UDP port its agent listens on there. */
export const LinkAddress = z.strictObject({
  /** Links with the same number on two hosts form a path. */
  link: z.int().check(z.gte(0), z.lt(4)),
  address: z
    .string()
    .check(z.regex(/^(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9a-fA-F:]{2,39})$/, 'must be an IP address')),
  port: z.int().check(z.gte(1), z.lte(65_535)),
});

export const GroupHost = z.strictObject({
  slot: Slot,
  name: HostName,
  hardwareId: HardwareId,
  links: z.array(LinkAddress).check(z.minLength(1), z.maxLength(4)),
  /** The user accepts takeover by time although this host is itself a VM, or has only a software watchdog. */
  acceptSoftwareWatchdog: z.boolean(),
});
export type GroupHost = z.infer<typeof GroupHost>;

/** How a VM's disks are written, which decides what proves that no write can still land (docs/safety.md, rule 8). */
export const DrainMethod = z.enum(['threads-stopped', 'exit-waits']);
export type DrainMethod = z.infer<typeof DrainMethod>;

/** `live`: the running guest is moved, or stays. `live-or-shutdown`: where that fails it is shut down and started there. */
export const SwitchoverHow = z.enum(['shutdown', 'live', 'live-or-shutdown']);
export type SwitchoverHow = z.infer<typeof SwitchoverHow>;

/** VMs that one VM may name in a list: the policies of a group share one record. */
const MAX_NAMED_VMS = 4;

const Hour = z.int().check(z.gte(0), z.lte(23));

/** When a VM that runs on another host is given back to the one that it prefers. */
export const Failback = z
  .strictObject({
    when: z.enum(['never', 'idle-hours', 'at-once']),
    /** By the local clock of the host that it runs on; `to` is not in it any more, and may be over midnight. */
    hours: z.optional(z.strictObject({ from: Hour, to: Hour })),
    /** When it can't be moved while it runs: shut down here and started there. */
    orShutDown: z.boolean(),
  })
  .check(
    z.refine(({ when, hours }) => (when === 'idle-hours') === (hours !== undefined), {
      message: 'are for idle-hours, and needed there',
      path: ['hours'],
    }),
    z.refine(({ hours }) => hours === undefined || hours.from !== hours.to, {
      message: 'must not begin and end at the same hour',
      path: ['hours', 'to'],
    }),
  );
export type Failback = z.infer<typeof Failback>;

export const VmPolicy = z.strictObject({
  /** Restarts on the same host within the window before the VM is handed to the other. */
  maxRestarts: z.int().check(z.gte(0), z.lte(20)),
  windowMs: z.int().check(z.gte(10_000), z.lte(86_400_000)),
  /** Lower starts first after the loss of a host. */
  order: z.int().check(z.gte(0), z.lte(1000)),
  /** How long a guest may take to shut down in a switchover before its power is cut. */
  shutdownTimeoutMs: z.int().check(z.gte(1000), z.lte(3_600_000)),
  /** How much of its memory a live move sends in a second, at most. Absent, or 0: as much as there is room for. */
  liveMebibytesPerSecond: z.optional(z.int().check(z.gte(0), z.lte(1_000_000))),
  /** A standby whose last drill of the VM is older says so. Absent, or 0: nobody asks for drills. */
  drillEveryDays: z.optional(z.int().check(z.gte(0), z.lte(365))),
  /** Between these hours of the standby's clock it makes a drill that is due by itself. Absent, or equal: it does not. */
  drillFromHour: z.optional(z.int().check(z.gte(0), z.lte(23))),
  drillToHour: z.optional(z.int().check(z.gte(0), z.lte(23))),
  /** Absent: nobody looks into the guest. Left out then, so that agents of the version before can read the rest. */
  health: z.optional(VmHealth),
  /** VMs that must be there before this one is started. Absent: none. */
  after: z.optional(z.array(Uuid).check(z.maxLength(MAX_NAMED_VMS))),
  /** VMs that should not be on the same host, and VMs that should, where there is a choice. Absent: none. */
  apart: z.optional(z.array(Uuid).check(z.maxLength(MAX_NAMED_VMS))),
  together: z.optional(z.array(Uuid).check(z.maxLength(MAX_NAMED_VMS))),
  /** When the bridge has lost its way out on the host that runs it. Absent: `tell`. */
  onIsolation: z.optional(OnTrouble),
  /** When the hardware of the host that runs it shows that it may fail. Absent: `tell`. */
  onDegraded: z.optional(OnTrouble),
  /** Absent: never. */
  failback: z.optional(Failback),
  /** Nothing is protected or changed that would leave it without room after the loss of its host. Absent: that is only said. */
  needsRoom: z.optional(z.boolean()),
});
export type VmPolicy = z.infer<typeof VmPolicy>;

export const ProtectedVm = z.strictObject({
  token: TokenIndex,
  vm: Uuid,
  name: VmName,
  /** Hosts that may run it, the preferred first. */
  hosts: z.array(Slot).check(z.minLength(1), z.maxLength(MAX_HOSTS)),
  drain: DrainMethod,
  policy: VmPolicy,
  memoryMiB: z.int().check(z.gte(1), z.lte(67_108_864)),
});
export type ProtectedVm = z.infer<typeof ProtectedVm>;

/** Shortest and longest time that a pause may be asked for: a mistyped year is no maintenance window. */
export const PAUSE_AT_LEAST_MS = 10_000;
export const PAUSE_AT_MOST_MS = 30 * 86_400_000;
/** The end of the year 9999: what every calendar can show. */
const LAST_WALL_MS = 253_402_300_799_999;

/**
 * A time without automatic help, which ends by itself. Hosts count `forMs` on their own boot clocks from when they see
 * it begin; the wall time is for people, and for a host that was started after the beginning (docs/safety.md, section 6).
 */
export const Pause = z.strictObject({
  /** Generation of the configuration that began it: tells it from every other pause. */
  since: Generation,
  /** null: until somebody ends it. */
  forMs: z.nullable(z.int().check(z.gte(PAUSE_AT_LEAST_MS), z.lte(PAUSE_AT_MOST_MS))),
  /** When it ends by the wall clock of the host that began it, in Unix ms; null where that host had none. */
  untilWallMs: z.nullable(z.int().check(z.gte(0), z.lte(LAST_WALL_MS))),
});
export type Pause = z.infer<typeof Pause>;

/** The group's configuration: one Disk Paxos instance per generation, on the store and in /etc on each host. */
export const GroupConfig = z.strictObject({
  groupId: Uuid,
  groupName: z.string().check(z.minLength(1), z.maxLength(64)),
  areaId: Uuid,
  generation: Generation,
  profile: ProfileName,
  /** The whole group is disarmed: agents look, and move nothing. */
  disarmed: z.boolean(),
  /** Absent while armed. A pause that is not used is left out, so that agents of the version before can read the rest. */
  disarm: z.optional(Pause),
  /** Hosts that are emptied, and take nothing unless asked. Absent: none. */
  maintenance: z.optional(
    z
      .array(
        z.strictObject({
          slot: Slot,
          pause: Pause,
          /** VMs that prefer this host come back to it afterwards. Absent: they stay where they are then. */
          bringBack: z.optional(z.boolean()),
          /** How its VMs leave, and come back. Absent: they are shut down and started. */
          how: z.optional(SwitchoverHow),
        }),
      )
      .check(z.maxLength(MAX_HOSTS)),
  ),
  hosts: z.array(GroupHost).check(z.minLength(1), z.maxLength(MAX_HOSTS)),
  /**
   * Hosts that were taken out of the group: their slots are never given to another machine, and up to this epoch they are
   * dead, which the host that took them out had seen (docs/safety.md, rule 20). Absent: none.
   */
  retired: z.optional(z.array(z.strictObject({ slot: Slot, epoch: Epoch })).check(z.maxLength(MAX_HOSTS))),
  vms: z.array(ProtectedVm).check(z.maxLength(MAX_VMS)),
});
export type GroupConfig = z.infer<typeof GroupConfig>;

/** A host's block of the configuration's Paxos instances, kept as a ping-pong pair of 64 KiB halves. */
export const ConfigBlock = z.strictObject({
  areaId: Uuid,
  slot: Slot,
  epoch: Epoch,
  writeSeq: z.int().check(z.nonnegative()),
  paxos: z.strictObject({
    instance: Generation,
    mbal: z.int().check(z.nonnegative()),
    bal: z.int().check(z.nonnegative()),
    inp: z.nullable(GroupConfig),
  }),
  decided: z.nullable(GroupConfig),
});
export type ConfigBlock = z.infer<typeof ConfigBlock>;

/** What only this host knows: where the store is, its slot, its devices. `/etc/understudy/host.json`, root only. */
export const HostSettings = z.strictObject({
  version: z.literal(1),
  slot: Slot,
  hostName: HostName,
  hardwareId: HardwareId,
  groupId: Uuid,
  areaId: Uuid,
  /** Path of the lease area: a file on the store or a block device (partition or LUN). */
  areaPath: z.string().check(z.regex(/^\/[^\0]{1,4000}$/, 'must be an absolute path')),
  hypervisor: z.enum(['libvirt', 'demo']),
  /** null: no watchdog is to be used, and the host is not taken over by time. */
  watchdogDevice: z.nullable(z.string().check(z.regex(/^\/[^\0]{1,4000}$/))),
  /** Directory with the device's kernel attributes (timeout, state, nowayout), for reading them back. */
  watchdogAttributes: z.nullable(z.string().check(z.regex(/^\/[^\0]{1,4000}$/))),
});
export type HostSettings = z.infer<typeof HostSettings>;
