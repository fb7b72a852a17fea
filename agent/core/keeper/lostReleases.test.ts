import { describe, expect, test } from 'vitest';
import { tokenBlock } from '../area.ts';
import { BLOCK_BYTES } from '../record.ts';
import { readToken } from '../token.ts';
import { Bench } from './testing/bench.ts';
import { areaId, note } from './testing/fixtures.ts';

const stored = (bench: Bench) => readToken(bench.get(tokenBlock(0, 0, 0), 16), areaId, 0, 0);

/** The token of this host at generation 2, burnt for a release that did not reach the store. */
function owing(): {
  readonly bench: Bench;
  readonly unheld: Bench['blocks'];
  readonly first: Bench['blocks'];
} {
  const bench = new Bench().alive();
  const unheld = new Map(bench.blocks);
  bench.ask({ kind: 'acquire', token: 0, note: note() });
  bench.pass(3000);
  const first = new Map(bench.blocks);
  goBack(bench, unheld);
  bench.pass(4000);
  expect(bench.state.held.get(0)?.generation).toBe(2);
  bench.io.table = 'readonly';
  bench.ask({ kind: 'release', token: 0, note: note({ released: true }), ended: 'clean' });
  bench.pass(2000);
  expect(bench.state.burntGenerations.get(0)).toBe(2);
  return { bench, unheld, first };
}

function goBack(bench: Bench, to: Bench['blocks']): void {
  for (const block of bench.blocks.keys()) {
    bench.blocks.set(block, to.get(block) ?? new Uint8Array(BLOCK_BYTES));
  }
}

describe('rule 15: a release that is owed when the store goes back', () => {
  test('gives up the earlier generation that stands there again', () => {
    const { bench, first } = owing();
    goBack(bench, first);
    bench.io.table = 'ok';
    bench.pass(4000);
    expect(stored(bench)).toMatchObject({ decided: { generation: 1 }, note: { released: true } });
    expect(bench.state.held.size).toBe(0);
  });

  test('is forgotten when the token was not this epoch’s then', () => {
    const { bench, unheld } = owing();
    goBack(bench, unheld);
    bench.io.table = 'ok';
    bench.pass(4000);
    expect(bench.state.held.size).toBe(0);
    expect(stored(bench).decided).toBe(null);
  });

  test('is kept while some block can’t be read', () => {
    const { bench, unheld } = owing();
    goBack(bench, unheld);
    bench.put(tokenBlock(0, 1, 0), new Uint8Array(BLOCK_BYTES).fill(7));
    bench.io.table = 'ok';
    bench.pass(4000);
    expect(bench.state.held.size).toBe(1);
  });

  test('keeps no guests frozen after a hold', () => {
    const { bench, first } = owing();
    bench.putPeer();
    bench.io = { lease: 'hang', table: 'hang' };
    bench.pass(4000);
    const sent = bench.effects.findLast(
      (effect) =>
        effect.kind === 'send' && effect.line.kind === 'toPeer' && effect.line.message.kind === 'challenge',
    );
    const nonce =
      sent?.kind === 'send' && sent.line.kind === 'toPeer' && sent.line.message.kind === 'challenge'
        ? sent.line.message.nonce
        : 0;
    const message = { kind: 'answer', nonce, cannotReachStore: true, epoch: 3 } as const;
    bench.ask({ kind: 'fromPeer', from: 1, message });
    bench.pass(3900);
    expect(bench.view().phase).toBe('holding');
    goBack(bench, first);
    bench.io = { lease: 'ok', table: 'readonly' };
    bench.settle((effect) => effect.lane === 'lease');
    bench.pass(2500);
    expect(bench.view().phase).toBe('alive');
  });
});
