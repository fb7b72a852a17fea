import * as z from 'zod/mini';
import { DrillStatus } from './drill.ts';
import { LogEvent } from './event.ts';
import { Failure } from './failure.ts';
import { GoingDownReason } from './goingDown.ts';
import {
  GroupConfig,
  GroupHost,
  PAUSE_AT_LEAST_MS,
  PAUSE_AT_MOST_MS,
  SwitchoverHow,
  VmPolicy,
} from './group.ts';
import { HealthStatus } from './health.ts';
import { LinkHealth } from './heartbeat.ts';
import { SignStatus } from './hostSigns.ts';
import { BridgeName, MAX_TOLD_BRIDGES } from './hostCondition.ts';
import { Generation, HostName, Slot, Uuid, VmName } from './ids.ts';
import { KeeperPhase } from './keeperLink.ts';
import { MoveProgress } from './moveProgress.ts';
import { ChannelId, ChannelTest, NotifyDraft, NotifyStatus, Revision } from './notify.ts';
import { Picture } from './picture.ts';
import { Readiness } from './readiness.ts';
import { WatchdogState } from './timing.ts';

/** JSON-RPC 2.0, one message a line, on the agent's unix socket; consoles reach it through SSH. */
export const CONTROL_VERSION = 2;
/** The oldest version that consoles of this one still talk to. What it lacks is optional in these schemas. */
export const OLDEST_CONTROL_VERSION = 1;
/** Longest line: a status of 64 VMs with all their reasons fits; more is an attack or a fault. */
export const MAX_CONTROL_LINE_BYTES = 1_048_576;

/** Switchover and recovery as they proceed; `null` in VmStatus when nothing is under way. */
export const VmActivity = z.strictObject({
  kind: z.enum(['start', 'restart', 'takeover', 'switchover', 'stop']),
  step: z.string().check(z.maxLength(80)),
  sinceMs: z.number(),
  to: z.nullable(Slot),
  /** `vm.cancel` would still be carried out. Absent in the answers of older agents: it would not. */
  mayStop: z.optional(z.boolean()),
  /** Of a guest whose memory is being sent. Since control version 2. */
  progress: z.optional(MoveProgress),
});

export const VmStatus = z.strictObject({
  vm: Uuid,
  name: VmName,
  token: z.int(),
  /** Slot of the token's holder, as this host sees it. */
  holder: z.nullable(Slot),
  generation: Generation,
  /** State on this host only. */
  here: z.enum(['running', 'paused', 'frozen', 'starting', 'stopped', 'undefined', 'unknown']),
  desired: z.enum(['running', 'stopped']),
  runningSinceMs: z.nullable(z.number()),
  definitionInSync: z.nullable(z.boolean()),
  readiness: Readiness,
  activity: z.nullable(VmActivity),
  hosts: z.array(Slot),
  policy: VmPolicy,
  /** Why a host in maintenance can't move it away; null: it can, or need not. Since control version 2. */
  staysBecause: z.optional(z.nullable(Failure)),
  /** How guest and application are, on the host that runs it; null: nobody looks. Since control version 2. */
  health: z.optional(z.nullable(HealthStatus)),
});
export type VmStatus = z.infer<typeof VmStatus>;

export const HostStatus = z.strictObject({
  slot: Slot,
  name: HostName,
  /** `not-known` is never "down": silence only. `dead`: T has passed or there is a proof. */
  state: z.enum(['alive', 'late', 'silent', 'dead', 'not-known']),
  epoch: z.int(),
  lease: z.enum(['fresh', 'stale', 'drained', 'left', 'none']),
  leaseAgeMs: z.nullable(z.number()),
  takeableInMs: z.nullable(z.number()),
  watchdog: z.nullable(WatchdogState),
  agentVersion: z.nullable(z.string()),
  /** It says of itself that it is about to go. Absent: it does not. Since control version 2. */
  goingDown: z.optional(GoingDownReason),
  /** Bridges of which it says that they have lost their way out. Absent: none, or not known. Since control version 2. */
  uplinksDown: z.optional(z.array(BridgeName).check(z.maxLength(MAX_TOLD_BRIDGES))),
});
export type HostStatus = z.infer<typeof HostStatus>;

const UplinkStatus = z.strictObject({ bridge: BridgeName, state: z.enum(['up', 'down', 'settling']) });

/** A pause of the group or of one host, as it runs. */
export const PauseStatus = z.strictObject({
  /** null: the whole group is disarmed; else the host that is in maintenance. */
  slot: z.nullable(Slot),
  /** By this host's boot clock; null: no end. */
  endsInMs: z.nullable(z.number()),
  /** Unix ms by the wall clock of the host that began it; for people. */
  untilWallMs: z.nullable(z.number()),
});
export type PauseStatus = z.infer<typeof PauseStatus>;

