import type { Failure } from '../../protocol/failure.ts';
import type { ConfigBlock, DrainMethod, GroupConfig } from '../../protocol/group.ts';
import type { KeeperPhase, KeeperRequest, UnreturnedWrite } from '../../protocol/keeperLink.ts';
import type { HolderNote, HostLease, TokenValue } from '../../protocol/store.ts';
import type { Timing, WatchdogState } from '../../protocol/timing.ts';
import type { PeerWatch, Watch } from '../observer.ts';
import type { Pair } from '../pair.ts';
import type { Proposer } from '../paxos.ts';
import type { TokenRead } from '../token.ts';
import type { GateEntry, Incoming, KeeperEffect, Scan } from './types.ts';

/** What never changes while a keeper runs. */
export interface Self {
  readonly slot: number;
  readonly hostName: string;
  readonly hardwareId: string;
  readonly groupId: string;
  readonly areaId: string;
  readonly bootId: string;
  readonly version: string;
  readonly realTime: boolean;
}

/** A token of this host: granted, or (`claim`) proposed and possibly decided without a grant. */
export interface Held {
  readonly token: number;
  readonly vm: string;
  readonly generation: number;
  readonly drain: DrainMethod;
  readonly claim: boolean;
  /** Null after a keeper restart, until the token has been read again. */
  readonly note: HolderNote | null;
  readonly sinceMs: number;
  /** A release was asked for: the gate stays closed. */
  readonly releasing: boolean;
}

/** I/O that this keeper waits for, by id. An outcome of any other id only settles `unreturned`. */
export type Flight =
  | { readonly kind: 'leaseRead'; readonly startedMs: number }
  | {
      readonly kind: 'renewal';
      readonly stampMs: number;
      readonly epoch: number;
      readonly seq: number;
      /** The oldest renewal that may have landed over this one. */
      readonly leastSeq: number;
      readonly state: HostLease['state'];
      readonly timing: Timing;
      readonly configSlots: readonly number[];
      readonly ask: number;
    }
  | { readonly kind: 'sweep'; readonly token: number; readonly startedMs: number }
  | { readonly kind: 'configRead'; readonly startedMs: number }
  | { readonly kind: 'operation'; readonly key: string; readonly startedMs: number };

/** How the killing of one VM's processes goes (rule 8): freeze, see them stopped, kill, see them gone. */
export interface Stop {
  readonly frozenAtMs: number;
  /** Latest time at which the kill is sent although some thread is still not stopped. */
  readonly killByMs: number;
  readonly killedAtMs: number | null;
  readonly sawStopped: boolean;
  /** The very processes that were seen stopped: another one that appears later has proven nothing. */
  readonly stoppedIds: ReadonlySet<string>;
}

/** A VM whose processes are here, or are gone without a proof that their last writes have landed. */
export interface Presence {
  readonly present: boolean;
  /** In the last scan that saw them, every thread was stopped, and nothing was thawed since. */
  readonly stopped: boolean;
  readonly goneAtMs: number | null;
}

/** Challenges sent to one host while the store is lost (rule 18). */
export interface Challenge {
  readonly sent: readonly { readonly nonce: number; readonly sentMs: number }[];
  /** When the newest challenge was sent that was answered with "I cannot reach the store either". */
  readonly answeredSentMs: number | null;
}

export interface TokenOperation {
  readonly kind: 'token';
  readonly key: string;
  readonly goal: 'acquire' | 'reassert' | 'note' | 'release';
  readonly requestId: number | null;
  readonly token: number;
  readonly note: HolderNote;
  /** By which note an acquisition was decided; undefined: whatever the store says. */
  readonly seen: HolderNote | null | undefined;
  /** How the VM's QEMU ended, by the agent's word: see the keeper link's `release`. */
  readonly ended: 'clean' | 'migrated' | 'unknown';
  readonly startedMs: number;
  readonly stage: 'quiet' | 'read' | 'lease' | 'retry' | 'propose' | 'proposeRead' | 'commit';
  readonly read: TokenRead | null;
  /** Lease reads with a smaller id were begun before the token had been read. */
  readonly leasesFromId: number;
  /** What the first read of the leases after that of the token showed, and when; null: not yet. */
  readonly consulted: { readonly atMs: number; readonly peers: readonly PeerWatch[] } | null;
  readonly proposer: Proposer<TokenValue> | null;
  /** What the present commit writes down as decided. */
  readonly decided: { readonly generation: number; readonly value: TokenValue } | null;
  readonly byTime: boolean;
  readonly atLeastMbal: number;
  readonly attempts: number;
  readonly retryAtMs: number;
  readonly writeSeq: number;
}

