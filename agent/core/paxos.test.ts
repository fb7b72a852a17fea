import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Pair } from './pair.ts';
import { type PaxosStep, type Proposer, afterRead, beginBallot, nextBallot } from './paxos.ts';
import { type Block, Model, type Rules, empty } from './testing/paxosModel.ts';

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
