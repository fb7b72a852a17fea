import { type Pair, nextWrite, readPair } from '../pair.ts';
import { type PaxosBlock, type Proposer, afterRead, beginBallot } from '../paxos.ts';
import type { Decoded } from '../record.ts';

export interface Block extends PaxosBlock<string> {
  readonly writeSeq: number;
}
type Cell = Decoded<Block>;

export const empty: Pair<Block> = { kind: 'empty' };

interface Host {
  phase: 'idle' | 'writing' | 'reading';
  proposer: Proposer<string> | null;
  write: { half: 0 | 1; cell: Block } | null;
  /** Blocks read so far in this round, one a step: a read of all is not atomic. */
  read: Pair<Block>[];
  inFlight: { half: 0 | 1; cell: Block }[];
  decided: number;
  proposals: number;
}

export interface Rules {
  readonly abortOnUnreadable: boolean;
  readonly waitForUnreturned: boolean;
}

const torn: Cell = { kind: 'unreadable', reason: 'torn' };

/** Two or three proposers on one disk that loses, tears, delays and damages; whatever each of them decides. */
export class Model {
  readonly disk: Cell[][];
  readonly hosts: Host[];
  readonly decisions = new Map<number, Set<string>>();
  readonly rules: Rules;

  constructor(count: number, rules: Rules) {
    this.rules = rules;
    this.disk = Array.from({ length: count }, () => [{ kind: 'empty' }, { kind: 'empty' }]);
    this.hosts = Array.from({ length: count }, () => ({
      phase: 'idle',
      proposer: null,
      write: null,
      read: [],
      inFlight: [],
      decided: 0,
      proposals: 0,
    }));
  }

  pair(slot: number): Pair<Block> {
    const [first, second] = this.disk[slot] ?? [];
    const pair = readPair(first ?? torn, second ?? torn);
    return pair.kind === 'unreadable' && !this.rules.abortOnUnreadable ? empty : pair;
  }

  act(slot: number, action: number): void {
    const host = this.hosts[slot];
    if (host === undefined) {
      return;
    }
    if (action === 14) {
      this.reboot(slot, host, true);
    } else if (action === 15) {
      this.reboot(slot, host, false);
    } else if (action >= 12 && action <= 13) {
      this.land(slot, host, action === 12);
    } else if (action === 11) {
      this.disk[slot] = [torn, torn];
    } else if (host.phase === 'writing') {
      this.finishWrite(slot, host, action);
    } else {
      this.readOne(slot, host);
    }
  }

  put(slot: number, half: 0 | 1, cell: Cell): void {
    const cells = this.disk[slot];
    if (cells !== undefined && !(cells[0]?.kind === 'unreadable' && cells[1]?.kind === 'unreadable')) {
      cells[half] = cell;
    }
  }

  reboot(slot: number, host: Host, lands: boolean): void {
    for (const late of host.inFlight) {
      if (lands) {
        this.put(slot, late.half, { kind: 'record', value: late.cell });
      }
    }
    Object.assign(host, { phase: 'idle', proposer: null, write: null, read: [], inFlight: [], decided: 0 });
  }

  land(slot: number, host: Host, whole: boolean): void {
    const late = host.inFlight.shift();
    if (late !== undefined) {
      this.put(slot, late.half, whole ? { kind: 'record', value: late.cell } : torn);
    }
  }

  finishWrite(slot: number, host: Host, action: number): void {
    const { write } = host;
    if (write === null) {
      return;
    }
    host.read = [];
    host.write = null;
    if (action <= 7) {
      this.put(slot, write.half, { kind: 'record', value: write.cell });
      host.phase = host.proposer === null ? 'idle' : 'reading';
      return;
    }
    if (action === 8) {
      this.put(slot, write.half, torn);
    } else if (action === 9) {
      host.inFlight.push(write);
    }
    host.phase = 'idle';
    host.proposer = null;
  }

  readOne(slot: number, host: Host): void {
    host.read.push(this.pair(host.read.length));
    if (host.read.length < this.hosts.length) {
      return;
    }
    const blocks = host.read;
    host.read = [];
    if (host.proposer === null) {
      this.begin(slot, host, blocks);
      return;
    }
    const step = afterRead(host.proposer, blocks);
    if (step.kind === 'write') {
      this.write(slot, host, step.proposer, blocks);
    } else if (step.kind === 'decided') {
      this.decide(slot, host, step.value, blocks);
    } else {
      host.phase = 'idle';
      host.proposer = null;
    }
  }

  begin(slot: number, host: Host, blocks: Pair<Block>[]): void {
    for (const pair of blocks) {
      host.decided = Math.max(host.decided, pair.kind === 'record' ? pair.value.decidedGeneration : 0);
    }
    if (this.rules.waitForUnreturned && host.inFlight.length > 0) {
      return;
    }
    host.proposals += 1;
    const step = beginBallot(slot, host.decided + 1, `${slot}/${host.proposals}`, blocks, 0);
    if (step.kind === 'write') {
      this.write(slot, host, step.proposer, blocks);
    }
  }

  decide(slot: number, host: Host, value: string, blocks: Pair<Block>[]): void {
    const instance = host.proposer?.own.instance ?? 0;
    const values = this.decisions.get(instance) ?? new Set();
    this.decisions.set(instance, values.add(value));
    host.decided = instance;
    const { proposer } = host;
    if (proposer !== null) {
      this.write(slot, host, proposer, blocks);
      host.proposer = null;
    }
  }

  write(slot: number, host: Host, proposer: Proposer<string>, blocks: Pair<Block>[]): void {
    const next = nextWrite(blocks[slot] ?? empty, 0);
    if (next === null) {
      host.phase = 'idle';
      host.proposer = null;
      return;
    }
    const cell = { writeSeq: next.writeSeq, decidedGeneration: host.decided, paxos: proposer.own };
    host.write = { half: next.half, cell };
    host.proposer = proposer;
    host.phase = 'writing';
  }

  agreed(): boolean {
    return [...this.decisions.values()].every((values) => values.size === 1);
  }
}