export interface ConfigOperation {
  readonly kind: 'config';
  readonly key: 'config';
  /**
   * `epoch`: the own block, a ping-pong pair, is written with the epoch before any lease record has it: a lease record
   * torn by a crash can't make an epoch be used twice. `reassert`: the store has lost a decided configuration that this
   * host knows; it is written down again.
   */
  readonly goal: 'propose' | 'epoch' | 'reassert';
  readonly requestId: number | null;
  /** The proposal; null for the other goals. */
  readonly config: GroupConfig | null;
  readonly startedMs: number;
  readonly stage: 'read' | 'retry' | 'propose' | 'proposeRead' | 'commit';
  readonly read: ConfigRead | null;
  readonly proposer: Proposer<GroupConfig> | null;
  readonly decided: GroupConfig | null;
  readonly atLeastMbal: number;
  readonly attempts: number;
  readonly retryAtMs: number;
  readonly writeSeq: number;
}

export type Operation = TokenOperation | ConfigOperation;

export interface ConfigRead {
  readonly pairs: readonly Pair<ConfigBlock>[];
  readonly decided: GroupConfig | null;
  readonly unreadableSlot: number | null;
}

/** One life of another host's lease, without a gap: how often it has asked anew within that epoch. */
type Incarnation = Pick<HostLease, 'bootId' | 'epoch'> & { readonly ask: number };

/** An acknowledged write of ours: a later read that shows an older one means that the store went back (rule 15). */
export interface Mark {
  readonly seq: number;
  readonly atMs: number;
}

/** The keeper's whole state. `step` works on a copy; maps and arrays in it are replaced, never changed. */
export interface State {
  readonly self: Self;
  config: GroupConfig | null;
  timing: Timing;
  /** Timing of the last acknowledged renewal: the shorter L of both counts. */
  ackedTiming: Timing | null;
  /** Slots named by the last acknowledged lease record and by any handed out since. */
  promisedSlots: ReadonlySet<number>;
  /** New epochs of other hosts, by slot, that this host can't vouch for yet; and since when it must have read its tokens. */
  vouchChecks: ReadonlyMap<number, Incarnation & { readonly sinceMs: number }>;
  /** What the own lease record vouches for, by slot. */
  vouched: ReadonlyMap<number, Incarnation>;
  /** While something is to be vouched for: when the last read began that showed each held token as it should be. */
  confirmedMs: ReadonlyMap<number, number>;
  /** The others have vouched for what they hold since this epoch stands on the store. */
  settled: boolean;
  /** Counts in the own records how often the others were to vouch anew. */
  ask: number;
  /** When this epoch, or what it last asks, was first acknowledged; null: not yet. */
  settleFromMs: number | null;
  settleTold: boolean;
  /** When a record of another host last told of a newer configuration, until one was read since; null: never, or done. */
  behindSinceMs: number | null;
  phase: KeeperPhase;
  because: Failure | null;
  startedMs: number;
  epoch: number;
  /** The epoch is in the own configuration block, acknowledged: lease records may carry it. */
  epochReserved: boolean;
  lastGoodMs: number | null;
  seqIssued: number;
  leaseMark: Mark;
  burntEpoch: number;
  drainedEpoch: number;
  burntGenerations: ReadonlyMap<number, number>;
  held: ReadonlyMap<number, Held>;
  pendingStarts: ReadonlyMap<number, number>;
  /** Of those, the ones whose guest was allowed to run: it may do so, whatever became of the agent. */
  continued: ReadonlySet<number>;
  incoming: ReadonlyMap<number, Incoming>;
  unreturned: readonly UnreturnedWrite[];
  nextId: number;
  flights: ReadonlyMap<number, Flight>;
  nextCycleMs: number;
  /** A renewal is owed to this cycle: it follows the read, or comes at this time if the read is slow. */
  renewDueMs: number | null;
  /** Last time that a renewal failed or was slow. */
  slowRenewMs: number;
  lastTickMs: number | null;

