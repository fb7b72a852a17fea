import { describe, expect, test } from 'vitest';
import { decodeLease, encodeLease, leaseBlock } from '../area.ts';
import { BLOCK_BYTES } from '../record.ts';
import { PROFILES } from '../timing.ts';
import { step } from './step.ts';
import { Bench } from './testing/bench.ts';
import { areaId, note, process, vm } from './testing/fixtures.ts';
import type { KeeperEffect } from './types.ts';

const L = PROFILES.steady.loseAfterMs;
const MARGIN = 1000;

const ownLease = (bench: Bench) => {
  const decoded = decodeLease(bench.get(leaseBlock(0)), areaId, 0);
  return decoded.kind === 'record' ? decoded.value : null;
};
const writes = (effects: readonly KeeperEffect[]) => effects.filter((effect) => effect.kind === 'write');
const petLimits = (effects: readonly KeeperEffect[]) =>
  effects.flatMap((effect) => (effect.kind === 'pet' ? [effect.notAfterMs] : []));

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

describe('dead and drained', () => {
  const lapsed = () => {
    const bench = new Bench().running();
    bench.io.lease = 'fail';
    bench.pass((bench.view().loseAtMs ?? 0) - MARGIN - bench.nowMs + 100);
    expect(bench.view().phase).toBe('stopping');
    return bench;
  };

  test('rule 8: killed only after every thread was seen stopped, then told as drained', () => {
    const bench = lapsed();
    expect(bench.kinds('kill')).toEqual([]);
    bench.processes = [process({ stopped: true })];
    bench.pass(100);
    expect(bench.kinds('kill')).toEqual([{ kind: 'kill', vms: [vm] }]);
    bench.processes = [];
    bench.pass(100);
    expect(bench.view().phase).toBe('drained');
    const told = bench.effects.flatMap((effect) =>
      effect.kind === 'send' && effect.line.kind === 'toPeer' ? [effect.line.message] : [],
    );
    expect(told.at(-1)).toMatchObject({ kind: 'drained', epoch: 1 });
  });

  test('rule 8: a process that died without having been seen stopped is not drained, and the host condemns itself', () => {
    const bench = lapsed();
    bench.processes = [];
    bench.pass(3000);
    expect(bench.view().phase).toBe('condemned');
    expect(bench.state.drainedEpoch).toBe(0);
  });

  test('rule 10: no pet after L plus g unless all is confirmed dead and drained', () => {
    const bench = lapsed();
    const endMs = (bench.state.lapse?.endMs ?? 0) + PROFILES.steady.tickMs;
    bench.take();
    bench.pass(10_000);
    const limits = petLimits(bench.take());
    expect(Math.max(...limits)).toBe(endMs);
    expect(bench.view().phase).toBe('condemned');
    bench.pass(5000);
    expect(petLimits(bench.take())).toEqual([]);
  });

  test('rule 10: with everything drained the watchdog is petted on, and the host is not reset', () => {
    const bench = lapsed();
    bench.processes = [process({ stopped: true })];
    bench.pass(100);
    bench.processes = [];
    bench.pass(15_000);
    bench.take();
    bench.pass(1000);
    expect(petLimits(bench.take()).length).toBeGreaterThan(5);
  });

  test('rule 10: without a scan nothing is confirmed and nothing is petted', () => {
    const bench = lapsed();
    bench.processes = [];
    bench.scans = false;
    bench.pass(4000);
    bench.take();
    bench.pass(2000);
    expect(petLimits(bench.take())).toEqual([]);
  });

  test('rule 9: a start that the hook has let pass counts as a running QEMU', () => {
    const bench = lapsed();
    bench.processes = [process({ stopped: true })];
    bench.pass(100);
    bench.processes = [];
    bench.hookStarts = [vm];
    bench.pass(500);
    expect(bench.view().phase).toBe('stopping');
    bench.hookStarts = [];
    bench.pass(200);
    expect(bench.view().phase).toBe('drained');
  });

  test('rule 7: after the acknowledgement a new epoch is needed, and each token anew at a higher generation', () => {
    const bench = lapsed();
    bench.processes = [process({ stopped: true })];
    bench.pass(100);
    bench.processes = [];
    bench.pass(500);
    bench.io.lease = 'ok';
    bench.pass(4000);
    expect(bench.view()).toMatchObject({ phase: 'alive', epoch: 2 });
    expect(bench.view().tokens[0]).toMatchObject({ mine: false, free: true, freeBecause: 'own-past' });
    const old = bench.ask({ kind: 'mayContinue', token: 0, generation: 1 });
    expect(bench.answer(old)).toBe('token.not-held');
    const id = bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.pass(300);
    expect(bench.answer(id)).toBe(2);
  });

  test('the store is told "drained" before the new epoch begins', () => {
    const bench = lapsed();
    bench.processes = [process({ stopped: true })];
    bench.pass(100);
    bench.processes = [];
    bench.pass(300);
    bench.take();
    bench.io.lease = 'ok';
    bench.pass(4000);
    const told = writes(bench.take())
      .filter((effect) => effect.kind === 'write' && effect.block === leaseBlock(0))
      .map((effect) => (effect.kind === 'write' ? decodeLease(effect.data, areaId, 0) : null))
      .map((decoded) => (decoded?.kind === 'record' ? `${decoded.value.epoch} ${decoded.value.state}` : ''));
    expect(told[0]).toBe('1 drained');
    expect(told.at(-1)).toBe('2 alive');
  });

  test('a QEMU of a protected VM without its token is killed', () => {
    const bench = new Bench().alive();
    bench.putPeer();
    bench.putPeerToken(1);
    bench.pass(1500);
    bench.take();
    bench.processes = [process()];
    bench.pass(200);
    expect(bench.codes()).toContain('vm.stray-killed');
    expect(bench.kinds('freeze')).not.toEqual([]);
  });

  test('a VM whose token was never decided is left alone: its adoption is under way', () => {
    const bench = new Bench().alive();
    bench.processes = [process()];
    bench.pass(2000);
    expect(bench.kinds('freeze')).toEqual([]);
    const id = bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.pass(300);
    expect(bench.answer(id)).toBe(1);
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
