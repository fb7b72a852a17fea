import { describe, expect, test } from 'vitest';
import { leaseBlock, decodeLease, encodeLease } from '../area.ts';
import { crc32c } from '../crc32c.ts';
import { PROFILES, quietAfterBootMs } from '../timing.ts';
import { Bench } from './testing/bench.ts';
import { areaId, benchConfig, note, process } from './testing/fixtures.ts';

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
