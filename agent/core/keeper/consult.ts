import type { Failure } from '../../protocol/failure.ts';
import { deadUpToEpoch } from '../observer.ts';
import type { TokenRead } from '../token.ts';
import { failOperation, keepOperation } from './operations.ts';
import { otherSlots } from './rights.ts';
import { isSilent } from './settle.ts';
import type { State, TokenOperation, Turn } from './state.ts';
import { failed } from './turn.ts';

/** Before a free token is taken, the others are given the time to say that they hold it (rule 15). */

/** How long the others have for a renewal, in periods. */
const ANSWER_PERIODS = 3;

/**
 * Before a free token is taken: every other host has renewed its lease since, and its record, which tells what it holds, was
 * looked at; or it is dead, or was never there, or has been silent for T. A store that goes back by less than a period
 * between a host's read and its write takes nothing away that this host would miss (rule 15).
 */
export function haveAnswered(s: State, { consulted }: TokenOperation): boolean {
  return otherSlots(s).every((slot) => {
    const peer = s.watch.peers[slot];
    if (peer === undefined || peer.raw === null) {
      return false;
    }
    const { lease, unreadable } = peer;
    const isAbsent = lease === null ? unreadable === null : deadUpToEpoch(peer) >= lease.epoch;
    const hasRenewed = consulted !== null && unreadable === null && lease !== consulted.peers[slot]?.lease;
    return isAbsent || hasRenewed || isSilent(s, peer, 0, s.store.lastReadStartedMs ?? 0);
  });
}

/**
 * Whom the token was released to need not ask: nobody else takes it without having asked this host. Nor who protects a VM: its
 * token was never given to anybody for that VM, and is taken only where the VM is.
 */
export function mustAsk(s: State, { token, decided, note }: TokenRead): boolean {
  const vm = s.config?.vms.find((entry) => entry.token === token)?.vm;
  const isFirst = decided?.value.vm !== vm;
  return !isFirst && (note?.released !== true || note.releasedTo !== s.self.slot);
}

/** Stays as it is until a later read of the leases shows that all others have renewed theirs, for some periods. */
export function awaitAnswers(turn: Turn, operation: TokenOperation): void {
  const { s, nowMs } = turn;
  const consulted = operation.consulted ?? { atMs: nowMs, peers: s.watch.peers };
  if (nowMs - consulted.atMs > ANSWER_PERIODS * s.timing.renewEveryMs) {
    const message = 'Another host has not renewed its lease since; it may hold this VM.';
    failOperation(turn, operation, failed('keeper.settling', message));
    return;
  }
  keepOperation(turn, { ...operation, consulted, leasesFromId: s.nextId });
}

/** It was given the token a moment ago; or the store does not show that any more (rule 15), which the next read tells. */
export function contended(): Failure {
  return failed('token.taken', 'The lease record of another host says that it holds this VM.');
}

export function behind(): Failure {
  return failed(
    'config.behind',
    'Another host knows a newer configuration of the group; this one reads it first.',
  );
}
