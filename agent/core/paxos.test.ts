import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Pair, nextWrite, readPair } from './pair.ts';
import {
  type PaxosBlock,
  type PaxosStep,
  type Proposer,
  afterRead,
  beginBallot,
  nextBallot,
} from './paxos.ts';
import type { Decoded } from './record.ts';

interface Block extends PaxosBlock<string> {
  readonly writeSeq: number;
}
type Cell = Decoded<Block>;

const empty: Pair<Block> = { kind: 'empty' };
const unreadable: Pair<Block> = { kind: 'unreadable', reason: 'torn', neverAcknowledged: false };
const block = (instance: number, mbal: number, bal = 0, inp: string | null = null, decidedGeneration = 0) =>
  ({
    kind: 'record',
    half: 0,
    value: { writeSeq: 1, decidedGeneration, paxos: { instance, mbal, bal, inp } },
  }) satisfies Pair<Block>;

describe('one step', () => {
  test('ballots grow and never meet', () => {
    expect(nextBallot(0, 0)).toBe(8);
    expect(nextBallot(3, 0)).toBe(3);
    expect(nextBallot(3, 3)).toBe(11);
    fc.assert(
      fc.property(fc.nat(7), fc.nat(100_000), (slot, above) => {
        const ballot = nextBallot(slot, above);
        expect(ballot % 8).toBe(slot);
        expect(ballot).toBeGreaterThan(above);
        expect(ballot - above).toBeLessThanOrEqual(8);
      }),
    );
  });

  test('rule 12: a block that cannot be validated stops a proposer at the start and after each read', () => {
    expect(beginBallot(0, 1, 'mine', [empty, unreadable], 0)).toEqual({ kind: 'abort', slot: 1 });
    const proposer = begun(beginBallot(0, 1, 'mine', [empty, empty], 0));
    expect(afterRead(proposer, [block(1, 8), unreadable])).toEqual({ kind: 'abort', slot: 1 });
    expect(afterRead(proposer, [block(1, 8), { kind: 'newer', version: 2 }])).toEqual({
      kind: 'abort',
      slot: 1,
    });
  });

  test('a value that may have been chosen is adopted', () => {
    const seen = [block(1, 8), block(1, 1, 1, 'theirs'), block(1, 10, 2, 'later')];
    const proposer = begun(beginBallot(0, 1, 'mine', seen, 0));
    expect(proposer).toMatchObject({ own: { mbal: 16, bal: 0 } });
    const next = afterRead(proposer, [block(1, 16), seen[1] ?? empty, seen[2] ?? empty]);
    expect(next).toMatchObject({ kind: 'write', proposer: { phase: 2, own: { bal: 16, inp: 'later' } } });
  });

  test('a higher ballot of another stops this one, a decision ends it', () => {
    const proposer = begun(beginBallot(1, 4, 'mine', [empty, block(3, 99, 99, 'old', 3)], 0));
    expect(proposer).toMatchObject({ own: { mbal: 1, bal: 0, inp: null } });
    expect(afterRead(proposer, [block(4, 8), block(4, 1)])).toEqual({ kind: 'outbid', mbal: 8 });
    expect(afterRead(proposer, [block(5, 8, 0, null, 4), block(4, 1)])).toEqual({ kind: 'overtaken' });
  });

  test('an own block that is not what was written stops the ballot', () => {
    const proposer = begun(beginBallot(1, 1, 'mine', [empty, empty], 0));
    expect(afterRead(proposer, [empty, empty])).toEqual({ kind: 'abort', slot: 1 });
  });
});

function begun(step: PaxosStep<string>): Proposer<string> {
  if (step.kind !== 'write') {
    throw new Error(`the ballot is not begun: ${step.kind}`);
  }
  return step.proposer;
}

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

interface Rules {
  readonly abortOnUnreadable: boolean;
  readonly waitForUnreturned: boolean;
}

const torn: Cell = { kind: 'unreadable', reason: 'torn' };

/** Two or three proposers on one disk that loses, tears, delays and damages; whatever each of them decides. */
class Model {
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

/** Actions: 0-7 go on, 8 torn write, 9 late write, 10 lost write, 11 damage, 12-13 a late write lands, 14-15 reboot. */
const schedule = (actions: readonly number[]) =>
  fc.array(fc.tuple(fc.nat(2), fc.constantFrom(...actions)), { minLength: 40, maxLength: 400, size: 'max' });
const calm = Array.from({ length: 24 }, () => 0);

function run(hosts: number, rules: Rules, steps: readonly (readonly [number, number])[]): Model {
  const model = new Model(hosts, rules);
  for (const [slot, action] of steps) {
    model.act(slot % hosts, action);
  }
  return model;
}

const allRules: Rules = { abortOnUnreadable: true, waitForUnreturned: true };

describe('an instance never has two decisions', () => {
  const everything = schedule([...calm, 8, 9, 10, 12, 13, 14, 15]);
  test.each([2, 3])('%i proposers, torn, late and lost writes, reboots', (hosts) => {
    fc.assert(
      fc.property(everything, (steps) => {
        expect(run(hosts, allRules, steps).agreed()).toBe(true);
      }),
      { numRuns: 3000, seed: 20_260 + hosts },
    );
  });

  test('blocks damaged for ever stop everybody rather than split them', () => {
    fc.assert(
      fc.property(schedule([...calm, 9, 11, 12, 14]), (steps) => {
        expect(run(3, allRules, steps).agreed()).toBe(true);
      }),
      { numRuns: 1000, seed: 7 },
    );
  });

  test('decisions are reached at all', () => {
    const reached = fc.sample(everything, { numRuns: 200, seed: 5 }).map((steps) => run(3, allRules, steps));
    expect(reached.filter((model) => model.decisions.size > 1).length).toBeGreaterThan(50);
  });

  test('rule 12: a proposer that takes a damaged block for an empty one splits the group', () => {
    const rules = { ...allRules, abortOnUnreadable: false };
    const found = fc.check(
      fc.property(schedule([...calm, 11, 11]), (steps) => run(2, rules, steps).agreed()),
      { numRuns: 20_000, seed: 3, endOnFailure: true },
    );
    expect(found.failed).toBe(true);
  });

  test('rule 13: writing a block again under an unreturned write splits the group', () => {
    const rules = { ...allRules, waitForUnreturned: false };
    const found = fc.check(
      fc.property(schedule([...calm, 9, 9, 9, 12, 12]), (steps) => run(2, rules, steps).agreed()),
      { numRuns: 40_000, seed: 11, endOnFailure: true },
    );
    expect(found.failed).toBe(true);
  });
});
