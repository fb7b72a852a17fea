import { describe, expect, test } from 'vitest';
import { configBlock, decodeConfigBlock, tokenBlock, CONFIG_BLOCKS } from '../area.ts';
import { BLOCK_BYTES } from '../record.ts';
import { readConfigs } from './sweep.ts';
import { Bench } from './testing/bench.ts';
import { areaId, note } from './testing/fixtures.ts';

const T = 21_500;
const configRead = (bench: Bench) => readConfigs(bench.get(configBlock(0, 0), 256), areaId);

describe('rule 15: a store that goes back in time', () => {
  const rolledBack = (hold: boolean) => {
    const bench = hold ? new Bench().running() : new Bench().alive();
    const before = new Map(bench.blocks);
    bench.pass(3000);
    return { bench, before };
  };

  test('is noticed by the own lease record; nothing is acquired for T', () => {
    const { bench, before } = rolledBack(false);
    bench.blocks.clear();
    for (const [block, bytes] of before) {
      bench.blocks.set(block, bytes);
    }
    bench.pass(1200);
    expect(bench.view().store.regressed).toBe(true);
    const id = bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.pass(300);
    expect(bench.answer(id)).toBe('store.regressed');
    bench.pass(T);
    expect(bench.view().store.regressed).toBe(false);
    const later = bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.pass(300);
    expect(bench.answer(later)).toBe(1);
  });

  test.each([false, true])(
    'a host that no watchdog resets must be heard again before anything is acquired (keeper restarted: %s)',
    (restarts) => {
      const bench = new Bench();
      bench.putPeer({ watchdog: 'none' });
      bench.alive();
      const before = new Map(bench.blocks);
      bench.pass(5000);
      for (const block of bench.blocks.keys()) {
        bench.blocks.set(block, before.get(block) ?? new Uint8Array(BLOCK_BYTES));
      }
      bench.pass(2 * T);
      if (restarts) {
        bench.restart();
        bench.pass(T);
      }
      // As many writes as can have been on their way when it came to a stand.
      for (let seq = 8; seq < 12; seq += 1) {
        bench.putPeer({ watchdog: 'none', seq });
        bench.pass(1500);
      }
      bench.pass(2 * T);
      expect(bench.codes()).toContain('store.regression-waits');
      expect(bench.view().store.regressed).toBe(true);
      for (let seq = 12; seq < 15; seq += 1) {
        bench.putPeer({ watchdog: 'none', seq });
        bench.pass(1500);
      }
      bench.pass(T);
      expect(bench.view().store.regressed).toBe(false);
    },
  );

  test('holders say again what they hold, at a higher generation, and the VM runs on', () => {
    const bench = new Bench().alive();
    const before = new Map(bench.blocks);
    bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.pass(3000);
    expect(bench.view().tokens[0]).toMatchObject({ mine: true, generation: 1 });
    for (const block of bench.blocks.keys()) {
      bench.blocks.set(block, before.get(block) ?? new Uint8Array(BLOCK_BYTES));
    }
    bench.pass(3000);
    expect(bench.codes()).toContain('store.regressed');
    expect(bench.codes()).toContain('token.reasserted');
    expect(bench.view().tokens[0]).toMatchObject({ mine: true, generation: 2 });
    expect(bench.kinds('kill')).toEqual([]);
  });

  test('a configuration that is gone is written again before the tokens, which are asserted once', () => {
    const bench = new Bench().running();
    const before = new Map(bench.blocks);
    bench.ask({ kind: 'proposeConfig', config: { ...bench.config, generation: 2, disarmed: true } });
    bench.pass(3000);
    expect(bench.view().config?.generation).toBe(2);
    for (const block of bench.blocks.keys()) {
      bench.blocks.set(block, before.get(block) ?? new Uint8Array(BLOCK_BYTES));
    }
    bench.take();
    bench.pass(10_000);
    expect(bench.codes()).toContain('config.reasserted');
    expect(bench.codes().filter((code) => code === 'token.reasserted').length).toBeLessThanOrEqual(3);
  });

  test('a decision that was seen and is gone is noticed, also by a keeper that was restarted since', () => {
    const bench = new Bench();
    bench.putPeer();
    bench.putPeerToken(4);
    bench.alive();
    bench.restart();
    bench.put(tokenBlock(0, 1, 0), new Uint8Array(BLOCK_BYTES));
    bench.pass(2000);
    expect(bench.view().store.regressed).toBe(true);
    bench.restart();
    expect(bench.view().store.regressed).toBe(true);
    const id = bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.pass(300);
    expect(bench.answer(id)).not.toBe(1);
  });

  test('nothing is written after a loss of the store before a read has come back', () => {
    const bench = new Bench().alive();
    bench.io.lease = 'fail';
    bench.pass(3000);
    bench.take();
    bench.io.lease = 'hang';
    bench.pass(2000);
    expect(bench.kinds('write')).toEqual([]);
    bench.io.lease = 'ok';
    bench.settle();
    bench.pass(1100);
    expect(bench.kinds('write').length).toBeGreaterThan(0);
    expect(bench.view().phase).toBe('alive');
  });

  test('a table read alone notices it as well', () => {
    const bench = new Bench().running();
    bench.put(tokenBlock(0, 0, 0), new Uint8Array(BLOCK_BYTES));
    bench.put(tokenBlock(0, 0, 1), new Uint8Array(BLOCK_BYTES));
    bench.putPeer({ tokensHint: 5 });
    bench.pass(2500);
    expect(bench.codes()).toContain('store.regressed');
    expect(bench.view().tokens[0]).toMatchObject({ mine: true, generation: 2 });
  });

  test('a host that never joined acquires nothing, however the area looks', () => {
    const bench = new Bench();
    bench.pass(1000);
    const id = bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.pass(100);
    expect(bench.answer(id)).toBe('keeper.not-alive');
  });

  test('a late renewal that lands over a newer one is not taken for it', () => {
    const bench = new Bench().alive();
    bench.io.lease = 'hang';
    bench.pass(1100);
    const [first] = bench.hanging.filter((effect) => effect.kind === 'write');
    bench.hanging = bench.hanging.filter((effect) => effect.kind === 'write');
    bench.io.lease = 'ok';
    bench.pass(4000);
    bench.settle((effect) => effect === first);
    bench.pass(1500);
    expect(bench.codes()).not.toContain('store.regressed');
  });

  test('nor are two that landed in the other order than they came back', () => {
    const bench = new Bench().alive();
    bench.io.lease = 'hang';
    bench.pass(1100);
    bench.settle((effect) => effect.kind === 'read');
    bench.pass(1000);
    bench.settle((effect) => effect.kind === 'read');
    const [older, newer] = bench.hanging.flatMap((effect) => (effect.kind === 'write' ? [effect] : []));
    bench.put(newer!.block, newer!.data);
    bench.put(older!.block, older!.data);
    for (const { id } of [older!, newer!]) {
      bench.input({ kind: 'io', nowMs: bench.nowMs, id, outcome: { kind: 'written' } });
    }
    bench.hanging = [];
    bench.pass(1100);
    bench.settle((effect) => effect.kind === 'read');
    expect(bench.codes()).not.toContain('store.regressed');
  });

  test('nor is it when it has come back, and a read shows it before the next renewal lands', () => {
    const bench = new Bench().alive();
    bench.io.lease = 'hang';
    bench.pass(1100);
    const [late] = bench.hanging.filter((effect) => effect.kind === 'write');
    bench.settle((effect) => effect.kind === 'read');
    bench.io.lease = 'ok';
    bench.pass(1500);
    bench.io.lease = 'hang';
    bench.settle((effect) => effect === late);
    bench.pass(1100);
    bench.settle((effect) => effect.kind === 'read');
    expect(bench.codes()).not.toContain('store.regressed');
  });
});

