import * as z from 'zod/mini';
import { Failure } from './failure.ts';
import { DrainMethod, GroupConfig } from './group.ts';
import { BootMs, Epoch, Generation, HardwareId, HostName, Slot, TokenIndex, Uuid } from './ids.ts';
import { HolderNote, HostLease, TokenValue } from './store.ts';
import { Timing, WatchdogState } from './timing.ts';

/**
 * What agent and keeper of one host say to each other: one JSON object a line on /run/understudy/keeper.sock
 * (root only). The keeper holds every right (lease, tokens, gate, watchdog); the agent asks.
 */

/** Longest line either side accepts: a full configuration of 64 VMs and 8 hosts fits with room. */
export const MAX_KEEPER_LINE_BYTES = 262_144;

/** Messages between keepers of different hosts; agents carry them in heartbeats, sealed with the group key. */
export const KeeperNetMessage = z.discriminatedUnion('kind', [
  /** "I cannot reach the store. Can you?" The nonce is fresh; its sending time is kept by the asking keeper. */
  z.strictObject({ kind: z.literal('challenge'), nonce: z.int().check(z.nonnegative()), epoch: Epoch }),
  /** The answer, given by the component that counts T, after it has thrown its T evidence away. */
  z.strictObject({
    kind: z.literal('answer'),
    nonce: z.int().check(z.nonnegative()),
    cannotReachStore: z.boolean(),
    epoch: Epoch,
  }),
  /** Every protected QEMU of this epoch, and of all before, is dead and drained. */
  z.strictObject({ kind: z.literal('drained'), epoch: Epoch, hardwareId: HardwareId }),
  /** A hint, and never a proof: the token was released to the host that is told, which may look at it at once. */
  z.strictObject({ kind: z.literal('released'), token: TokenIndex }),
]);
export type KeeperNetMessage = z.infer<typeof KeeperNetMessage>;

export const KeeperRequestBody = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('hello'), agentVersion: z.string().check(z.maxLength(40)) }),
  /** Become the holder of the token's next generation. Waits for nothing: refused with the reason if not free. */
  z.strictObject({
    kind: z.literal('acquire'),
    token: TokenIndex,
    note: HolderNote,
    /** The note by which this was decided: refused when the store has another one by now. Left out: whatever it says. */
    seen: z.optional(z.nullable(HolderNote)),
  }),
  /** Rewrite the holder's note of the held generation (intent, restarts, definition). Never to un-release. */
  z.strictObject({ kind: z.literal('note'), token: TokenIndex, note: HolderNote }),
  /** Give the token up for ever at its generation. Refused while a QEMU of the VM or a pending start is seen. */
  z.strictObject({
    kind: z.literal('release'),
    token: TokenIndex,
    note: HolderNote,
    /** `clean`: the QEMU was seen to end by itself with all its I/O done (libvirt's reason `shutdown`), so it is
     * drained, as long as the store answers in time. `migrated`: it had handed its disks over before it ended, so
     * none of its writes is under way. Otherwise the keeper waits for its own evidence before it lets the token go. */
    ended: z.optional(z.enum(['clean', 'migrated', 'unknown'])),
  }),
  /** Open the start gate for one VM: registers a start in flight and lets the libvirt hook pass. */
  z.strictObject({ kind: z.literal('beginStart'), token: TokenIndex, generation: Generation }),
  /** End the VM's QEMU so that it is proven drained: freeze, see it stopped, kill. Answered when it is gone. */
  z.strictObject({ kind: z.literal('stop'), token: TokenIndex, generation: Generation }),
  /** Let libvirt here receive a copy of a VM that another host holds at this generation, for a live switchover. */
  z.strictObject({
    kind: z.literal('expectIncoming'),
    token: TokenIndex,
    generation: Generation,
    /** True: go on expecting the copy that is being received. False: a new one, with none here yet. */
    again: z.boolean(),
  }),
  /** The copy is not wanted any more: what there is of it is killed. */
  z.strictObject({ kind: z.literal('endIncoming'), token: TokenIndex }),
  /** The QEMU exists (paused) and wants to run. Asked immediately before each resume or thaw. */
  z.strictObject({ kind: z.literal('mayContinue'), token: TokenIndex, generation: Generation }),
  /** The start in flight ended: the QEMU is there, or certainly never will be. */
  z.strictObject({ kind: z.literal('endStart'), token: TokenIndex, outcome: z.enum(['running', 'failed']) }),
  /** Decide a configuration: `config.generation` must be one above the present. */
  z.strictObject({ kind: z.literal('proposeConfig'), config: GroupConfig }),
  /** Leave cleanly (uninstall, host shutdown, disarm): only with no protected QEMU and no pending start. */
  z.strictObject({ kind: z.literal('leave') }),
  z.strictObject({ kind: z.literal('fromPeer'), from: Slot, message: KeeperNetMessage }),
]);
export type KeeperRequestBody = z.infer<typeof KeeperRequestBody>;

