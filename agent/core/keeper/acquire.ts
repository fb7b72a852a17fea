import type { Failure } from '../../protocol/failure.ts';
import type { HolderNote, TokenValue } from '../../protocol/store.ts';
import { tokenBlock } from '../area.ts';
import { type PaxosStep, afterRead, beginBallot } from '../paxos.ts';
import { type TokenRead, evaluateToken, paxosBlocks } from '../token.ts';
import { contender, withGivenUp } from './claims.ts';
import { awaitAnswers, behind, contended, haveAnswered, mustAsk } from './consult.ts';
import { failOperation, keepOperation } from './operations.ts';
import { writeBlock } from './ownBlock.ts';
import { isBehind } from './membership.ts';
import { judgeIncoming } from './incoming.ts';
import { burntGeneration, leaseValid, mayRun, tokenContext } from './rights.ts';
import { drainOf } from './scan.ts';
import { settling, waitsForOthers } from './settle.ts';
import { type State, type TokenOperation, type Turn, withEntry, without } from './state.ts';
import { issueTokenRead, queueTokens } from './sweep.ts';
import { failed, reply, save, tell, writeLocked } from './turn.ts';
import { readLeases } from './cycle.ts';

/**
 * Getting a token's next generation (rules 12 to 14): read the token, then the leases, then Disk Paxos, then write down
 * what was decided. A grant is given only if the lease still holds at the same epoch at the end.
 */

const MAX_BALLOTS = 6;
/** Pause after being outbid, in ms for each slot: proposers of different slots don't meet again. */
const OUTBID_PAUSE_MS = 60;

export function readForOperation(turn: Turn, operation: TokenOperation): void {
  issueTokenRead(turn, operation.token, { kind: 'operation', key: operation.key, startedMs: turn.nowMs });
}

/** The token was read: now the leases must be read again before anything is concluded from it (rule 14). */
export function acquireAfterRead(turn: Turn, operation: TokenOperation, stored: TokenRead): void {
  const read = withGivenUp(turn.s, stored);
  if (read.unreadableSlot !== null) {
    failOperation(turn, operation, unreadable(read.unreadableSlot));
    return;
  }
  const next = { ...operation, read, leasesFromId: turn.s.nextId, consulted: null };
  if (operation.goal === 'reassert') {
    propose(
      turn,
      next,
      Math.max(read.decided?.generation ?? 0, turn.s.held.get(operation.token)?.generation ?? 0),
    );
    return;
  }
  if (operation.seen !== undefined && !sameNote(operation.seen, read.note)) {
    // A guest that was shut down from inside a moment before its host died is not to be recovered (I6).
    failOperation(
      turn,
      operation,
      failed(
        'token.changed',
        'The holder of this VM had noted something else at its end: it is looked at anew.',
      ),
    );
    return;
  }
  keepOperation(turn, { ...next, stage: 'lease' });
  readLeases(turn);
}

function sameNote(left: HolderNote | null, right: HolderNote | null): boolean {
  return (
    left?.generation === right?.generation &&
    left?.desired === right?.desired &&
    left?.definition === right?.definition &&
    left?.released === right?.released
  );
}

