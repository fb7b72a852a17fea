import type { Failure } from '../../protocol/failure.ts';
import { blockOf, decodeAreaHeader, decodeLease, leaseBlock } from '../area.ts';
import { sameBytes } from '../bytes.ts';
import { MAX_GAP_PERIODS, deadUpToEpoch, observe, restartEvidence } from '../observer.ts';
import { BLOCK_BYTES, type Decoded } from '../record.ts';
import { noteStoreBack, noteStoreLost, recordState } from './cycle.ts';
import { becomePassive } from './lapse.ts';
import { isNewer } from './membership.ts';
import { noteRegression, noteSignsOfLife } from './regression.ts';
import { drainWithTime } from './scan.ts';
import { noteNewcomer, settle } from './settle.ts';
import { type State, type Turn, withEntry } from './state.ts';
import { queueAllTokens } from './sweep.ts';
import { failed, tell } from './turn.ts';
import type { IoOutcome } from './types.ts';

/** The periodic read: is it our area, is our own record ours, and what do the others' records say. */

export function onLeaseRead(turn: Turn, startedMs: number, outcome: IoOutcome): void {
  const { s } = turn;
  if (outcome.kind !== 'read') {
    s.watch = restartEvidence(s.watch);
    s.own = { ...s.own, unchangedSinceMs: null };
    noteStoreLost(turn, outcome.kind === 'failed' ? outcome.error : 'a read did not come back in time');
    return;
  }
  const { data } = outcome;
  checkHeader(turn, data);
  if (s.header.failure !== null) {
    s.watch = restartEvidence(s.watch);
    noteStoreLost(turn, s.header.failure.message);
    return;
  }
  const wasLost = s.store.lostSinceMs !== null;
  s.store = { ...s.store, lastReadMs: turn.nowMs, lastReadStartedMs: startedMs };
  checkOwnRecord(turn, blockOf(data, 0, leaseBlock(s.self.slot)), startedMs);
  observePeers(turn, data, startedMs);
  settle(turn, startedMs);
  drainWithTime(s, startedMs);
  if (recordState(s) === null && s.phase !== 'stopping' && s.phase !== 'condemned') {
    // Nothing is written in this phase, so that a read is all there is to go by. After a lapse a write is to come.
    noteStoreBack(turn);
  }
  if (wasLost) {
    // Whatever was known of the tables may have changed, or gone back in time, while the store was away.
    queueAllTokens(s);
    s.configReadWanted = true;
  }
}

/** Rule 15: agents never create an area, and look at every read whether it is theirs. */
function checkHeader(turn: Turn, data: Uint8Array): void {
  const { s } = turn;
  const first = blockOf(data, 0, 0);
  if (s.header.raw !== null && s.header.failure === null && sameBytes(first, s.header.raw)) {
    return;
  }
  const copies = [decodeAreaHeader(first), decodeAreaHeader(blockOf(data, 0, 1))];
  const failure = headerFailure(s, copies);
  if (failure?.code !== s.header.failure?.code) {
    tell(turn, failure === null ? 'store.area-ok' : 'store.area-refused', { because: failure?.code ?? null });
    s.viewDirty = true;
  }
  s.header = { raw: first.slice(), failure };
  if (failure?.code === 'store.area-newer') {
    becomePassive(turn, failure);
  } else if (s.phase === 'waiting') {
    s.because = failure;
  }
}

function headerFailure(
  s: State,
  copies: readonly Decoded<{ areaId: string; groupId: string }>[],
): Failure | null {
  for (const copy of copies) {
    if (copy.kind === 'newer') {
      return failed(
        'store.area-newer',
        'The lease area was laid out by a newer version of Understudy.',
        'This host takes no part in failover.',
        'Update Understudy on this host.',
      );
    }
    if (copy.kind === 'record') {
      const ours = copy.value.areaId === s.self.areaId && copy.value.groupId === s.self.groupId;
      return ours
        ? null
        : failed('store.area-foreign', 'The lease area at the configured path belongs to another group.');
    }
  }
  return failed(
    'store.area-missing',
    'There is no lease area at the configured path.',
    'This host writes nothing there and runs no protected VM.',
    'Check that the store is mounted, and that the path is right.',
  );
}

/** Rule 5: a record in our slot that we did not write means a clone. Rule 15: an older one of ours, a roll-back. */
function checkOwnRecord(turn: Turn, bytes: Uint8Array, startedMs: number): void {
  const { s, nowMs } = turn;
  const same = s.own.raw !== null && sameBytes(s.own.raw, bytes);
  if (same && s.own.unchangedSinceMs !== null) {
    s.own = { ...s.own, checkedToMs: startedMs };
    return;
  }
  const decoded = decodeLease(bytes, s.self.areaId, s.self.slot);
  const first = s.own.raw === null;
  const lease = decoded.kind === 'record' ? decoded.value : same ? s.own.lease : null;
  s.own = { raw: bytes.slice(), lease, unchangedSinceMs: nowMs, checkedToMs: startedMs };
  if (decoded.kind === 'newer') {
    becomePassive(
      turn,
      failed('store.area-newer', "This host's slot was written by a newer version of Understudy."),
    );
  } else if (decoded.kind === 'record') {
    judgeOwnRecord(turn, decoded.value, startedMs, first || same);
  } else if (decoded.kind === 'empty' && s.leaseMark.seq > 0 && startedMs > s.leaseMark.atMs) {
    noteRegression(turn, 'the own lease record is gone');
  } else if (s.seqIssued === 0 && !first && !same) {
    becomePassive(turn, cloneFailure());
  }
}

