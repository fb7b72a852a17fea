import {
  acquireAfterBallotRead,
  acquireAfterCommit,
  acquireAfterLeases,
  acquireAfterRead,
  readForOperation,
} from './acquire.ts';
import { readLeases } from './cycle.ts';
import { configAfterCommit, configAfterRead } from './configs.ts';
import { beginRelease, continueRelease, holderAfterCommit, holderAfterRead } from './holder.ts';
import { learnConfigs, learnToken } from './learn.ts';
import { failOperation, keepOperation } from './operations.ts';
import { loseAfterMs } from './rights.ts';
import { type Operation, type State, type TokenOperation, type Turn, withEntry } from './state.ts';
import { issueConfigRead, issueTokenRead, queueTokens } from './sweep.ts';
import { failed } from './turn.ts';
import type { IoOutcome } from './types.ts';

/** Drives operations from one outcome to the next. */

export function beginOperation(turn: Turn, operation: Operation): void {
  keepOperation(turn, operation);
  if (operation.kind === 'config') {
    issueConfigRead(turn, { kind: 'operation', key: operation.key, startedMs: turn.nowMs });
  } else if (operation.goal === 'release') {
    beginRelease(turn, operation);
  } else {
    readForOperation(turn, operation);
  }
}

export function onOperationIo(turn: Turn, key: string, startedMs: number, outcome: IoOutcome): void {
  const operation = turn.s.operations.get(key);
  if (operation === undefined) {
    return;
  }
  if (outcome.kind === 'failed' || outcome.kind === 'late') {
    const why = outcome.kind === 'failed' ? outcome.error : 'it did not come back in time';
    failOperation(turn, operation, failed('store.io-failed', `The store did not take it: ${why}`));
    if (operation.kind === 'token') {
      queueTokens(turn.s, [operation.token]);
    }
    return;
  }
  if (outcome.kind === 'read') {
    afterRead(turn, operation, outcome.data, startedMs);
  } else {
    afterWrite(turn, operation);
  }
}

function afterRead(turn: Turn, operation: Operation, data: Uint8Array, startedMs: number): void {
  if (operation.kind === 'config') {
    const read = learnConfigs(turn, data, startedMs);
    // What was read may have ended it: a host that finds itself taken out of the group writes nothing any more.
    if (turn.s.operations.get(operation.key) === operation && turn.s.passiveBecause === null) {
      configAfterRead(turn, operation, read);
    }
    return;
  }
  const read = learnToken(turn, data, operation.token, startedMs);
  const present = turn.s.operations.get(operation.key);
  if (present !== operation) {
    return;
  }
  if (operation.goal === 'note' || operation.goal === 'release') {
    holderAfterRead(turn, operation, read);
  } else if (operation.stage === 'proposeRead') {
    acquireAfterBallotRead(turn, operation, read);
  } else {
    acquireAfterRead(turn, operation, read);
  }
}

function afterWrite(turn: Turn, operation: Operation): void {
  const { s, nowMs } = turn;
  const mark = { seq: operation.writeSeq, atMs: nowMs };
  if (operation.kind === 'config') {
    s.configMark = mark;
    s.configHint += 1;
  } else {
    s.tokenMarks = withEntry(s.tokenMarks, operation.token, mark);
    s.tokensHint += 1;
  }
  if (operation.stage === 'propose') {
    keepOperation(turn, { ...operation, stage: 'proposeRead' });
    readBlocks(turn, operation);
    return;
  }
  if (operation.stage !== 'commit') {
    return;
  }
  if (operation.kind === 'config') {
    configAfterCommit(turn, operation);
    return;
  }
  queueTokens(s, [operation.token]);
  if (operation.goal === 'note' || operation.goal === 'release') {
    holderAfterCommit(turn, operation);
  } else {
    acquireAfterCommit(turn, operation);
  }
}

function readBlocks(turn: Turn, operation: Operation): void {
  const flight = { kind: 'operation', key: operation.key, startedMs: turn.nowMs } as const;
  if (operation.kind === 'config') {
    issueConfigRead(turn, flight);
  } else {
    issueTokenRead(turn, operation.token, flight);
  }
}

/** A complete read of the leases came back: acquisitions that wait for one go on. */
export function afterLeases(turn: Turn, leaseReadId: number): void {
  for (const operation of turn.s.operations.values()) {
    if (operation.kind === 'token' && operation.stage === 'lease') {
      acquireAfterLeases(turn, operation, leaseReadId);
    }
  }
}

/** With every tick: what waits for a scan or for its turn, and what has waited for too long. */
export function tickOperations(turn: Turn): void {
  const { s, nowMs } = turn;
  for (const operation of s.operations.values()) {
    if (operation.kind === 'token' && operation.stage === 'quiet') {
      continueRelease(turn, operation);
    } else if (operation.stage === 'lease' && operation.consulted !== null && isDue(s, nowMs)) {
      readLeases(turn);
    } else if (operation.stage === 'retry' && nowMs >= operation.retryAtMs) {
      keepOperation(turn, { ...operation, stage: 'read', proposer: null });
      readBlocks(turn, operation);
    } else if (waitsTooLong(operation, nowMs, loseAfterMs(s))) {
      failOperation(
        turn,
        operation,
        failed('store.io-failed', 'The leases on the store could not be read in time.'),
      );
    }
  }
}

/** Others are waited for: a read in between shows their renewals sooner. */
function isDue(s: State, nowMs: number): boolean {
  return nowMs - (s.store.lastReadMs ?? 0) >= s.timing.renewEveryMs / 4;
}

function waitsTooLong(operation: Operation, nowMs: number, patienceMs: number): boolean {
  const waiting: TokenOperation['stage'] = 'lease';
  return operation.stage === waiting && nowMs - operation.startedMs > patienceMs;
}