/** A lease read came back; one that was begun before the token had been read does not count. */
export function acquireAfterLeases(turn: Turn, operation: TokenOperation, leaseReadId: number): void {
  const { s, nowMs } = turn;
  const { read } = operation;
  if (leaseReadId < operation.leasesFromId || read === null) {
    readLeases(turn);
    return;
  }
  if (contender(s, operation.token, read.decided?.generation ?? 0) !== null) {
    queueTokens(s, [operation.token]);
    failOperation(turn, operation, contended());
    return;
  }
  const refusal = mayAcquire(s, nowMs) ?? (isBehind(s) ? behind() : null);
  if (refusal !== null) {
    s.configReadWanted ||= isBehind(s);
    failOperation(turn, operation, refusal);
    return;
  }
  const standing = evaluateToken(read, tokenContext(s, operation.token));
  if (
    standing.kind === 'held' ||
    (standing.kind === 'free' && standing.byTime && s.config?.disarmed === true)
  ) {
    failOperation(
      turn,
      operation,
      failed('token.not-free', 'Another host holds this VM and is not known to be dead.'),
    );
  } else if (standing.kind === 'mine' && read.decided?.value.vm !== ownValue(s, operation)?.vm) {
    failOperation(
      turn,
      operation,
      failed('token.in-use', 'The token still belongs to a VM that was protected before.'),
    );
  } else if (standing.kind === 'mine' && read.decided !== null && standsInLockedBlock(s, read)) {
    acquireAfterCommit(turn, { ...operation, decided: read.decided, note: read.note ?? operation.note });
  } else if (standing.kind === 'mine' && read.decided !== null) {
    commit(turn, operation, read.decided);
  } else if (mustAsk(s, read) && !haveAnswered(s, operation)) {
    awaitAnswers(turn, operation);
  } else {
    const byTime = standing.kind === 'free' && standing.byTime;
    propose(turn, { ...operation, byTime }, read.decided?.generation ?? 0);
  }
}

/**
 * The decision was seen in the own block, but the write that brought it there never came back: it can't be repeated in
 * this boot (rule 13), and need not be. Without this the VM would be nobody's until this host is started anew.
 */
function standsInLockedBlock(s: State, read: TokenRead): boolean {
  const { slot } = s.self;
  const own = read.pairs[slot];
  const stands = own?.kind === 'record' && own.value.decided?.generation === read.decided?.generation;
  const halves = [tokenBlock(read.token, slot, 0), tokenBlock(read.token, slot, 1)];
  return stands && read.note !== null && writeLocked(s, halves, 1);
}

export function mayAcquire(s: State, nowMs: number): Failure | null {
  if (!mayRun(s, nowMs)) {
    return failed(
      'keeper.not-alive',
      'The lease of this host on the store is not alive, so it can be given nothing.',
    );
  }
  if (s.regressedUntilMs !== null) {
    return failed(
      'store.regressed',
      'The store went back in time; nothing is taken over until that has settled.',
    );
  }
  if (waitsForOthers(s)) {
    return settling();
  }
  if (s.watch.peers.some((peer) => peer.unreadable === 'newer')) {
    return failed('store.area-newer', 'Another host runs a newer version of Understudy; update this one.');
  }
  return null;
}

/** What this host would be decided as: holder at its present epoch. */
function ownValue(s: State, operation: TokenOperation): TokenValue | null {
  const vm =
    operation.goal === 'reassert'
      ? s.held.get(operation.token)?.vm
      : s.config?.vms.find((entry) => entry.token === operation.token)?.vm;
  return vm === undefined ? null : { vm, holder: s.self.slot, holderEpoch: s.epoch, target: null };
}

function propose(turn: Turn, operation: TokenOperation, generation: number): void {
  const { s } = turn;
  const value = ownValue(s, operation);
  if (value === null || operation.read === null) {
    failOperation(turn, operation, failed('token.unknown', 'No protected VM has this token.'));
    return;
  }
  const blocks = paxosBlocks(operation.read);
  const step = beginBallot(s.self.slot, generation + 1, value, blocks, operation.atLeastMbal);
  takeStep(turn, operation, step);
}

/** All blocks were read again after an own write of the ballot. */
export function acquireAfterBallotRead(turn: Turn, operation: TokenOperation, read: TokenRead): void {
  if (operation.proposer === null) {
    return;
  }
  takeStep(turn, { ...operation, read }, afterRead(operation.proposer, paxosBlocks(read)));
}