export const Status = z.strictObject({
  controlVersion: z.int(),
  agentVersion: z.string(),
  nowMs: z.number(),
  wallTime: z.string(),
  self: z.strictObject({
    slot: Slot,
    name: HostName,
    bootId: Uuid,
    phase: z.nullable(KeeperPhase),
    phaseBecause: z.nullable(Failure),
    epoch: z.int(),
    leaseLeftMs: z.nullable(z.number()),
    watchdog: z.nullable(WatchdogState),
    realTime: z.boolean(),
    keeperConnected: z.boolean(),
    hypervisor: z.strictObject({
      connected: z.boolean(),
      version: z.nullable(z.string()),
      error: z.nullable(z.string()),
    }),
    memoryTotalMiB: z.nullable(z.number()),
    memoryFreeMiB: z.nullable(z.number()),
    /** Its agent and hypervisor can move guests while they run. Absent: an agent that can't. Since control version 2. */
    movesLive: z.optional(z.boolean()),
    /** Bridges of protected VMs that lead, or led, out of this host; `settling`: they have just changed. Since control version 2. */
    uplinks: z.optional(z.array(UplinkStatus).check(z.maxLength(MAX_TOLD_BRIDGES))),
    /** What tells in advance that the host may fail, as far as it can be read. Since control version 2. */
    signs: z.optional(z.array(SignStatus).check(z.maxLength(16))),
    /** Present while this host is about to go. Since control version 2. */
    goingDown: z.optional(z.strictObject({ reason: GoingDownReason, sinceMs: z.number(), vmsLeft: z.int() })),
  }),
  store: z.strictObject({
    path: z.string(),
    reachable: z.boolean(),
    renewP50Ms: z.nullable(z.number()),
    renewMaxMs: z.nullable(z.number()),
    error: z.nullable(z.string()),
  }),
  group: z.nullable(GroupConfig),
  /** T as computed for each other host from its record, in ms; what a takeover by time would take. */
  takeoverMs: z.nullable(z.number()),
  hosts: z.array(HostStatus).check(z.maxLength(8)),
  links: z.array(LinkHealth).check(z.maxLength(32)),
  vms: z.array(VmStatus).check(z.maxLength(64)),
  /** Since control version 2. */
  pauses: z.optional(z.array(PauseStatus).check(z.maxLength(9))),
  /** Domains of this host's libvirt that are not protected, for the Pairs page. */
  otherVms: z.array(z.strictObject({ vm: Uuid, name: VmName, running: z.boolean() })).check(z.maxLength(512)),
});
export type Status = z.infer<typeof Status>;

const empty = z.strictObject({});
const forMs = z.optional(z.nullable(z.int().check(z.gte(PAUSE_AT_LEAST_MS), z.lte(PAUSE_AT_MOST_MS))));
const newHost = z.omit(GroupHost, { slot: true });
/** Params by method. Anything else is refused with JSON-RPC's -32601 or -32602 and the field's name. */
export const controlParams = {
  status: empty,
  version: empty,
  events: z.strictObject({
    afterSeq: z.optional(z.int()),
    limit: z.optional(z.int().check(z.gte(1), z.lte(1000))),
  }),
  /** From here on `status` and `event` notifications are pushed on this connection. */
  subscribe: z.strictObject({ consoleName: z.optional(z.string().check(z.maxLength(80))) }),
  'group.show': empty,
  'group.profile': z.strictObject({ profile: z.enum(['swift', 'steady', 'patient']) }),
  /** Moves and restarts nothing in the whole group, for so long or until armed. Leases go on. */
  'group.disarm': z.strictObject({ forMs }),
  'group.arm': empty,
  /** Moves a host's VMs away one after another, and gives it none unless asked, for so long or until ended. */
  'maintenance.on': z.strictObject({
    host: HostName,
    forMs,
    bringBack: z.optional(z.boolean()),
    /** As for a switchover, of each of its VMs. */
    how: z.optional(SwitchoverHow),
  }),
  'maintenance.off': z.strictObject({ host: HostName }),
  /** The text of the answer names the slot that the new host has. */
  'group.addHost': newHost,
  /** Of a host that is dead or has left. */
  'group.removeHost': z.strictObject({ host: HostName }),
  'group.replaceHost': z.strictObject({ host: HostName, by: newHost }),
  protect: z.strictObject({
    vm: VmName,
    hosts: z.optional(z.array(HostName).check(z.minLength(1), z.maxLength(8))),
    policy: z.optional(z.partial(VmPolicy)),
  }),
  unprotect: z.strictObject({ vm: VmName }),
  /** What keeps a VM from being protected, checked now. */
  checkVm: z.strictObject({ vm: VmName }),
  /** What would stop a switchover of the running guest, asked now on the host that has it. `to` as for a switchover. */
  'vm.checkLive': z.strictObject({ vm: VmName, to: HostName }),
  /** `how` left out: the guest is shut down and started there. Otherwise it moves running; `live` fails rather than shut it down. */
  switchover: z.strictObject({
    vm: VmName,
    to: z.optional(HostName),
    how: z.optional(SwitchoverHow),
  }),
  'vm.start': z.strictObject({ vm: VmName }),
  'vm.stop': z.strictObject({ vm: VmName }),
  'vm.policy': z.strictObject({ vm: VmName, policy: z.partial(VmPolicy) }),
  /** Stops a switchover while that is safe: before the token is given up. */
  'vm.cancel': z.strictObject({ vm: VmName }),
  /** What the VM's screen shows, of the host that runs it. */
  'vm.screenshot': z.strictObject({ vm: VmName }),
  /** On a standby: boots a throw-away copy of the VM, cut off from every network. Answered when it has begun. */
  'drill.begin': z.strictObject({ vm: VmName }),
  'drill.stop': empty,
  'drill.show': empty,
  'drill.picture': z.strictObject({ vm: VmName }),
  /** How people are told when no app is open: never the secrets, only whether they are set. */
  'notify.show': empty,
  /** On this host only: a console says the same to each. null: nobody is told any more. */
  'notify.set': z.strictObject({ revision: Revision, settings: z.nullable(NotifyDraft) }),
  /** Sends a test message from this host, now. */
  'notify.test': z.strictObject({ channel: z.optional(ChannelId) }),
  /** This host is about to go: its VMs are moved away, or shut down where nobody takes them. Since control version 2. */
  'host.goingDown': z.strictObject({ reason: GoingDownReason }),
  'host.stays': empty,
  /** Stop agent and keeper for an upgrade or removal; refused while a protected VM runs or starts here. */
  'host.leave': empty,
  /** Demo only: as if the plug were pulled. Refused by a host with a real hypervisor. */
  'demo.pullPlug': empty,
} as const;
export type ControlMethod = keyof typeof controlParams;
export type ControlParams<Method extends ControlMethod> = z.infer<(typeof controlParams)[Method]>;

