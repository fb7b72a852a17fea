import { describe, expect, test } from 'vitest';
import { decodeLease, encodeLease, leaseBlock } from '../area.ts';
import { BLOCK_BYTES } from '../record.ts';
import { PROFILES } from '../timing.ts';
import { step } from './step.ts';
import { Bench } from './testing/bench.ts';
import { areaId, process } from './testing/fixtures.ts';
import type { KeeperEffect } from './types.ts';

const L = PROFILES.steady.loseAfterMs;
const MARGIN = 1000;

const ownLease = (bench: Bench) => {
  const decoded = decodeLease(bench.get(leaseBlock(0)), areaId, 0);
  return decoded.kind === 'record' ? decoded.value : null;
};
const writes = (effects: readonly KeeperEffect[]) => effects.filter((effect) => effect.kind === 'write');

describe('joining', () => {
  test('rule 5: nothing is written before the uptime has passed d, however healthy the store', () => {
    const bench = new Bench({ nowMs: 0 });
    bench.pass(2000);
    expect(writes(bench.take())).toEqual([]);
    bench.pass(4000);
    expect(writes(bench.take()).length).toBeGreaterThan(0);
    expect(bench.view().phase).toBe('alive');
  });

  test('rule 5: the own slot is watched for 3 P before the first write', () => {
    const bench = new Bench();
    bench.pass(2900);
    expect(writes(bench.take())).toEqual([]);
    bench.pass(3000);
    expect(bench.view()).toMatchObject({ phase: 'alive', epoch: 1 });
  });

  test('rule 5: a slot that somebody writes to while it is watched means a clone', () => {
    const bench = new Bench();
    const own = { ...bench.peerLease(), slot: 0, hardwareId: '0'.repeat(64), hostName: 'host0' };
    bench.put(leaseBlock(0), encodeLease(own));
    bench.pass(1500);
    bench.put(leaseBlock(0), encodeLease({ ...own, seq: own.seq + 1 }));
    bench.pass(8000);
    expect(bench.view()).toMatchObject({ phase: 'passive', phaseBecause: { code: 'keeper.clone' } });
    expect(writes(bench.take())).toEqual([]);
  });

  test('a clone that begins to write later stops the VMs of this host', () => {
    const bench = new Bench().running();
    const own = ownLease(bench);
    bench.put(leaseBlock(0), encodeLease({ ...bench.peerLease(), ...own, seq: 100_000 }));
    bench.pass(1500);
    expect(bench.view().phase).toBe('stopping');
    bench.processes = [process({ stopped: true })];
    bench.pass(300);
    bench.processes = [];
    bench.pass(300);
    expect(bench.view()).toMatchObject({ phase: 'passive', phaseBecause: { code: 'keeper.clone' } });
  });

  test('the epoch after a boot is above the one on the store, and above one a torn lease record has hidden', () => {
    const bench = new Bench();
    const own = { ...bench.peerLease(), slot: 0, hardwareId: '0'.repeat(64), hostName: 'host0', epoch: 6 };
    bench.put(leaseBlock(0), encodeLease(own));
    bench.alive();
    expect(bench.view().epoch).toBe(7);
    const torn = bench.get(leaseBlock(0));
    torn[700] = 1;
    const next = new Bench();
    for (const [block, bytes] of bench.blocks) {
      next.blocks.set(block, bytes);
    }
    next.put(leaseBlock(0), torn);
    next.alive();
    expect(next.view().epoch).toBe(8);
  });

  test('rule 15: an area of another group is never written to', () => {
    const bench = new Bench();
    bench.blocks.set(0, new Uint8Array(BLOCK_BYTES));
    bench.blocks.set(1, new Uint8Array(BLOCK_BYTES));
    bench.pass(8000);
    expect(writes(bench.take())).toEqual([]);
    expect(bench.view()).toMatchObject({ phase: 'waiting', phaseBecause: { code: 'store.area-missing' } });
  });
});

