import { expect, test } from 'vitest';
import { paxosModel } from './paxosModel.ts';
import { search } from './search.ts';

const rules = { abortOnUnreadable: true, waitForUnreturned: true };
const small = { hosts: 2, generations: 2, ballots: 1, crashes: 0, torn: 0, hung: 1, damaged: 1, rules };

test('two hosts never decide two values for a generation', () => {
  expect(search(paxosModel(small), 100_000)).toMatchObject({ complete: true, violation: null });
});

test('rule 12: taking a damaged block for an empty one is found', () => {
  const found = search(paxosModel({ ...small, rules: { ...rules, abortOnUnreadable: false } }), 100_000);
  expect(found.violation?.what).toMatch(/^generation 1 was decided for/);
});

test('rule 13: writing a block again under a write that hangs is found', () => {
  const wider = { ...small, ballots: 2, damaged: 0 };
  const found = search(paxosModel({ ...wider, rules: { ...rules, waitForUnreturned: false } }), 100_000);
  expect(found.violation?.what).toMatch(/was decided for/);
});
