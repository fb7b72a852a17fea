import * as z from 'zod/mini';
import { BootMs, Epoch, Generation, HardwareId, HostName, Slot, TokenIndex, Uuid } from './ids.ts';
import { SwitchoverHow } from './group.ts';
import { Timing, WatchdogState } from './timing.ts';

/** Layout version of the lease area. A reader that sees a newer one turns passive for that group. */
export const LAYOUT_VERSION = 1;

/** First blocks of the lease area, written once by the installer, never by an agent. */
export const AreaHeader = z.strictObject({
  areaId: Uuid,
  groupId: Uuid,
  blockBytes: z.literal(4096),
  hostSlots: z.literal(8),
  tokenSlots: z.literal(64),
});
export type AreaHeader = z.infer<typeof AreaHeader>;

/** What the holder says about its generation; only the holder writes it, in its own block. */
export const HolderNote = z.strictObject({
  generation: Generation,
  /** The administrator's intent: a VM shut down from inside or by hand is `stopped` and is not recovered. */
  desired: z.enum(['running', 'stopped']),
  /** Irrevocable: the VM is dead and drained here and nothing runs under this generation again. */
  released: z.boolean(),
  /** The host that should take it next, if the release says so. */
  releasedTo: z.nullable(Slot),
  /** The VM must not be taken by time: disarmed, or its host left on purpose. */
  notTakeable: z.boolean(),
  /** Why it was released or stopped, for the story: a stable event code. */
  reason: z.nullable(z.string().check(z.maxLength(80))),
  /** Starts on the present holder within the policy's window; copied on by the next holder. */
  restarts: z.int().check(z.nonnegative(), z.lte(1000)),
  /** Slots that failed to run the VM since it last ran well; they are tried last. */
  failedOn: z.array(Slot).check(z.maxLength(8)),
  /** sha256 (hex) of the definition bundle that was current when this was written; null before the first. */
  definition: z.nullable(z.string().check(z.regex(/^[0-9a-f]{64}$/))),
  /** It left its preferred host for a maintenance, and is to come back so. Absent: it is not. */
  comesBack: z.optional(SwitchoverHow),
  /** An administrator chose this host for it: its policy does not give it back to another. Absent: nobody did. */
  isPlaced: z.optional(z.literal(true)),
});
export type HolderNote = z.infer<typeof HolderNote>;

/** Releases that one lease record can carry: a block is 4 KiB. */
export const MAX_GIVEN_UP = 3;
const Ask = z.int().check(z.nonnegative());

/** One block per host, rewritten every P. Any difference in its raw bytes is a sign of life. */
export const HostLease = z.strictObject({
  areaId: Uuid,
  slot: Slot,
  hostName: HostName,
  hardwareId: HardwareId,
  bootId: Uuid,
  epoch: Epoch,
  /** Grows with every renewal of this boot: makes each record differ. */
  seq: z.int().check(z.nonnegative()),
  /** `alive`: may run protected VMs. `drained`: every protected QEMU of this epoch and of all before is dead and
   * drained, for ever. `leaving`: stopped on purpose, all tokens released or not takeable. */
  state: z.enum(['alive', 'drained', 'leaving']),
  timing: Timing,
  watchdog: WatchdogState,
  /** The user accepted takeover by time (with doubled T) although the watchdog is only software. */
  softwareWatchdogAccepted: z.boolean(),
  /** Generation of the group configuration that this host has acknowledged, and the slots it names. */
  configGeneration: Generation,
  configSlots: z.array(Slot).check(z.maxLength(8)),
  /** Grows whenever this host has written one of its token or configuration blocks: others read them then. */
  tokensHint: z.int().check(z.nonnegative()),
  configHint: z.int().check(z.nonnegative()),
  /** Epochs of other hosts since whose first record this host has found every token that it holds on the store. */
  vouches: z.optional(
    z
      .array(z.strictObject({ slot: Slot, bootId: Uuid, epoch: Epoch, ask: z.optional(Ask) }))
      .check(z.maxLength(8)),
  ),
  /** Grows when this host has been without the store within its epoch: it asks to be vouched for anew. */
  ask: z.optional(Ask),
  /** Tokens that this host holds, and at which generation: what a store that went back may not show any more. */
  holds: z.optional(z.array(z.tuple([TokenIndex, Generation])).check(z.maxLength(64))),
  /** Releases whose blocks can't be written, since a write to them has never come back (rule 13). */
  givenUp: z.optional(
    z.array(z.strictObject({ token: TokenIndex, note: HolderNote })).check(z.maxLength(MAX_GIVEN_UP)),
  ),
  /** Owner's boot clock when the record was made; shown, never compared with another host's. */
  stampMs: BootMs,
});
export type HostLease = z.infer<typeof HostLease>;

/** Reason of a release after a completed live migration: the copy on the host that it names is the VM. */
export const MOVED_LIVE = 'vm.moved-live';

/** What a generation of a token decides: who may run the VM. */
export const TokenValue = z.strictObject({
  vm: Uuid,
  holder: Slot,
  holderEpoch: Epoch,
  /** Second holder while a live migration hands the VM over. Both must be past T or proven dead to call it free. */
  target: z.nullable(z.strictObject({ slot: Slot, epoch: Epoch })),
});
export type TokenValue = z.infer<typeof TokenValue>;

export const Ballot = z.int().check(z.nonnegative());
/** Disk Paxos variables of one instance, named as in Gafni and Lamport 2003. */
export const paxosFields = <Value extends z.core.$ZodType>(value: Value) =>
  z.strictObject({ instance: Generation, mbal: Ballot, bal: Ballot, inp: z.nullable(value) });

/** A host's block for one token, kept as a ping-pong pair. */
export const TokenBlock = z.strictObject({
  areaId: Uuid,
  slot: Slot,
  token: TokenIndex,
  /** Grows with each write of the pair; the greater valid half counts. */
  writeSeq: z.int().check(z.nonnegative()),
  paxos: paxosFields(TokenValue),
  /** The highest decision this host knows of. */
  decided: z.nullable(z.strictObject({ generation: Generation, value: TokenValue })),
  note: z.nullable(HolderNote),
});
export type TokenBlock = z.infer<typeof TokenBlock>;