function takeStep(turn: Turn, operation: TokenOperation, step: PaxosStep<TokenValue>): void {
  const { s, nowMs } = turn;
  switch (step.kind) {
    case 'write': {
      const { own } = step.proposer;
      if (step.proposer.phase === 2 && own.inp !== null) {
        claim(turn, operation, own.instance, own.inp);
      }
      writeBlock(turn, { ...operation, stage: 'propose', proposer: step.proposer }, null);
      return;
    }
    case 'decided':
      commit(turn, operation, { generation: operation.proposer?.own.instance ?? 0, value: step.value });
      return;
    case 'outbid':
      if (operation.attempts + 1 < MAX_BALLOTS) {
        const retryAtMs = nowMs + OUTBID_PAUSE_MS * (s.self.slot + 1);
        const attempts = operation.attempts + 1;
        keepOperation(turn, { ...operation, stage: 'retry', attempts, retryAtMs, atLeastMbal: step.mbal });
        return;
      }
      failOperation(
        turn,
        operation,
        failed('token.contended', 'Another host is taking this VM at the same time.'),
      );
      return;
    case 'overtaken':
      failOperation(turn, operation, failed('token.taken', 'Another host has taken this VM meanwhile.'));
      return;
    case 'abort':
      failOperation(turn, operation, unreadable(step.slot));
      return;
  }
}

/**
 * From the moment a ballot carries this host's name it may be decided, whatever becomes of the operation. A QEMU of
 * that VM counts as protected from here on, so that it does not outlive the lease.
 */
function claim(turn: Turn, operation: TokenOperation, generation: number, value: TokenValue): void {
  const { s, nowMs } = turn;
  const { token } = operation;
  const known = s.held.get(token);
  if (
    value.holder !== s.self.slot ||
    value.holderEpoch !== s.epoch ||
    (known !== undefined && !known.claim)
  ) {
    return;
  }
  const drain = drainOf(s, value.vm);
  const held = { token, vm: value.vm, generation, drain, claim: true, note: null, sinceMs: nowMs };
  s.held = withEntry(s.held, token, { ...held, releasing: false });
  save(turn);
}

function commit(
  turn: Turn,
  operation: TokenOperation,
  decided: NonNullable<TokenOperation['decided']>,
): void {
  writeBlock(turn, { ...operation, stage: 'commit', decided }, decided);
}

/** The decision stands on the store in the own block. The grant needs a lease that still holds at the same epoch. */
export function acquireAfterCommit(turn: Turn, operation: TokenOperation): void {
  const { s, nowMs } = turn;
  const { decided, token } = operation;
  if (decided === null) {
    return;
  }
  const { value, generation } = decided;
  if (value.holder !== s.self.slot || value.holderEpoch !== s.epoch) {
    failOperation(turn, operation, failed('token.taken', 'Another host has taken this VM meanwhile.'));
    return;
  }
  const valid = operation.goal === 'reassert' ? leaseValid(s, nowMs) : mayAcquire(s, nowMs) === null;
  if (operation.goal !== 'reassert' && contender(s, token, generation - 1) !== null) {
    failOperation(turn, operation, contended());
    return;
  }
  if (!valid || generation <= burntGeneration(s, token)) {
    failOperation(
      turn,
      operation,
      failed('keeper.not-alive', 'The lease was lost while this was being done.'),
    );
    return;
  }
  const known = s.held.get(token);
  const drain = known?.drain ?? drainOf(s, value.vm);
  const note = { ...operation.note, generation };
  const granted = { token, vm: value.vm, generation, drain, claim: false, note, sinceMs: nowMs };
  s.held = withEntry(s.held, token, { ...granted, releasing: false });
  judgeIncoming(turn, { ...granted, releasing: false }, operation.read);
  s.reassert = new Set([...s.reassert].filter((one) => one !== token));
  s.operations = without(s.operations, operation.key);
  s.viewDirty = true;
  save(turn);
  tell(turn, operation.goal === 'reassert' ? 'token.reasserted' : 'token.acquired', {
    vm: value.vm,
    generation,
  });
  reply(turn, operation.requestId, generation);
}

function unreadable(slot: number): Failure {
  return failed(
    'token.unreadable',
    `The block of host ${slot} for this VM on the store can't be validated, so nobody may take the VM.`,
    'A write of that host was torn or is still on its way.',
    'Bring that host back; it repairs its block by itself.',
  );
}