const done = z.strictObject({ text: z.string() });
export const controlResults = {
  status: Status,
  version: z.strictObject({ agentVersion: z.string(), controlVersion: z.int(), node: z.string() }),
  events: z.strictObject({ events: z.array(LogEvent), lastSeq: z.int(), firstSeq: z.int() }),
  subscribe: z.strictObject({ status: Status }),
  'group.show': z.strictObject({ config: z.nullable(GroupConfig) }),
  'group.profile': done,
  'group.disarm': done,
  'group.arm': done,
  'maintenance.on': done,
  'maintenance.off': done,
  'group.addHost': done,
  'group.removeHost': done,
  'group.replaceHost': done,
  protect: done,
  unprotect: done,
  checkVm: z.strictObject({ findings: z.array(z.strictObject({ failure: Failure, blocking: z.boolean() })) }),
  'vm.checkLive': z.strictObject({ against: z.array(Failure).check(z.maxLength(64)) }),
  switchover: done,
  'vm.start': done,
  'vm.stop': done,
  'vm.policy': done,
  'vm.cancel': done,
  'vm.screenshot': Picture,
  'drill.begin': z.strictObject({ text: z.string(), id: Uuid }),
  'drill.stop': done,
  'drill.show': DrillStatus,
  'drill.picture': Picture,
  'notify.show': NotifyStatus,
  'notify.set': done,
  'notify.test': z.strictObject({ results: z.array(ChannelTest).check(z.maxLength(8)) }),
  'host.goingDown': done,
  'host.stays': done,
  'host.leave': done,
  'demo.pullPlug': done,
} as const;
export type ControlResult<Method extends ControlMethod> = z.infer<(typeof controlResults)[Method]>;

/**
 * The longest that a request which does something is answered late: a guest may take an hour to shut down (the policy's
 * limit), and five minutes are for the rest. Callers who know the policy wait less.
 */
export const ACTION_WITHIN_MS = 3_900_000;

/** Our error numbers in JSON-RPC's application range; `data` is a Failure. */
export const CONTROL_FAILED = -32000;

export const RpcRequest = z.strictObject({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.int(), z.string().check(z.maxLength(64))]),
  method: z.string().check(z.maxLength(64)),
  params: z.optional(z.unknown()),
});
export const RpcResponse = z.union([
  z.strictObject({
    jsonrpc: z.literal('2.0'),
    id: z.nullable(z.union([z.int(), z.string()])),
    result: z.unknown(),
  }),
  z.strictObject({
    jsonrpc: z.literal('2.0'),
    id: z.nullable(z.union([z.int(), z.string()])),
    error: z.strictObject({ code: z.int(), message: z.string(), data: z.optional(Failure) }),
  }),
]);
export type RpcResponse = z.infer<typeof RpcResponse>;
export const RpcNotification = z.discriminatedUnion('method', [
  z.strictObject({ jsonrpc: z.literal('2.0'), method: z.literal('status'), params: Status }),
  z.strictObject({ jsonrpc: z.literal('2.0'), method: z.literal('event'), params: LogEvent }),
]);
export type RpcNotification = z.infer<typeof RpcNotification>;
