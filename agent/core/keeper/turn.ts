import type { Failure } from '../../protocol/failure.ts';
import type { KeeperLine, KeeperPhase, RunFile, UnreturnedWrite } from '../../protocol/keeperLink.ts';
import type { Flight, State, Turn } from './state.ts';

/** The small acts that every part of the keeper shares. */

type Facts = Extract<KeeperLine, { kind: 'event' }>['facts'];

export function tell(turn: Turn, code: string, facts: Facts = {}): void {
  turn.effects.push({ kind: 'send', line: { kind: 'event', atMs: turn.nowMs, code, facts } });
}

export function reply(turn: Turn, id: number | null, generation: number | null): void {
  if (id !== null) {
    turn.effects.push({ kind: 'send', line: { kind: 'reply', id, ok: true, generation } });
  }
}

export function refuse(turn: Turn, id: number | null, failure: Failure): void {
  if (id !== null) {
    turn.effects.push({ kind: 'send', line: { kind: 'refused', id, failure } });
  }
}

export function failed(code: string, message: string, meaning?: string, fix?: string): Failure {
  return {
    code,
    message,
    ...(meaning === undefined ? {} : { meaning }),
    ...(fix === undefined ? {} : { fix }),
  };
}

export function enter(turn: Turn, phase: KeeperPhase, because: Failure | null = null): void {
  const { s } = turn;
  if (s.phase !== phase) {
    tell(turn, 'keeper.phase', { from: s.phase, to: phase, epoch: s.epoch, because: because?.code ?? null });
  }
  s.phase = phase;
  s.because = because;
  s.viewDirty = true;
}

/** Writes the run file; every act that can't be taken back comes after the save that records it (rules 6 and 7). */
export function save(turn: Turn): void {
  turn.effects.push({ kind: 'saveRun', file: runFile(turn.s) });
}

function runFile(s: State): RunFile {
  return {
    version: 1,
    bootId: s.self.bootId,
    areaId: s.self.areaId,
    slot: s.self.slot,
    hostName: s.self.hostName,
    epoch: s.epoch,
    lastGoodMs: s.lastGoodMs,
    holdUntilMs: s.phase === 'holding' ? s.holdUntilMs : null,
    burntEpoch: s.burntEpoch,
    drainedEpoch: s.drainedEpoch,
    burntGenerations: [...s.burntGenerations].map(([token, generation]) => ({ token, generation })),
    held: [...s.held.values()].map(({ token, vm, generation, drain, claim }) => ({
      token,
      vm,
      generation,
      drain,
      claim,
    })),
    pendingStarts: [...s.pendingStarts].map(([token, sinceMs]) => ({
      token,
      sinceMs,
      continued: s.continued.has(token),
    })),
    incoming: [...s.incoming.values()],
    leaseSeq: s.leaseMark.seq,
    leaseSeqIssued: s.seqIssued,
    timing: s.timing,
    configSlots: [...s.promisedSlots],
    regressedUntilMs: s.regressedUntilMs,
    unheard: [...s.unheard.keys()],
    decidedSeen: [...s.decidedSeen].map(([token, generation]) => ({ token, generation })),
    settledEpoch: s.settled ? s.epoch : 0,
    ask: s.ask,
    frozen: [...s.frozen],
    unreturned: [...s.unreturned],
  };
}

export function issueRead(
  turn: Turn,
  flight: Flight,
  at: {
    readonly block: number;
    readonly blocks: number;
    readonly deadlineMs: number;
    readonly lane: 'lease' | 'table';
  },
): void {
  const { s } = turn;
  const id = takeId(s);
  s.flights = new Map(s.flights).set(id, flight);
  turn.effects.push({ kind: 'read', id, ...at });
}

/** Records the write in the run file before it is handed out: a restarted keeper must know of it (rules 6 and 13). */
export function issueWrite(
  turn: Turn,
  flight: Flight,
  at: {
    readonly block: number;
    readonly data: Uint8Array;
    readonly deadlineMs: number;
    readonly lane: 'lease' | 'table';
    readonly class: UnreturnedWrite['class'];
  },
): void {
  const { s } = turn;
  const id = takeId(s);
  s.flights = new Map(s.flights).set(id, flight);
  const known = { id, block: at.block, class: at.class, issuedAtMs: turn.nowMs, storeIoPid: 0 };
  const entry = flight.kind === 'renewal' ? { ...known, seq: flight.seq } : known;
  s.unreturned = [...s.unreturned, entry];
  save(turn);
  const { block, data, deadlineMs, lane } = at;
  turn.effects.push({ kind: 'write', id, block, data, deadlineMs, lane });
}

function takeId(s: State): number {
  const id = s.nextId;
  s.nextId += 1;
  return id;
}

/** Whether a write to one of these blocks has not come back: then none may be written in this boot (rule 13). */
export function writeLocked(s: State, blocks: readonly number[], blocksEach: number): boolean {
  return s.unreturned.some(
    (write) =>
      write.class === 'exclusive' &&
      blocks.some((block) => write.block >= block && write.block < block + blocksEach),
  );
}

/** Deadline of table I/O and of renewals: half of L, in ms from now. */
export function ioDeadlineMs(turn: Turn): number {
  return turn.nowMs + turn.s.timing.loseAfterMs / 2;
}