export const KeeperRequest = z.strictObject({ id: z.int().check(z.nonnegative()), body: KeeperRequestBody });
export type KeeperRequest = z.infer<typeof KeeperRequest>;

/** What the keeper knows of another host's lease. */
export const PeerLease = z.strictObject({
  slot: Slot,
  lease: z.nullable(HostLease),
  /** The block can't be read as a lease; that is a change, never "free". */
  unreadable: z.nullable(z.string().check(z.maxLength(200))),
  /** Since when (this host's boot clock) the raw block is unchanged; null: no evidence yet. */
  unchangedSinceMs: z.nullable(BootMs),
  /** When T would be met if nothing changes; null: not by time (not armed, or no evidence). */
  takeableAtMs: z.nullable(BootMs),
  /** A proof or the passed T: tokens of these epochs (this one and below) are free. 0: none. */
  deadUpToEpoch: Epoch,
  deadBecause: z.nullable(
    z.enum(['time', 'higher-epoch', 'drained', 'drained-message', 'power-off', 'reservation', 'retired']),
  ),
});
export type PeerLease = z.infer<typeof PeerLease>;

export const TokenView = z.strictObject({
  token: TokenIndex,
  generation: Generation,
  value: z.nullable(TokenValue),
  note: z.nullable(HolderNote),
  /** Held by this host, at this host's present epoch, not burnt: the VM may run here. */
  mine: z.boolean(),
  /** Another host may be given it now: released, or every holder dead. */
  free: z.boolean(),
  freeBecause: z.nullable(z.string().check(z.maxLength(80))),
  /** Some block of this token could not be validated: nobody can acquire it until it can. */
  unreadable: z.boolean(),
  /** This host holds it, and its block has not been read since the keeper was started: that there is no note means nothing. */
  unread: z.optional(z.literal(true)),
});
export type TokenView = z.infer<typeof TokenView>;

export const KeeperPhase = z.enum([
  /** Uptime below d, or watching the own slot for a clone. Reads only. */
  'waiting',
  /** Writing the first lease record of a new epoch. */
  'joining',
  'alive',
  /** Store lost, guests frozen, held because every other host says it lost the store too. */
  'holding',
  /** Gate closed, killing and confirming. */
  'stopping',
  /** Everything dead and drained; waiting for the store. */
  'drained',
  /** Not confirmed by L + g: no more petting; the watchdog will reset this host. */
  'condemned',
  /** A clone, a foreign area, a newer layout: this host does nothing on the store. */
  'passive',
  'left',
]);
export type KeeperPhase = z.infer<typeof KeeperPhase>;

/** The keeper's whole knowledge, sent to the agent whenever it changes and at least every second. */
export const KeeperView = z.strictObject({
  nowMs: BootMs,
  keeperVersion: z.string().check(z.maxLength(40)),
  slot: Slot,
  epoch: Epoch,
  phase: KeeperPhase,
  phaseBecause: z.nullable(Failure),
  /** Start of the last successful renewal. */
  lastGoodMs: z.nullable(BootMs),
  /** Until when VMs may run here if no further renewal succeeds. */
  loseAtMs: z.nullable(BootMs),
  timing: Timing,
  watchdog: WatchdogState,
  watchdogTimeoutMs: z.nullable(z.number()),
  realTime: z.boolean(),
  store: z.strictObject({
    reachable: z.boolean(),
    lastReadMs: z.nullable(BootMs),
    lastWriteMs: z.nullable(BootMs),
    /** Of the last 64 renewals; null before the first. */
    renewP50Ms: z.nullable(z.number()),
    renewMaxMs: z.nullable(z.number()),
    error: z.nullable(z.string().check(z.maxLength(200))),
    regressed: z.boolean(),
  }),
  config: z.nullable(GroupConfig),
  peers: z.array(PeerLease).check(z.maxLength(8)),
  tokens: z.array(TokenView).check(z.maxLength(64)),
  /** VMs whose QEMU the keeper sees on this host now, by uuid. */
  qemus: z.array(z.strictObject({ vm: Uuid, pid: z.int(), frozen: z.boolean() })).check(z.maxLength(256)),
  pendingStarts: z.array(TokenIndex).check(z.maxLength(64)),
});
export type KeeperView = z.infer<typeof KeeperView>;

