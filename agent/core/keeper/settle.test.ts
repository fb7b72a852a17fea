import { describe, expect, test } from 'vitest';
import { decodeLease, leaseBlock } from '../area.ts';
import { BLOCK_BYTES } from '../record.ts';
import { Bench } from './testing/bench.ts';
import { areaId, bootId, note, otherBootId } from './testing/fixtures.ts';

const T = 21_500;
const vouches = (bench: Bench) => {
  const decoded = decodeLease(bench.get(leaseBlock(0)), areaId, 0);
  return decoded.kind === 'record' ? (decoded.value.vouches ?? []) : [];
};
const acquire = (bench: Bench, renews?: (bench: Bench) => void): number | string | null => {
  const id = bench.ask({ kind: 'acquire', token: 0, note: note() });
  bench.pass(300);
  renews?.(bench);
  bench.pass(300);
  return bench.answer(id);
};

describe('rule 15: a host that begins a new epoch', () => {
  test('acquires nothing before another host has vouched for what it holds', () => {
    const bench = new Bench();
    bench.putPeer({ vouches: [] });
    bench.alive();
    for (let seq = 8; seq < 40; seq += 1) {
      bench.putPeer({ seq, vouches: [{ slot: 0, bootId, epoch: 2 }] });
      bench.pass(1000);
    }
    expect(acquire(bench)).toBe('keeper.settling');
    expect(bench.codes()).toContain('keeper.settling');
    bench.putPeer({ seq: 40, vouches: [{ slot: 0, bootId: otherBootId, epoch: 1 }] });
    bench.pass(1000);
    expect(acquire(bench)).toBe('keeper.settling');
    bench.putPeer({ seq: 41, vouches: [{ slot: 0, bootId, epoch: 1 }] });
    bench.pass(1000);
    expect(acquire(bench, (one) => one.putPeer({ seq: 42 }))).toBe(1);
  });

  test('or before that one was silent for T since the epoch stands on the store', () => {
    const bench = new Bench();
    bench.putPeer({ vouches: [] });
    bench.alive();
    bench.pass(T - 2000);
    expect(bench.view().tokens[0]?.free).toBe(false);
    expect(acquire(bench)).toBe('keeper.settling');
    bench.pass(4000);
    expect(acquire(bench)).toBe(1);
  });

  test('silence counts only while the store answers in time: it may hold the writes of the other back', () => {
    const bench = new Bench();
    bench.putPeer({ vouches: [] });
    bench.alive();
    bench.pass(T - 3000);
    bench.io.lease = 'hang';
    for (let round = 0; round < 5; round += 1) {
      bench.pass(2600);
      bench.settle();
    }
    expect(acquire(bench)).toBe('keeper.settling');
    bench.io.lease = 'ok';
    bench.pass(T + 6000);
    expect(acquire(bench)).toBe(1);
  });

  test('or has written nothing for some periods: it would not see what went back meanwhile', () => {
    const bench = new Bench();
    bench.putPeer();
    bench.alive();
    expect(bench.state.settled).toBe(true);
    bench.io.lease = 'fail';
    bench.pass(4000);
    bench.io.lease = 'ok';
    bench.putPeer({ seq: 8 });
    bench.pass(2000);
    expect(bench.view()).toMatchObject({ phase: 'alive', epoch: 1 });
    expect(acquire(bench)).toBe('keeper.settling');
    bench.restart();
    bench.pass(1500);
    expect(acquire(bench)).toBe('keeper.settling');
    bench.putPeer({ seq: 9, vouches: [{ slot: 0, bootId, epoch: 1, ask: 1 }] });
    bench.pass(1500);
    expect(acquire(bench, (one) => one.putPeer({ seq: 10 }))).toBe(1);
  });

  test('waits after each lapse again, and a keeper that is started again does not', () => {
    const bench = new Bench();
    bench.putPeer();
    bench.alive();
    bench.restart();
    bench.putPeer({ seq: 8, vouches: [] });
    bench.pass(1500);
    expect(bench.view().tokens[0]?.free).toBe(true);
    bench.io.lease = 'fail';
    bench.pass(9000);
    bench.io.lease = 'ok';
    bench.pass(4000);
    expect(bench.view()).toMatchObject({ phase: 'alive', epoch: 2 });
    expect(acquire(bench)).toBe('keeper.settling');
  });

  test('does not wait for a host that was never there in a new area', () => {
    expect(acquire(new Bench().alive())).toBe(1);
  });

  test('a change of the configuration waits for it', () => {
    const bench = new Bench();
    bench.putPeer({ vouches: [] });
    bench.alive();
    const id = bench.ask({
      kind: 'proposeConfig',
      config: { ...bench.config, generation: 2, disarmed: true },
    });
    bench.pass(2000);
    expect(bench.answer(id)).toBe(null);
    bench.putPeer({ seq: 8 });
    bench.pass(2000);
    expect(bench.answer(id)).toBe(2);
  });
});

describe('rule 15: beside a host that begins a new epoch', () => {
  const newcomer = { slot: 1, bootId: otherBootId, epoch: 3, ask: 0 };

  test('a host vouches once it has read its tokens again', () => {
    const bench = new Bench().running();
    expect(vouches(bench)).toEqual([]);
    bench.io.table = 'hang';
    bench.putPeer();
    bench.pass(5000);
    expect(vouches(bench)).toEqual([]);
    bench.io.table = 'ok';
    bench.settle();
    bench.pass(3000);
    expect(vouches(bench)).toEqual([newcomer]);
  });

  test('a read that was begun before does not count', () => {
    const bench = new Bench().running();
    bench.io.table = 'hang';
    bench.ask({ kind: 'note', token: 0, note: note({ restarts: 1 }) });
    bench.pass(100);
    bench.putPeer();
    bench.pass(1100);
    const [early] = bench.hanging.filter((effect) => effect.kind === 'read');
    bench.settle((effect) => effect === early);
    bench.pass(2500);
    expect(vouches(bench)).toEqual([]);
  });

  test('a host whose token the store has lost says it again first', () => {
    const bench = new Bench().alive();
    const before = new Map(bench.blocks);
    bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.pass(3000);
    const held = bench.state.held.get(0)?.generation;
    for (const block of bench.blocks.keys()) {
      // The own lease record, written over at once, does not show that the store went back.
      if (block !== leaseBlock(0)) bench.blocks.set(block, before.get(block) ?? new Uint8Array(BLOCK_BYTES));
    }
    bench.putPeer();
    for (let ms = 0; ms < 6000 && vouches(bench).length === 0; ms += 100) {
      bench.pass(100);
    }
    expect(vouches(bench)).toEqual([newcomer]);
    expect(bench.view().tokens[0]).toMatchObject({ mine: true, generation: (held ?? 0) + 1 });
    expect(bench.kinds('kill')).toEqual([]);
  });

  test('another life of the host is vouched for anew', () => {
    const bench = new Bench().running();
    bench.putPeer();
    bench.pass(3000);
    bench.io.table = 'hang';
    bench.putPeer({ epoch: 4 });
    bench.pass(2500);
    expect(vouches(bench)).toEqual([]);
  });
});