describe('the right to run', () => {
  test('rule 2: the lease counts from before the write was handed out, not from its answer', () => {
    const bench = new Bench().alive();
    bench.io.lease = 'hang';
    bench.pass(1000);
    const renewal = bench.hanging.find((effect) => effect.kind === 'write');
    const issuedMs = (renewal?.deadlineMs ?? 0) - L / 2;
    bench.pass(2500);
    bench.settle((effect) => effect === renewal);
    expect(bench.view().lastGoodMs).toBe(issuedMs);
    expect(bench.view().loseAtMs).toBe(issuedMs + L);
    expect(issuedMs).toBeLessThan(bench.nowMs - 2000);
  });

  test('a renewal that comes back after L revives nothing', () => {
    const bench = new Bench().running();
    bench.io.lease = 'hang';
    bench.pass(L - 300);
    expect(bench.view().phase).toBe('stopping');
    bench.nowMs += 1000;
    bench.settle();
    expect(bench.view().phase).toBe('stopping');
    expect(bench.state.burntEpoch).toBe(1);
  });

  test('rule 17: at L minus a margin the gate closes and the VMs are frozen, with nothing asked', () => {
    const bench = new Bench().running();
    bench.io.lease = 'fail';
    const goodMs = bench.view().lastGoodMs ?? 0;
    bench.pass(goodMs + L - MARGIN - bench.nowMs - 1);
    expect(bench.view().phase).toBe('alive');
    bench.take();
    bench.pass(100);
    const order = bench.take().map((effect) => effect.kind);
    expect(bench.view().phase).toBe('stopping');
    expect(order.indexOf('saveRun')).toBeLessThan(order.indexOf('gate'));
    expect(order.indexOf('gate')).toBeLessThan(order.indexOf('freeze'));
  });

  test('rule 7: the epoch is burnt in the run file before anything of a lapse is done', () => {
    const bench = new Bench().running();
    bench.io.lease = 'fail';
    bench.take();
    bench.pass(L);
    const effects = bench.take();
    const burnt = effects.findIndex((effect) => effect.kind === 'saveRun' && effect.file.burntEpoch === 1);
    const acted = effects.findIndex((effect) => effect.kind === 'freeze' || effect.kind === 'kill');
    expect(burnt).toBeGreaterThan(-1);
    expect(burnt).toBeLessThan(acted);
  });

  test('a keeper that was frozen lapses before it takes in anything else', () => {
    const bench = new Bench().running();
    bench.nowMs += L + 5000;
    const id = bench.ask({ kind: 'mayContinue', token: 0, generation: 1 });
    expect(bench.answer(id)).toBe('token.not-held');
    expect(bench.view().phase).toBe('stopping');
  });

  test('rule 6: a restarted keeper has the end of the lease that it had, and the tokens', () => {
    const bench = new Bench().running();
    const before = bench.view();
    bench.io.lease = 'hang';
    bench.pass(3000);
    bench.restart();
    bench.tick();
    const after = bench.view();
    expect(after).toMatchObject({ phase: 'alive', epoch: before.epoch });
    expect(after.loseAtMs ?? 0).toBeLessThanOrEqual(before.loseAtMs ?? 0);
    expect(after.tokens[0]?.mine).toBe(true);
    bench.pass((before.loseAtMs ?? 0) - MARGIN - bench.nowMs);
    expect(bench.view().phase).toBe('stopping');
  });

  test('rule 6: a keeper restarted after its lapse goes on stopping under the burnt epoch', () => {
    const bench = new Bench().running();
    bench.io.lease = 'fail';
    bench.pass(L);
    bench.restart();
    bench.io.lease = 'ok';
    bench.pass(300);
    expect(bench.view().phase).not.toBe('alive');
    expect(bench.state.burntEpoch).toBe(1);
  });

  test('a longer L is lived by only when it is acknowledged on the store', () => {
    const bench = new Bench().alive();
    const { config } = bench.view();
    bench.ask({
      kind: 'proposeConfig',
      config: { ...bench.config, ...config, profile: 'patient', generation: 2 },
    });
    bench.io.lease = 'hang';
    bench.pass(1500);
    const { lastGoodMs, loseAtMs } = bench.view();
    expect(bench.view().config?.profile).toBe('patient');
    expect((loseAtMs ?? 0) - (lastGoodMs ?? 0)).toBe(L);
    bench.io.lease = 'ok';
    bench.settle();
    bench.pass(3000);
    const later = bench.view();
    expect((later.loseAtMs ?? 0) - (later.lastGoodMs ?? 0)).toBe(PROFILES.patient.loseAfterMs);
  });

  test('another timing is promised only when no renewal with the old one is on its way', () => {
    const bench = new Bench().alive();
    bench.io.lease = 'hang';
    bench.pass(1000);
    bench.ask({ kind: 'proposeConfig', config: { ...bench.config, profile: 'patient', generation: 2 } });
    bench.pass(2000);
    const promised = bench.hanging
      .filter((effect) => effect.kind === 'write')
      .map((effect) => {
        const decoded = decodeLease(effect.data, areaId, 0);
        return decoded.kind === 'record' ? decoded.value.timing.loseAfterMs : 0;
      });
    expect(bench.view().config?.profile).toBe('patient');
    expect(new Set(promised)).toEqual(new Set([L]));
  });
});

test('the state passed in is not changed', () => {
  const bench = new Bench().running();
  const before = JSON.stringify(bench.state, stable);
  const { state } = bench;
  step(state, { kind: 'tick', nowMs: bench.nowMs + 30_000, scan: null });
  step(state, { kind: 'agent', nowMs: bench.nowMs, connected: false });
  expect(JSON.stringify(state, stable)).toBe(before);
});

function stable(_key: string, value: unknown): unknown {
  return value instanceof Map ? [...value] : value instanceof Uint8Array ? value.length : value;
}
