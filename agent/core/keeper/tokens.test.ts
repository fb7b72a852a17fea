import { describe, expect, test } from 'vitest';
import { decodeTokenBlock, tokenBlock } from '../area.ts';
import { readPair } from '../pair.ts';
import { AGENT_ABSENCE_MS } from './rights.ts';
import { Bench } from './testing/bench.ts';
import { areaId, note, process, vm } from './testing/fixtures.ts';

const ownBlock = (bench: Bench) => {
  const half = (which: 0 | 1) => decodeTokenBlock(bench.get(tokenBlock(0, 0, which)), areaId, 0, 0);
  const pair = readPair(half(0), half(1));
  return pair.kind === 'record' ? pair.value : null;
};
const openGates = (bench: Bench) => {
  const gate = bench.effects.findLast((effect) => effect.kind === 'gate');
  return gate?.kind === 'gate' ? gate.open : null;
};

describe('starting', () => {
  test('rule 19: the gate is open only for a held token, until shortly before the lease ends', () => {
    const bench = new Bench().alive();
    bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.pass(300);
    const [entry] = openGates(bench) ?? [];
    expect(entry).toMatchObject({ vm, epoch: 1, generation: 1 });
    expect(entry?.notAfterMs).toBeLessThanOrEqual((bench.view().loseAtMs ?? 0) - 1000);
    bench.pass(4000);
    expect(openGates(bench)?.[0]?.notAfterMs).toBeGreaterThan(bench.nowMs);
  });

  test('a start is registered in the run file before the answer', () => {
    const bench = new Bench().alive();
    bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.pass(300);
    bench.take();
    const id = bench.ask({ kind: 'beginStart', token: 0, generation: 1 });
    expect(bench.answer(id)).toBe(1);
    const kinds = bench.take().map((effect) => effect.kind);
    expect(kinds.indexOf('saveRun')).toBeLessThan(kinds.indexOf('send'));
    expect(bench.runFile?.pendingStarts).toMatchObject([{ token: 0 }]);
    expect(bench.view().pendingStarts).toEqual([0]);
  });

  test('a start is refused for another generation, and while a QEMU of the VM is there', () => {
    const bench = new Bench().running();
    const other = bench.ask({ kind: 'beginStart', token: 0, generation: 2 });
    const again = bench.ask({ kind: 'beginStart', token: 0, generation: 1 });
    expect(bench.answer(other)).toBe('token.not-held');
    expect(bench.answer(again)).toBe('vm.already-there');
  });

  test('rule 23: whether a VM may continue is decided by the clock at that instant', () => {
    const bench = new Bench().running();
    const now = bench.ask({ kind: 'mayContinue', token: 0, generation: 1 });
    expect(bench.answer(now)).toBe(1);
    bench.nowMs = (bench.view().loseAtMs ?? 0) - 1000;
    const late = bench.ask({ kind: 'mayContinue', token: 0, generation: 1 });
    expect(bench.answer(late)).toBe('token.not-held');
  });
});