function judgeOwnRecord(
  turn: Turn,
  lease: { bootId: string; epoch: number; seq: number; hardwareId: string },
  startedMs: number,
  expected: boolean,
): void {
  const { s } = turn;
  const acknowledged = s.leaseMark.seq > 0 && startedMs > s.leaseMark.atMs;
  if (lease.hardwareId !== s.self.hardwareId) {
    becomePassive(
      turn,
      failed(
        'keeper.slot-taken',
        'The slot of this host on the store belongs to another machine.',
        'This host takes no part in failover.',
        'Give this host a slot of its own, or remove the other one from the group first.',
      ),
    );
  } else if (lease.bootId === s.self.bootId) {
    if (lease.seq > s.seqIssued) {
      becomePassive(turn, cloneFailure());
    } else if (acknowledged && lease.seq < s.leaseMark.seq && !lateRenewalMayShow(s, lease.seq)) {
      noteRegression(turn, 'the own lease record went back');
    }
  } else if (acknowledged && lease.epoch < s.epoch) {
    noteRegression(turn, 'the own lease record went back to an earlier boot');
  } else if (s.seqIssued === 0 ? !expected : lease.epoch >= s.epoch) {
    becomePassive(turn, cloneFailure());
  }
}

/** An unreturned renewal may have landed over a newer one: no sign of a store that went back. */
function lateRenewalMayShow(s: State, seq: number): boolean {
  return s.unreturned.some((write) => write.class === 'renewal' && write.seq === seq);
}

function cloneFailure(): Failure {
  return failed(
    'keeper.clone',
    'Another machine writes to the slot of this host: a clone of it, or one with the same settings.',
    'This host has stopped its protected VMs and takes no part in failover.',
    'Shut the other machine down, then restart the keeper of this one.',
  );
}

function observePeers(turn: Turn, data: Uint8Array, startedMs: number): void {
  const { s, nowMs } = turn;
  const before = s.watch;
  const context = {
    areaId: s.self.areaId,
    ownSlot: s.self.slot,
    renewEveryMs: s.timing.renewEveryMs,
    landWithinMs: s.timing.landWithinMs,
    hardwareIds: new Map(s.config?.hosts.map((host) => [host.slot, host.hardwareId]) ?? []),
    retired: new Map(s.config?.retired?.map(({ slot, epoch }) => [slot, epoch]) ?? []),
  };
  const block = (slot: number) =>
    data.subarray(leaseBlock(slot) * BLOCK_BYTES, (leaseBlock(slot) + 1) * BLOCK_BYTES);
  const { watch, moved } = observe(before, context, { startedMs, endedMs: nowMs, block });
  s.watch = watch;
  noteSignsOfLife(s, before);
  // After a roll-back records show what was: no sign of a clock or a watchdog that can't be trusted.
  const regressed = s.regressedUntilMs !== null;
  for (const slot of regressed ? [] : moved) {
    tell(turn, 'host.moved-after-death', { slot });
  }
  for (const [index, peer] of watch.peers.entries()) {
    const old = before.peers[index];
    if (old !== undefined && deadUpToEpoch(peer) > deadUpToEpoch(old)) {
      tell(turn, 'host.dead-up-to', {
        slot: peer.slot,
        epoch: deadUpToEpoch(peer),
        byTime: peer.timeEpoch > 0,
      });
    }
    s.viewDirty ||= old !== undefined && deadUpToEpoch(peer) !== deadUpToEpoch(old);
    if (old?.lease !== peer.lease && peer.lease !== null && peer.slot !== s.self.slot) {
      followHints(s, peer.slot, peer.lease);
      noteNewcomer(s, peer.lease, nowMs);
      s.viewDirty ||= (peer.lease.givenUp?.length ?? 0) !== (old?.lease?.givenUp?.length ?? 0);
    }
    if (peer.unreadable === 'newer' && s.phase === 'waiting') {
      becomePassive(turn, failed('store.area-newer', 'Another host runs a newer version of Understudy.'));
    }
  }
}

function followHints(
  s: State,
  slot: number,
  lease: { tokensHint: number; configHint: number; configGeneration: number },
): void {
  if (isNewer(s, lease)) {
    s.behindSinceMs = s.store.lastReadMs;
    s.configReadWanted = true;
  }
  const seen = s.seenHints.get(slot);
  if (seen?.tokens === lease.tokensHint && seen.config === lease.configHint) {
    return;
  }
  if (seen?.tokens !== lease.tokensHint) {
    queueAllTokens(s);
  }
  if (seen?.config !== lease.configHint) {
    s.configReadWanted = true;
  }
  s.seenHints = withEntry(s.seenHints, slot, { tokens: lease.tokensHint, config: lease.configHint });
}

/** Whether the own slot was watched for long enough, without a gap, and nobody else wrote to it (rule 5). */
export function ownSlotWatched(s: State): boolean {
  const { unchangedSinceMs, checkedToMs } = s.own;
  const neededMs = MAX_GAP_PERIODS * s.timing.renewEveryMs;
  return unchangedSinceMs !== null && checkedToMs !== null && checkedToMs - unchangedSinceMs >= neededMs;
}
