import { expect, test } from 'vitest';
import { tokenBlock } from '../area.ts';
import { BLOCK_BYTES } from '../record.ts';
import { failOperations } from './operations.ts';
import type { State } from './state.ts';
import { Bench } from './testing/bench.ts';
import { note } from './testing/fixtures.ts';

test('the owner of a torn first block writes it anew', () => {
  const bench = new Bench();
  bench.put(tokenBlock(0, 0, 0), new Uint8Array(BLOCK_BYTES).fill(7, 0, 512));
  bench.alive();
  const id = bench.ask({ kind: 'acquire', token: 0, note: note() });
  bench.pass(300);
  expect(bench.answer(id)).toBe(1);
});

test('the outcome of a write that was given up does not end a later operation on the same token', () => {
  const bench = new Bench().running();
  bench.io.table = 'hang';
  bench.ask({ kind: 'note', token: 0, note: note({ generation: 1 }) });
  bench.settle((effect) => effect.kind === 'read');
  // As a hold does with operations under way.
  const turn = { s: { ...bench.state } as State, nowMs: bench.nowMs, effects: [] };
  failOperations(turn, { code: 'store.unreachable', message: 'The store was lost.' });
  bench.state = turn.s;
  const release = bench.ask({ kind: 'release', token: 0, note: note({ generation: 1 }) });
  bench.settle((effect) => effect.kind === 'write');
  expect(bench.answer(release)).toBeNull();
  expect(bench.state.held.size).toBe(1);
});