describe('releasing', () => {
  test('a release is refused while the QEMU is there', () => {
    const bench = new Bench().running();
    const id = bench.ask({ kind: 'release', token: 0, note: note({ desired: 'stopped' }) });
    bench.pass(2000);
    expect(openGates(bench)).toEqual([]);
    expect(bench.answer(id)).toBeNull();
    bench.pass(15_000);
    expect(bench.answer(id)).toBe('token.still-running');
    expect(openGates(bench)?.length).toBe(1);
  });

  test('rule 7: the generation is burnt in the run file before the note is written', () => {
    const bench = new Bench().running();
    bench.processes = [];
    bench.pass(5000);
    bench.take();
    const id = bench.ask({
      kind: 'release',
      token: 0,
      note: note({ desired: 'stopped', reason: 'vm.stopped' }),
    });
    bench.pass(500);
    expect(bench.answer(id)).toBe(1);
    const effects = bench.take();
    const burnt = effects.findIndex(
      (effect) => effect.kind === 'saveRun' && effect.file.burntGenerations[0]?.generation === 1,
    );
    const written = effects.findIndex((effect) => effect.kind === 'write' && effect.lane === 'table');
    expect(burnt).toBeGreaterThan(-1);
    expect(burnt).toBeLessThan(written);
    expect(ownBlock(bench)?.note).toMatchObject({ generation: 1, released: true, reason: 'vm.stopped' });
    expect(bench.view().tokens[0]).toMatchObject({ mine: false, free: true, freeBecause: 'released' });
    expect(bench.state.gate).toEqual([]);
  });

  test('rule 7: a released token runs here again only at a higher generation', () => {
    const bench = new Bench().running();
    bench.processes = [];
    bench.pass(5000);
    bench.ask({ kind: 'release', token: 0, note: note() });
    bench.pass(500);
    const old = bench.ask({ kind: 'beginStart', token: 0, generation: 1 });
    expect(bench.answer(old)).toBe('token.not-held');
    const id = bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.pass(500);
    expect(bench.answer(id)).toBe(2);
  });

  test('rule 8: after a crash the release waits until the last writes have had their time, after a clean end not', () => {
    const crashed = new Bench().running();
    crashed.processes = [];
    crashed.pass(200);
    const waits = crashed.ask({ kind: 'release', token: 0, note: note() });
    crashed.pass(1500);
    expect(crashed.answer(waits)).toBeNull();
    crashed.pass(3500);
    expect(crashed.answer(waits)).toBe(1);
    const clean = new Bench().running();
    clean.processes = [];
    clean.pass(200);
    const id = clean.ask({ kind: 'release', token: 0, note: note(), ended: 'clean' });
    clean.pass(500);
    expect(clean.answer(id)).toBe(1);
  });

  test('only a scan begun after the request counts', () => {
    const bench = new Bench().running();
    bench.processes = [];
    bench.pass(4000);
    bench.scans = false;
    const id = bench.ask({ kind: 'release', token: 0, note: note() });
    bench.pass(1000);
    expect(bench.answer(id)).toBeNull();
    bench.scans = true;
    bench.pass(500);
    expect(bench.answer(id)).toBe(1);
  });

  test('a release whose note did not reach the store is written later, and nothing runs meanwhile', () => {
    const bench = new Bench().running();
    bench.processes = [];
    bench.pass(4000);
    bench.io.table = 'fail';
    const id = bench.ask({ kind: 'release', token: 0, note: note({ reason: 'vm.stopped' }) });
    bench.pass(500);
    expect(bench.answer(id)).toBe('store.io-failed');
    expect(bench.view().tokens[0]?.mine).toBe(false);
    const start = bench.ask({ kind: 'beginStart', token: 0, generation: 1 });
    expect(bench.answer(start)).toBe('token.not-held');
    bench.io.table = 'ok';
    bench.pass(3000);
    expect(ownBlock(bench)?.note).toMatchObject({ released: true, reason: 'vm.stopped' });
  });

  test('the holder rewrites its note, and a rewrite never releases', () => {
    const bench = new Bench().running();
    const id = bench.ask({ kind: 'note', token: 0, note: note({ desired: 'stopped', released: true }) });
    bench.pass(300);
    expect(bench.answer(id)).toBe(1);
    expect(ownBlock(bench)?.note).toMatchObject({ desired: 'stopped', released: false });
    expect(bench.view().tokens[0]).toMatchObject({ mine: true, note: { desired: 'stopped' } });
  });
});