/** Lines from the keeper. */
export const KeeperLine = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('reply'),
    id: z.int(),
    ok: z.literal(true),
    generation: z.nullable(Generation),
  }),
  z.strictObject({ kind: z.literal('refused'), id: z.int(), failure: Failure }),
  z.strictObject({ kind: z.literal('view'), view: KeeperView }),
  z.strictObject({ kind: z.literal('toPeer'), to: Slot, message: KeeperNetMessage }),
  /** For the event log; texts are made by the agent from code and facts. */
  z.strictObject({
    kind: z.literal('event'),
    atMs: BootMs,
    code: z.string().check(z.maxLength(80)),
    facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  }),
]);
export type KeeperLine = z.infer<typeof KeeperLine>;

/** A write handed to store-io that has not come back. Kept in /run so that a restarted keeper knows of it. */
export const UnreturnedWrite = z.object({
  id: z.int(),
  block: z.int().check(z.nonnegative()),
  /** Only plain renewals may overlap; a block with an `exclusive` write is not written again in this boot. */
  class: z.enum(['renewal', 'exclusive']),
  issuedAtMs: BootMs,
  storeIoPid: z.int(),
  /** Of a renewal: the number of its lease record, by which it is known again if it lands late. */
  seq: z.optional(z.int().check(z.nonnegative())),
});
export type UnreturnedWrite = z.infer<typeof UnreturnedWrite>;

/** `/run/understudy/keeper.json`: everything a restarted keeper must go on from. Written before the act it records. */
export const RunFile = z.object({
  version: z.literal(1),
  bootId: Uuid,
  areaId: Uuid,
  slot: Slot,
  hostName: HostName,
  epoch: Epoch,
  lastGoodMs: z.nullable(BootMs),
  /** In a hold: the time at which it ends unless a newer answered challenge moves it. */
  holdUntilMs: z.nullable(BootMs),
  /** Epochs up to this one are burnt: a lapse, acknowledgement or release was about to be issued. */
  burntEpoch: Epoch,
  /** Epochs up to this one are confirmed dead and drained. */
  drainedEpoch: Epoch,
  /** Per token: generations up to this one are burnt for this host. */
  burntGenerations: z
    .array(z.strictObject({ token: TokenIndex, generation: Generation }))
    .check(z.maxLength(64)),
  /** Tokens held: needed to know what may run and what must be killed although the store is gone. */
  held: z
    .array(
      z.object({
        token: TokenIndex,
        vm: Uuid,
        generation: Generation,
        drain: DrainMethod,
        /** Proposed for this host, not granted: gives no right, but may be decided, so its VM counts as protected. */
        claim: z.optional(z.boolean()),
      }),
    )
    .check(z.maxLength(64)),
  pendingStarts: z
    .array(
      z.strictObject({
        token: TokenIndex,
        sinceMs: BootMs,
        /** False: its guest was never allowed to run. */
        continued: z.optional(z.boolean()),
      }),
    )
    .check(z.maxLength(64)),
  /** Copies that are being received here; a restarted keeper must know of them, because they may not run. */
  incoming: z.optional(
    z
      .array(
        z.object({
          token: TokenIndex,
          vm: Uuid,
          generation: Generation,
          untilMs: BootMs,
          isWhole: z.boolean(),
        }),
      )
      .check(z.maxLength(64)),
  ),
  /** Last acknowledged own records, to notice a store that went back in time. */
  leaseSeq: z.int().check(z.nonnegative()),
  /** Last lease record handed to store-io: a record of ours up to this number on the store is no clone. */
  leaseSeqIssued: z.optional(z.int().check(z.nonnegative())),
  /** Timing that the lease records promise: changed only when no renewal with another one is in flight. */
  timing: z.optional(Timing),
  /** Slots that the own lease records on the store may still name: all of them are asked in a hold. */
  configSlots: z.optional(z.array(Slot).check(z.maxLength(8))),
  /** Until then nothing is acquired: the store went back in time. */
  regressedUntilMs: z.optional(z.nullable(BootMs)),
  /** Nor before these hosts, which T says nothing about, were seen moving again. */
  unheard: z.optional(z.array(Slot).check(z.maxLength(8))),
  /** Highest decided generation seen of each token, by which a store that went back is noticed. */
  decidedSeen: z.optional(
    z.array(z.object({ token: TokenIndex, generation: Generation })).check(z.maxLength(64)),
  ),
  /** The epoch under which the others have vouched for what they hold. */
  settledEpoch: z.optional(Epoch),
  /** How often the others were asked to vouch anew. */
  ask: z.optional(z.int().check(z.nonnegative())),
  /** VMs that a hold has frozen and that have not been seen moving since. */
  frozen: z.optional(z.array(Uuid).check(z.maxLength(256))),
  unreturned: z.array(UnreturnedWrite).check(z.maxLength(256)),
});
export type RunFile = z.infer<typeof RunFile>;
