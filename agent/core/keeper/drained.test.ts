import { describe, expect, test } from 'vitest';
import { decodeLease, leaseBlock } from '../area.ts';
import { PROFILES } from '../timing.ts';
import { Bench } from './testing/bench.ts';
import { areaId, note, process, vm } from './testing/fixtures.ts';
import type { KeeperEffect } from './types.ts';

const MARGIN = 1000;

const writes = (effects: readonly KeeperEffect[]) => effects.filter((effect) => effect.kind === 'write');
const petLimits = (effects: readonly KeeperEffect[]) =>
  effects.flatMap((effect) => (effect.kind === 'pet' ? [effect.notAfterMs] : []));

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
    bench.putPeer();
    bench.pass(4000);
    expect(bench.view()).toMatchObject({ phase: 'alive', epoch: 2 });
    expect(bench.view().tokens[0]).toMatchObject({ mine: false, free: true, freeBecause: 'own-past' });
    const old = bench.ask({ kind: 'mayContinue', token: 0, generation: 1 });
    expect(bench.answer(old)).toBe('token.not-held');
    const id = bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.pass(300);
    bench.putPeer({ seq: 8 });
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

  test('rule 8: a process that came after the proven ones were killed must be seen stopped itself', () => {
    const bench = lapsed();
    bench.processes = [process({ stopped: true })];
    bench.hookStarts = [vm];
    bench.pass(100);
    bench.processes = [process({ pid: 5000, startTicks: 200 })];
    bench.pass(100);
    bench.hookStarts = [];
    bench.processes = [];
    bench.pass(3000);
    expect(bench.view().phase).toBe('condemned');
    expect(bench.state.drainedEpoch).toBe(0);
  });

  test('a VM is stopped on request so that it is proven drained, and can be released at once', () => {
    const bench = new Bench().running();
    const id = bench.ask({ kind: 'stop', token: 0, generation: 1 });
    bench.pass(200);
    expect(bench.answer(id)).toBeNull();
    expect(bench.kinds('kill')).toEqual([]);
    bench.processes = [process({ stopped: true })];
    bench.pass(100);
    expect(bench.kinds('kill')).toEqual([{ kind: 'kill', vms: [vm] }]);
    const resume = bench.ask({ kind: 'mayContinue', token: 0, generation: 1 });
    expect(bench.answer(resume)).toBe('token.not-held');
    bench.processes = [];
    bench.pass(100);
    expect(bench.answer(id)).toBe(1);
    const released = bench.ask({ kind: 'release', token: 0, note: note() });
    bench.pass(300);
    expect(bench.answer(released)).toBe(1);
  });
});

/** The store hangs, the guest is gone `afterMs` later, and the agent has libvirt's word for a clean end. */
const cleanEnd = (afterMs: number): Bench => {
  const bench = new Bench().running();
  bench.io = { lease: 'hang', table: 'hang' };
  bench.pass(afterMs);
  bench.processes = [];
  bench.ask({ kind: 'release', token: 0, note: note(), ended: 'clean' });
  return bench;
};

test('rule 8: a clean end counts also when the lease is lost before the token could be released', () => {
  const bench = cleanEnd(PROFILES.steady.renewEveryMs);
  bench.pass(9000);
  expect(bench.state.phase).toBe('drained');
});

test('rule 8: a word about a clean end does not count once the store hangs: the QEMU may have been killed with its writes', () => {
  const bench = cleanEnd(6300);
  bench.pass(9000);
  expect(bench.state.phase).toBe('condemned');
});

test('rule 8: a migrated QEMU had no writes under way, whatever the store does', () => {
  const bench = new Bench().running();
  bench.io = { lease: 'hang', table: 'hang' };
  bench.pass(6300);
  bench.processes = [];
  bench.ask({ kind: 'release', token: 0, note: note(), ended: 'migrated' });
  bench.pass(9000);
  expect(bench.state.phase).toBe('drained');
});

test('rule 8: a clean end is not believed of a QEMU that was gone before the store answered in time again', () => {
  const bench = new Bench().running();
  bench.io = { lease: 'hang', table: 'hang' };
  bench.pass(3000);
  bench.processes = [];
  bench.pass(300);
  bench.io = { lease: 'ok', table: 'ok' };
  bench.pass(1500);
  bench.ask({ kind: 'release', token: 0, note: note(), ended: 'clean' });
  bench.pass(200);
  expect(bench.state.presence.get(vm)?.present).toBe(false);
});

test('rule 8: a word about a clean end says nothing of a QEMU that is seen afterwards', () => {
  const bench = new Bench().running();
  bench.ask({ kind: 'release', token: 0, note: note(), ended: 'clean' });
  bench.pass(300);
  bench.processes = [];
  bench.pass(200);
  expect(bench.state.presence.get(vm)?.present).toBe(false);
});
