import { describe, expect, test } from 'vitest';
import {
  areaHeaderBlocks,
  configBlock,
  decodeLease,
  encodeConfigBlock,
  encodeLease,
  leaseBlock,
} from '../area.ts';
import { crc32c } from '../crc32c.ts';
import { PROFILES, quietAfterBootMs } from '../timing.ts';
import { Bench } from './testing/bench.ts';
import { areaId, benchConfig, note, process, vm } from './testing/fixtures.ts';

/** Parts of the rules that no test of the module that keeps them would miss: each was seen to fail without its rule. */

const T = 21_500;
const HEADER_BYTES = 16;

/** The same record, as a newer version of the product would have written it: valid, with a greater layout number. */
function newer(record: Uint8Array): Uint8Array {
  const bytes = record.slice();
  const view = new DataView(bytes.buffer);
  view.setUint16(4, view.getUint16(4) + 1);
  const payloadEnd = HEADER_BYTES + view.getUint32(8);
  view.setUint32(12, crc32c(bytes, HEADER_BYTES, payloadEnd, crc32c(bytes, 0, 12)));
  return bytes;
}

describe('rule 3', () => {
  test('another configuration starts T again', () => {
    const bench = new Bench();
    bench.putPeer();
    bench.putPeerToken(4);
    bench.alive();
    bench.pass(T - 9000);
    const id = bench.ask({ kind: 'proposeConfig', config: benchConfig({ generation: 2 }) });
    bench.pass(500);
    expect(bench.answer(id)).toBe(2);
    bench.pass(8000);
    expect(bench.view().peers[0]?.deadBecause).not.toBe('time');
    bench.pass(T);
    expect(bench.view().peers[0]?.deadBecause).toBe('time');
  });
});

describe('rule 4', () => {
  test('a record torn inside its text is unreadable', () => {
    const bench = new Bench();
    const old = encodeLease(bench.peerLease({ seq: 11, hostName: 'a'.repeat(60) }));
    const torn = encodeLease(bench.peerLease({ seq: 12, hostName: 'b'.repeat(60) }));
    const middle =
      HEADER_BYTES + String.fromCharCode(...torn.subarray(HEADER_BYTES)).indexOf('b'.repeat(60)) + 14;
    torn.set(old.subarray(middle), middle);
    expect(decodeLease(torn, areaId, 1).kind).toBe('unreadable');
  });

  test('beside a host with a newer layout nothing is acquired', () => {
    const bench = new Bench().alive();
    bench.put(leaseBlock(1), newer(encodeLease(bench.peerLease())));
    bench.pass(1200);
    const id = bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.pass(300);
    expect(bench.answer(id)).toBe('store.area-newer');
  });

  test('an area with a newer layout is written no more, and the VMs here are stopped', () => {
    const bench = new Bench().running();
    for (const block of [0, 1]) {
      bench.put(block, newer(bench.get(block)));
    }
    bench.pass(1200);
    expect(bench.view().phase).toBe('stopping');
    bench.take();
    bench.processes = [process({ stopped: true })];
    bench.pass(300);
    bench.processes = [];
    bench.pass(2000);
    expect(bench.view().phase).toBe('passive');
    expect(bench.kinds('write')).toEqual([]);
  });
});

test('rule 5: nothing is written before d of uptime, also when the slot was watched for long enough', () => {
  const bench = new Bench({ nowMs: 0, config: benchConfig({ profile: 'swift' }) });
  expect(3 * PROFILES.swift.renewEveryMs).toBeLessThan(quietAfterBootMs(PROFILES.swift));
  bench.pass(Math.floor(quietAfterBootMs(PROFILES.swift)));
  expect(bench.kinds('write')).toEqual([]);
  bench.pass(1000);
  expect(bench.kinds('write').length).toBeGreaterThan(0);
});

describe('rule 9', () => {
  test('no new epoch begins while a start that the hook has let pass is in flight', () => {
    const bench = new Bench();
    bench.putPeer();
    bench.putPeerToken(4);
    bench.hookStarts = [vm];
    bench.pass(8000);
    expect(bench.view()).toMatchObject({ phase: 'waiting', epoch: 0 });
    bench.hookStarts = [];
    bench.pass(1500);
    expect(bench.view().phase).toBe('alive');
  });

  test('a start that the agent has begun counts as a running QEMU', () => {
    const bench = new Bench().alive();
    bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.pass(300);
    bench.ask({ kind: 'beginStart', token: 0, generation: 1 });
    const id = bench.ask({ kind: 'leave' });
    bench.pass(20_000);
    expect(bench.answer(id)).toBe('keeper.not-empty');
    expect(bench.view().phase).toBe('alive');
  });
});

test('rule 15: an area that carries the name of another group is never written to', () => {
  const bench = new Bench();
  const foreign = { areaId, groupId: vm, blockBytes: 4096, hostSlots: 8, tokenSlots: 64 } as const;
  bench.put(0, areaHeaderBlocks(foreign));
  bench.pass(8000);
  expect(bench.kinds('write')).toEqual([]);
  expect(bench.view()).toMatchObject({ phase: 'waiting', phaseBecause: { code: 'store.area-foreign' } });
});

test('rule 20: a configuration that another host may have had chosen is adopted, and the own one refused', () => {
  const bench = new Bench().alive();
  const chosen = { ...bench.config, generation: 2, groupName: 'theirs' };
  const paxos = { instance: 2, mbal: 9, bal: 9, inp: chosen };
  const block = { areaId, slot: 1, epoch: 3, writeSeq: 1, paxos, decided: bench.config };
  bench.put(configBlock(1, 0), encodeConfigBlock(block));
  const id = bench.ask({ kind: 'proposeConfig', config: { ...chosen, groupName: 'ours' } });
  bench.pass(1500);
  expect(bench.answer(id)).toBe('config.stale');
  expect(bench.view().config?.groupName).toBe('theirs');
});
