import type { TokenBlock } from '../../protocol/store.ts';
import { encodeTokenBlock, tokenBlock } from '../area.ts';
import { nextWrite } from '../pair.ts';
import { failOperation, keepOperation } from './operations.ts';
import type { State, TokenOperation, Turn } from './state.ts';
import { failed, ioDeadlineMs, issueWrite, writeLocked } from './turn.ts';

/** Writes the own block, in the half that is not in force; refused while a write to it has not come back (rule 13). */
export function writeBlock(turn: Turn, operation: TokenOperation, decided: TokenOperation['decided']): void {
  const { s } = turn;
  const { slot, areaId } = s.self;
  const { token, read, proposer } = operation;
  const own = read?.pairs[slot] ?? { kind: 'empty' };
  const next = nextWrite(own, s.tokenMarks.get(token)?.seq ?? 0);
  const halves = [tokenBlock(token, slot, 0), tokenBlock(token, slot, 1)];
  if (next === null || writeLocked(s, halves, 1)) {
    const message = "An earlier write of this host to the VM's token has not come back from the store.";
    failOperation(turn, operation, failed('token.write-pending', message));
    return;
  }
  const before = own.kind === 'record' ? own.value : null;
  const known = knownDecision(s, operation);
  const isOurs = decided !== null && decided.value.holder === slot && decided.value.holderEpoch === s.epoch;
  const block: TokenBlock = {
    areaId,
    slot,
    token,
    writeSeq: next.writeSeq,
    paxos: proposer?.own ?? before?.paxos ?? { instance: 0, mbal: 0, bal: 0, inp: null },
    decided: decided ?? known,
    note: isOurs ? { ...operation.note, generation: decided.generation } : (before?.note ?? null),
  };
  keepOperation(turn, { ...operation, writeSeq: next.writeSeq });
  issueWrite(
    turn,
    { kind: 'operation', key: operation.key, startedMs: turn.nowMs },
    {
      block: tokenBlock(token, slot, next.half),
      data: encodeTokenBlock(block),
      deadlineMs: ioDeadlineMs(turn),
      lane: 'table',
      class: 'exclusive',
    },
  );
}

/** The highest decision this host knows; after a roll-back its own memory knows more than the store (rule 15). */
function knownDecision(s: State, operation: TokenOperation): TokenBlock['decided'] {
  const known = operation.read?.decided ?? null;
  const held = s.held.get(operation.token);
  if (held === undefined || held.claim || held.generation <= (known?.generation ?? 0)) {
    return known;
  }
  const value = { vm: held.vm, holder: s.self.slot, holderEpoch: s.epoch, target: null };
  return { generation: held.generation, value };
}