  watch: Watch;
  header: { readonly raw: Uint8Array | null; readonly failure: Failure | null };
  own: {
    readonly raw: Uint8Array | null;
    readonly lease: HostLease | null;
    readonly unchangedSinceMs: number | null;
    readonly checkedToMs: number | null;
  };
  /** Highest epoch by which tokens on the store name this host. */
  namedEpoch: number;
  store: {
    readonly lastReadMs: number | null;
    readonly lastReadStartedMs: number | null;
    readonly lastWriteMs: number | null;
    readonly error: string | null;
    readonly lostSinceMs: number | null;
    readonly renewTimes: readonly number[];
  };
  regressedUntilMs: number | null;
  regressedAtMs: number | null;
  /** Hosts that T says nothing about, and how often each must still be seen moving before a roll-back is over. */
  unheard: ReadonlyMap<number, number>;

  tokens: ReadonlyMap<number, TokenRead>;
  /** When the newest read of each token ended. */
  tokenReadMs: ReadonlyMap<number, number>;
  decidedSeen: ReadonlyMap<number, number>;
  tokenMarks: ReadonlyMap<number, Mark>;
  configMark: Mark;
  tokensHint: number;
  configHint: number;
  seenHints: ReadonlyMap<number, { readonly tokens: number; readonly config: number }>;
  sweep: readonly number[];
  lastSweepMs: number | null;
  sweepAfterMs: number;
  /** Held tokens that must be decided anew at a higher generation, because the store went back in time. */
  reassert: ReadonlySet<number>;
  configReadWanted: boolean;
  configRead: ConfigRead | null;
  configSinceMs: number;

  choresAfterMs: number;
  operations: ReadonlyMap<string, Operation>;
  requests: readonly KeeperRequest[];

  watchdog: { readonly state: WatchdogState; readonly timeoutMs: number | null; readonly why: string | null };
  scan: Scan | null;
  presence: ReadonlyMap<string, Presence>;
  /** VMs of which the agent said that their QEMU ended by itself with all its I/O done, and when it said so. */
  cleanEnds: ReadonlyMap<string, { readonly saidMs: number; readonly isMigrated: boolean }>;
  stops: ReadonlyMap<string, Stop>;
  /** Requests to stop a VM that wait for it to be gone, by VM. */
  stopRequests: ReadonlyMap<string, { readonly requestId: number; readonly generation: number }>;
  frozen: ReadonlySet<string>;
  /** While stopping: when it began, and when the right that was lost ends. */
  lapse: { readonly atMs: number; readonly endMs: number } | null;
  passiveBecause: Failure | null;
  challenges: ReadonlyMap<number, Challenge>;
  nextChallengeMs: number;
  /** Set by the first thaw: an older scan says nothing about stopped threads. */
  thawedAtMs: number;
  holdUntilMs: number | null;
  /** Own tokens that must still be read again before the guests are thawed; null: the lease is not back yet. */
  thawChecks: ReadonlyMap<number, boolean> | null;
  thawReadsAfterMs: number;
  leave: { readonly requestId: number; readonly sinceMs: number; readonly closed: boolean } | null;
  agentAbsentSinceMs: number | null;
  gate: readonly GateEntry[] | null;
  viewDirty: boolean;
  lastViewMs: number | null;
}

export type KeeperState = Readonly<State>;

/** One call of `step`: the state under change, and what is to be done. */
export interface Turn {
  readonly s: State;
  readonly nowMs: number;
  readonly effects: KeeperEffect[];
}

export function withEntry<Key, Value>(
  map: ReadonlyMap<Key, Value>,
  key: Key,
  value: Value,
): ReadonlyMap<Key, Value> {
  return new Map(map).set(key, value);
}

export function without<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): ReadonlyMap<Key, Value> {
  if (!map.has(key)) {
    return map;
  }
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}
