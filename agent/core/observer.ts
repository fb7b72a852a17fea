import type { PeerLease } from '../protocol/keeperLink.ts';
import type { HostLease } from '../protocol/store.ts';
import { decodeLease } from './area.ts';
import { sameBytes } from './bytes.ts';
import { CLOCK_RATE_ERROR, takeoverByTimeMs, takeoverByTimeUnreadableMs } from './timing.ts';

/**
 * Watches the other hosts' leases (rules 3 and 4): T runs on this host's clock from the read that last saw the raw
 * block differ, and is met only by a read begun after it. Everything unclear starts it again.
 */

type DeadBecause = NonNullable<PeerLease['deadBecause']>;

export interface PeerWatch {
  readonly slot: number;
  /** The block's bytes as last read; null before the first read. */
  /** The machine from whose records the epochs below are; null: none was seen. */
  readonly owner: string | null;
  readonly raw: Uint8Array | null;
  /** The last record of this slot that could be read, although the present bytes may be torn. */
  readonly lease: HostLease | null;
  readonly unreadable: string | null;
  /** End of the read that first showed the present bytes; null: no evidence. */
  readonly baseMs: number | null;
  /** Highest epoch seen in this slot with the configured hardware. */
  readonly seenEpoch: number;
  /** Epochs up to this one are proven dead; for ever. */
  readonly provenEpoch: number;
  readonly provenBecause: DeadBecause | null;
  /** Epochs up to this one are dead because T has passed; taken back if the host moves after all. */
  readonly timeEpoch: number;
}

export interface Watch {
  readonly peers: readonly PeerWatch[];
  readonly lastGoodEndMs: number | null;
  /** Since when every read came back quickly and without a gap: the store is not holding writes back. */
  readonly timelySinceMs: number | null;
}

export interface WatchContext {
  readonly areaId: string;
  readonly ownSlot: number;
  /** P and d of this host. */
  readonly renewEveryMs: number;
  readonly landWithinMs: number;
  /** Hardware id by slot, as configured. */
  readonly hardwareIds: ReadonlyMap<number, string>;
  /** Epoch up to which each host that was taken out of the group is dead, by slot. */
  readonly retired: ReadonlyMap<number, number>;
}

export interface LeaseRead {
  readonly startedMs: number;
  readonly endedMs: number;
  readonly block: (slot: number) => Uint8Array;
}

/** Longest time between good reads, in periods, that evidence survives (rule 3). */
export const MAX_GAP_PERIODS = 3;
/** A read that took longer, in periods, or came after a longer gap, shows that the store may be stalling. */
const TIMELY_READ_PERIODS = 1.5;
const TIMELY_GAP_PERIODS = 2;

export function startWatch(slots: number): Watch {
  return {
    peers: Array.from({ length: slots }, (_, slot) => freshPeer(slot)),
    lastGoodEndMs: null,
    timelySinceMs: null,
  };
}

function freshPeer(slot: number): PeerWatch {
  return {
    slot,
    owner: null,
    raw: null,
    lease: null,
    unreadable: null,
    baseMs: null,
    seenEpoch: 0,
    provenEpoch: 0,
    provenBecause: null,
    timeEpoch: 0,
  };
}

/** A failed or late read, a lost store, another configuration: every T starts again. */
export function restartEvidence(watch: Watch): Watch {
  return {
    peers: watch.peers.map((peer) => (peer.baseMs === null ? peer : { ...peer, baseMs: null })),
    lastGoodEndMs: null,
    timelySinceMs: null,
  };
}

/** What an answer "I cannot reach the store either" costs: also what T had already shown is thrown away (rule 18). */
export function discardTimeEvidence(watch: Watch): Watch {
  const restarted = restartEvidence(watch);
  return { ...restarted, peers: restarted.peers.map((peer) => ({ ...peer, timeEpoch: 0 })) };
}

/** Notes a proof of death; `epoch` and all before it. */
export function noteProof(watch: Watch, slot: number, epoch: number, because: DeadBecause): Watch {
  const peers = watch.peers.map((peer) =>
    peer.slot === slot && epoch > peer.provenEpoch
      ? { ...peer, provenEpoch: epoch, provenBecause: because }
      : peer,
  );
  return { ...watch, peers };
}

/** Takes in a complete read of all lease blocks. `moved`: slots that T had declared dead and that live after all. */
export function observe(
  watch: Watch,
  context: WatchContext,
  read: LeaseRead,
): { readonly watch: Watch; readonly moved: readonly number[] } {
  const { renewEveryMs } = context;
  const tookMs = read.endedMs - read.startedMs;
  const gapMs = watch.lastGoodEndMs === null ? null : read.endedMs - watch.lastGoodEndMs;
  const tooLongMs = MAX_GAP_PERIODS * renewEveryMs;
  const restart = gapMs === null || gapMs > tooLongMs || tookMs > tooLongMs;
  const timely =
    !restart && tookMs <= TIMELY_READ_PERIODS * renewEveryMs && gapMs <= TIMELY_GAP_PERIODS * renewEveryMs;
  const timelySinceMs = timely ? (watch.timelySinceMs ?? read.endedMs) : read.endedMs;
  const moved: number[] = [];
  const peers = watch.peers.map((peer) => {
    if (peer.slot === context.ownSlot) {
      return peer;
    }
    const owned = ofOwner(peer, context);
    const known = restart ? { ...owned, baseMs: null } : owned;
    const next = withRetirement(observePeer(known, context, read, timelySinceMs), context);
    if (deadUpToEpoch(next) < deadUpToEpoch(peer)) {
      moved.push(peer.slot);
    }
    return next;
  });
  return { watch: { peers, lastGoodEndMs: read.endedMs, timelySinceMs }, moved };
}