describe('rule 20: the configuration', () => {
  test('a change is decided on the own blocks, kept on disk, and promised in the next lease record', () => {
    const bench = new Bench().alive();
    const id = bench.ask({
      kind: 'proposeConfig',
      config: { ...bench.config, groupName: 'other', generation: 2 },
    });
    bench.pass(1500);
    expect(bench.answer(id)).toBe(2);
    expect(bench.kinds('saveConfig')).toMatchObject([{ config: { groupName: 'other', generation: 2 } }]);
    expect(configRead(bench).decided).toMatchObject({ groupName: 'other' });
    expect(bench.view().config?.groupName).toBe('other');
  });

  test('a change made on another state of things is refused', () => {
    const bench = new Bench().alive();
    const id = bench.ask({ kind: 'proposeConfig', config: { ...bench.config, generation: 3 } });
    bench.pass(500);
    expect(bench.answer(id)).toBe('config.stale');
    const foreign = { ...bench.config, generation: 2, areaId: 'ffffffff-ffff-4fff-8fff-ffffffffffff' };
    const other = bench.ask({ kind: 'proposeConfig', config: foreign });
    bench.pass(500);
    expect(bench.answer(other)).toBe('config.foreign');
  });

  test('a decided configuration that the store has lost is written down again', () => {
    const bench = new Bench().alive();
    bench.ask({ kind: 'proposeConfig', config: { ...bench.config, groupName: 'other', generation: 2 } });
    bench.pass(1500);
    for (const half of [0, 1] as const) {
      bench.put(configBlock(0, half), new Uint8Array(CONFIG_BLOCKS * BLOCK_BYTES));
    }
    bench.putPeer({ configHint: 5 });
    bench.pass(3000);
    expect(configRead(bench).decided).toMatchObject({ groupName: 'other', generation: 2 });
  });

  test('the epoch stands in the own configuration block before any lease record has it', () => {
    const bench = new Bench();
    let reserved = 0;
    for (let round = 0; round < 60; round += 1) {
      bench.pass(100);
      for (const effect of bench.take()) {
        if (effect.kind === 'write' && effect.block === 8) {
          expect(reserved).toBe(1);
        } else if (effect.kind === 'write') {
          const decoded = decodeConfigBlock(effect.data, areaId, 0);
          reserved = decoded.kind === 'record' ? decoded.value.epoch : 0;
        }
      }
    }
    expect(bench.view().phase).toBe('alive');
  });
});

test('a watchdog that cannot keep the promise W is not promised', () => {
  const bench = new Bench().alive();
  expect(bench.view().watchdog).toBe('armed');
  bench.input({ kind: 'watchdog', nowMs: bench.nowMs, state: 'armed', timeoutMs: 10_001, why: null });
  expect(bench.view().watchdog).toBe('none');
  bench.input({
    kind: 'watchdog',
    nowMs: bench.nowMs,
    state: 'armed',
    timeoutMs: null,
    why: 'not read back',
  });
  expect(bench.view().watchdog).toBe('none');
});

test('views are sent when something changed and once a second, not with every tick', () => {
  const bench = new Bench().alive();
  bench.pass(2000);
  bench.take();
  bench.pass(10_000);
  const views = bench.effects.filter((effect) => effect.kind === 'send' && effect.line.kind === 'view');
  expect(views.length).toBeGreaterThanOrEqual(9);
  expect(views.length).toBeLessThanOrEqual(12);
});