describe('on its own', () => {
  test('rule 21: an agent that stays away gives up what does not run, and nothing else', () => {
    const bench = new Bench().running();
    bench.input({ kind: 'agent', nowMs: bench.nowMs, connected: false });
    bench.pass(AGENT_ABSENCE_MS + 2000);
    expect(bench.view().tokens[0]?.mine).toBe(true);
    bench.processes = [];
    bench.pass(6000);
    expect(bench.view().tokens[0]?.mine).toBe(false);
    expect(ownBlock(bench)?.note).toMatchObject({ released: true, reason: 'keeper.agent-absent' });
  });

  test('rule 21: not while an agent is there, nor for a VM that is meant to be stopped', () => {
    const bench = new Bench().running();
    bench.processes = [];
    bench.pass(AGENT_ABSENCE_MS + 6000);
    expect(bench.view().tokens[0]?.mine).toBe(true);
    bench.ask({ kind: 'note', token: 0, note: note({ desired: 'stopped' }) });
    bench.input({ kind: 'agent', nowMs: bench.nowMs, connected: false });
    bench.pass(AGENT_ABSENCE_MS + 6000);
    expect(bench.view().tokens[0]?.mine).toBe(true);
  });

  test('rule 22: seeing a higher generation of another host kills the own VM, loudly', () => {
    const bench = new Bench().running();
    bench.putPeer({ tokensHint: 9 });
    bench.putPeerToken(2);
    bench.pass(1500);
    expect(bench.codes()).toContain('token.double-holder');
    expect(bench.kinds('freeze')).not.toEqual([]);
    expect(bench.view().tokens[0]?.mine).toBe(false);
    expect(openGates(bench)).toEqual([]);
    bench.processes = [process({ stopped: true })];
    bench.pass(200);
    expect(bench.kinds('kill')).not.toEqual([]);
    expect(bench.view().phase).toBe('alive');
  });

  test('a VM that leaves the configuration is given up once every host knows, while it runs', () => {
    const bench = new Bench().running();
    bench.putPeer();
    bench.pass(1500);
    const id = bench.ask({ kind: 'proposeConfig', config: { ...bench.config, vms: [], generation: 2 } });
    bench.pass(1500);
    expect(bench.answer(id)).toBe(2);
    expect(ownBlock(bench)?.note?.released).toBe(false);
    bench.putPeer({ configGeneration: 2, seq: 8 });
    bench.pass(2500);
    expect(ownBlock(bench)?.note).toMatchObject({ released: true, reason: 'vm.unprotected' });
    expect(bench.state.held.size).toBe(0);
    expect(bench.kinds('kill')).toEqual([]);
    expect(bench.kinds('freeze')).toEqual([]);
  });

  test('requests beyond the bound are refused, not kept', () => {
    const bench = new Bench().running();
    bench.io.table = 'hang';
    const ids = Array.from({ length: 140 }, () => bench.ask({ kind: 'note', token: 0, note: note() }));
    expect(ids.map((id) => bench.answer(id)).filter((answer) => answer === 'keeper.busy').length).toBe(11);
    expect(bench.state.requests.length).toBe(128);
  });
});

describe('leaving', () => {
  test('rule 11: refused while a protected VM runs; the watchdog stays', () => {
    const bench = new Bench().running();
    const id = bench.ask({ kind: 'leave' });
    bench.pass(16_000);
    expect(bench.answer(id)).toBe('keeper.not-empty');
    expect(bench.kinds('disarmWatchdog')).toEqual([]);
    expect(bench.view().phase).toBe('alive');
  });

  test('rule 11: the record says so before the watchdog is disarmed, and the epoch is burnt before that', () => {
    const bench = new Bench().running();
    bench.processes = [];
    bench.pass(4000);
    bench.take();
    const id = bench.ask({ kind: 'leave' });
    bench.pass(1000);
    expect(bench.answer(id)).toBe(0);
    expect(bench.view().phase).toBe('left');
    const effects = bench.take();
    const burnt = effects.findIndex((effect) => effect.kind === 'saveRun' && effect.file.burntEpoch === 1);
    const written = effects.findLastIndex((effect) => effect.kind === 'write' && effect.lane === 'lease');
    const disarmed = effects.findIndex((effect) => effect.kind === 'disarmWatchdog');
    expect(burnt).toBeLessThan(written);
    expect(written).toBeLessThan(disarmed);
    bench.pass(3000);
    expect(bench.kinds('pet')).toEqual([]);
  });

  test('right after a VM was unprotected its token is given up on the way out, and the VM goes on', () => {
    const bench = new Bench().running();
    bench.putPeer();
    bench.pass(1500);
    bench.ask({ kind: 'proposeConfig', config: { ...bench.config, vms: [], generation: 2 } });
    bench.pass(1000);
    const id = bench.ask({ kind: 'leave' });
    bench.putPeer({ configGeneration: 2, seq: 8 });
    bench.pass(6000);
    expect(bench.answer(id)).toBe(0);
    expect(ownBlock(bench)?.note).toMatchObject({ released: true, reason: 'vm.unprotected' });
    expect([...bench.kinds('kill'), ...bench.kinds('freeze')]).toEqual([]);
  });
});

test('a keeper that is started again says that it has not read the note of a token it holds, until it has', () => {
  const bench = new Bench().running();
  bench.io.table = 'hang';
  bench.restart();
  bench.pass(200);
  expect(bench.view().tokens[0]).toMatchObject({ mine: true, note: null, unread: true });
  bench.io.table = 'ok';
  bench.restart();
  bench.pass(1000);
  expect(bench.view().tokens[0]).toMatchObject({ mine: true, note: { desired: 'running' } });
  expect(bench.view().tokens[0]).not.toHaveProperty('unread');
});