function observePeer(
  peer: PeerWatch,
  context: WatchContext,
  read: LeaseRead,
  timelySinceMs: number,
): PeerWatch {
  const bytes = read.block(peer.slot);
  if (peer.raw === null || !sameBytes(peer.raw, bytes)) {
    return changed(peer, context, bytes, read.endedMs);
  }
  if (peer.baseMs === null) {
    return { ...peer, baseMs: read.endedMs };
  }
  const atMs = takeableAtMs(peer, context.ownSlot);
  const storeMovesSinceMs = timelySinceMs + context.landWithinMs * (1 + CLOCK_RATE_ERROR);
  if (atMs !== null && read.startedMs > atMs && read.startedMs >= storeMovesSinceMs) {
    return { ...peer, timeEpoch: Math.max(peer.timeEpoch, peer.seenEpoch) };
  }
  return peer;
}

/** What was concluded from another machine's records says nothing about the one that the configuration names now. */
function ofOwner(peer: PeerWatch, context: WatchContext): PeerWatch {
  const owner = context.hardwareIds.get(peer.slot);
  return peer.owner === null || owner === undefined || peer.owner === owner ? peer : freshPeer(peer.slot);
}

/** Who took the host out of the group had seen it dead up to this epoch, and the death of an epoch is final. */
function withRetirement(peer: PeerWatch, context: WatchContext): PeerWatch {
  const epoch = context.retired.get(peer.slot) ?? 0;
  return epoch > peer.provenEpoch ? { ...peer, provenEpoch: epoch, provenBecause: 'retired' } : peer;
}

/** Any difference in the bytes, torn ones too, is a sign of life and starts T again. */
function changed(peer: PeerWatch, context: WatchContext, bytes: Uint8Array, endedMs: number): PeerWatch {
  const decoded = decodeLease(bytes, context.areaId, peer.slot);
  const next = { ...peer, raw: bytes.slice(), baseMs: endedMs, timeEpoch: 0 };
  if (decoded.kind !== 'record') {
    const reason = decoded.kind === 'unreadable' ? decoded.reason : decoded.kind;
    const neverWritten = decoded.kind === 'empty' && peer.lease === null;
    return { ...next, unreadable: neverWritten ? null : reason };
  }
  const lease = decoded.value;
  // A slot that this host's configuration does not name (yet, or any more) belongs to whom it has belonged to.
  const owner = context.hardwareIds.get(peer.slot) ?? peer.owner ?? lease.hardwareId;
  if (owner !== lease.hardwareId) {
    return { ...next, lease, unreadable: null };
  }
  const sameBoot = peer.lease?.bootId === lease.bootId;
  const seenEpoch = Math.max(peer.seenEpoch, lease.epoch);
  return proofsOfRecord({ ...next, lease, unreadable: null, owner, seenEpoch }, sameBoot);
}

/** @param sameBoot - the record before it was of the same boot: an older one landing late takes nothing back. */
function proofsOfRecord(peer: PeerWatch, sameBoot: boolean): PeerWatch {
  const { lease } = peer;
  if (lease === null) {
    return peer;
  }
  if (lease.state !== 'alive' && lease.epoch > peer.provenEpoch) {
    return { ...peer, provenEpoch: lease.epoch, provenBecause: 'drained' };
  }
  if (lease.epoch - 1 > peer.provenEpoch) {
    return { ...peer, provenEpoch: lease.epoch - 1, provenBecause: 'higher-epoch' };
  }
  // After a roll-back a host may count its epochs again: a live record takes back the proof for its own epoch.
  if (!sameBoot && lease.state === 'alive' && lease.epoch <= peer.provenEpoch) {
    return { ...peer, provenEpoch: lease.epoch - 1, provenBecause: 'higher-epoch' };
  }
  return peer;
}

/** When T will have passed for this peer if nothing changes, on this host's clock; null: not by time. */
export function takeableAtMs(peer: PeerWatch, ownSlot: number): number | null {
  const { lease } = peer;
  if (peer.baseMs === null || lease === null || !lease.configSlots.includes(ownSlot)) {
    return null;
  }
  const takeMs = peer.unreadable === null ? takeoverByTimeMs(lease) : takeoverByTimeUnreadableMs(lease);
  return takeMs === null ? null : peer.baseMs + takeMs;
}

export function deadUpToEpoch(peer: PeerWatch): number {
  return Math.max(peer.provenEpoch, peer.timeEpoch);
}

export function deadBecause(peer: PeerWatch): DeadBecause | null {
  return peer.timeEpoch > peer.provenEpoch ? 'time' : peer.provenBecause;
}
