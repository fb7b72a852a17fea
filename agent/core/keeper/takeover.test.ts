import { describe, expect, test } from 'vitest';
import { decodeTokenBlock, leaseBlock, tokenBlock } from '../area.ts';
import type { HolderNote } from '../../protocol/store.ts';
import { BLOCK_BYTES } from '../record.ts';
import { PROFILES } from '../timing.ts';
import { Bench } from './testing/bench.ts';
import { areaId, benchConfig, note, process, vm } from './testing/fixtures.ts';

const T = 21_500;

/** Host 1 holds token 0 and has died just now. */
function victim(bench = new Bench()): Bench {
  bench.putPeer();
  bench.putPeerToken(4);
  return bench.alive();
}

test('I6: a token is not taken by a note that the holder has changed since', () => {
  const bench = victim();
  bench.pass(22_000);
  const ask = (seen: HolderNote | null) => {
    const id = bench.ask({ kind: 'acquire', token: 0, note: note(), seen });
    bench.pass(300);
    return bench.answer(id);
  };
  const before = bench.view().tokens[0]?.note ?? null;
  bench.putPeerToken(4, { writeSeq: 6, note: note({ generation: 4, desired: 'stopped' }) });
  expect(ask(before)).toBe('token.changed');
  expect(ask(bench.view().tokens[0]?.note ?? null)).toBe(5);
});

function acquire(bench: Bench, passMs = 300): number | string | null {
  const id = bench.ask({ kind: 'acquire', token: 0, note: note() });
  bench.pass(passMs);
  return bench.answer(id);
}

describe('taking a token', () => {
  test('a token of a host that lives is refused', () => {
    expect(acquire(victim())).toBe('token.not-free');
  });

  test('rule 3: after T, and not before, the token is given', () => {
    const bench = victim();
    bench.pass(T - 7000);
    expect(acquire(bench)).toBe('token.not-free');
    bench.pass(7000);
    expect(bench.view().tokens[0]).toMatchObject({ free: true, freeBecause: 'dead' });
    expect(acquire(bench)).toBe(5);
    expect(bench.view().tokens[0]).toMatchObject({ mine: true, generation: 5 });
  });

  test('rule 3: a failed or late read of the leases starts T again', () => {
    for (const mode of ['fail', 'hang'] as const) {
      const bench = victim();
      bench.pass(T - 9000);
      bench.io.lease = mode;
      bench.pass(mode === 'fail' ? 1000 : 3200);
      bench.io.lease = 'ok';
      bench.hanging = [];
      bench.pass(8000);
      expect(bench.view().phase).toBe('alive');
      expect(bench.view().peers[0]?.deadBecause).not.toBe('time');
    }
  });

  test('rule 14: the leases are read after the token, and a read begun before does not count', () => {
    const bench = victim();
    bench.pass(T + 2000);
    bench.io.lease = 'hang';
    bench.pass(1000);
    const early = bench.hanging.filter((effect) => effect.kind === 'read').map((effect) => effect.id);
    expect(early.length).toBe(1);
    const id = bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.settle((effect) => early.includes(effect.id));
    expect(bench.answer(id)).toBeNull();
    const leaseReads = bench.hanging.filter((effect) => effect.kind === 'read');
    expect(leaseReads.length).toBe(1);
    bench.io.lease = 'ok';
    bench.settle();
    bench.pass(300);
    expect(bench.answer(id)).toBe(5);
  });

  test('rule 12: a block that cannot be validated stops an acquisition', () => {
    const bench = victim();
    bench.put(tokenBlock(0, 1, 0), new Uint8Array(BLOCK_BYTES).fill(9));
    bench.put(tokenBlock(0, 1, 1), new Uint8Array(BLOCK_BYTES).fill(9));
    bench.pass(T + 2000);
    expect(acquire(bench)).toBe('token.unreadable');
    expect(bench.view().tokens[0]?.unreadable).toBe(true);
  });

  test('a value that another host may have had chosen is adopted, and the request refused', () => {
    const bench = victim();
    const value = { vm, holder: 1, holderEpoch: 3, target: null };
    bench.putPeerToken(4, {
      paxos: { instance: 5, mbal: 9, bal: 9, inp: value },
      note: note({ generation: 4, released: true, releasedTo: 0 }),
    });
    bench.pass(1500);
    expect(acquire(bench)).toBe('token.taken');
    expect(bench.view().tokens[0]).toMatchObject({ mine: false, generation: 5 });
  });

  test('a released token is given at once', () => {
    const bench = victim();
    bench.putPeerToken(4, { note: note({ generation: 4, released: true, releasedTo: 0 }) });
    expect(acquire(bench)).toBe(5);
  });

  test('a release of an earlier generation is no release', () => {
    const bench = victim();
    bench.putPeerToken(4, { note: note({ generation: 3, released: true, releasedTo: 0 }) });
    expect(acquire(bench)).toBe('token.not-free');
  });

  test('a token in migration is free only when both of its holders are out', () => {
    const bench = victim(new Bench({ config: { ...benchConfig(), hosts: threeHosts() } }));
    const value = { vm, holder: 1, holderEpoch: 3, target: { slot: 2, epoch: 1 } };
    bench.putPeerToken(4, {
      decided: { generation: 4, value },
      paxos: { instance: 4, mbal: 1, bal: 1, inp: value },
    });
    bench.pass(T + 3000);
    expect(acquire(bench)).toBe('token.not-free');
    const message = { kind: 'drained', epoch: 1, hardwareId: '2'.repeat(64) } as const;
    bench.ask({ kind: 'fromPeer', from: 2, message });
    expect(acquire(bench)).toBe(5);
  });

  test('rule 11: a token marked not takeable is not taken by time, but by a proof', () => {
    const bench = victim();
    bench.putPeerToken(4, { note: note({ generation: 4, notTakeable: true }) });
    bench.pass(T + 3000);
    expect(acquire(bench)).toBe('token.not-free');
    const message = { kind: 'drained', epoch: 3, hardwareId: '1'.repeat(64) } as const;
    bench.ask({ kind: 'fromPeer', from: 1, message });
    expect(acquire(bench)).toBe(5);
  });

  test('a disarmed group takes nothing by time', () => {
    const bench = victim(new Bench({ config: { ...benchConfig(), disarmed: true } }));
    bench.pass(T + 3000);
    expect(acquire(bench)).toBe('token.not-free');
  });

  test('a drained message of other hardware, or of a host that is not configured, proves nothing', () => {
    const bench = victim();
    const message = { kind: 'drained', epoch: 3, hardwareId: '7'.repeat(64) } as const;
    bench.ask({ kind: 'fromPeer', from: 1, message });
    bench.ask({ kind: 'fromPeer', from: 5, message: { ...message, hardwareId: '1'.repeat(64) } });
    expect(acquire(bench)).toBe('token.not-free');
  });

  test('the grant needs a lease that holds at the end', () => {
    const bench = victim();
    bench.pass(T + 3000);
    bench.io.table = 'hang';
    const id = bench.ask({ kind: 'acquire', token: 0, note: note() });
    for (let round = 0; round < 5; round += 1) {
      bench.settle();
    }
    expect(bench.hanging.map((effect) => effect.kind)).toEqual(['write']);
    bench.nowMs += PROFILES.steady.loseAfterMs;
    bench.settle();
    expect(bench.answer(id)).toBe('keeper.lease-lost');
    expect(bench.view().phase).toBe('stopping');
    expect(bench.view().tokens[0]?.mine).toBe(false);
  });

  test('nor is anything granted when the store is found to have gone back in time meanwhile', () => {
    const bench = victim();
    const before = bench.get(leaseBlock(0));
    bench.pass(T + 3000);
    bench.io.table = 'hang';
    const id = bench.ask({ kind: 'acquire', token: 0, note: note() });
    for (let round = 0; round < 5; round += 1) {
      bench.settle();
    }
    bench.put(leaseBlock(0), before);
    bench.pass(1100);
    expect(bench.view().store.regressed).toBe(true);
    bench.settle();
    expect(bench.answer(id)).toBe('keeper.not-alive');
    expect(bench.view().tokens[0]?.mine).toBe(false);
  });

  test('a VM whose token may have been decided for this host is stopped with the lease', () => {
    const bench = new Bench().alive();
    bench.processes = [process()];
    bench.pass(300);
    bench.io.table = 'hang';
    bench.ask({ kind: 'acquire', token: 0, note: note() });
    for (let round = 0; round < 3; round += 1) {
      bench.settle();
    }
    expect(bench.hanging.map((effect) => effect.kind)).toEqual(['write']);
    expect(bench.runFile?.held[0]).toMatchObject({ claim: true, generation: 1 });
    bench.io.lease = 'fail';
    bench.take();
    bench.pass(PROFILES.steady.loseAfterMs);
    expect(bench.kinds('freeze')).not.toEqual([]);
    expect(bench.kinds('kill')).not.toEqual([]);
  });
});

describe('rule 13: one exclusive write at a time, for the whole boot', () => {
  const hung = () => {
    const bench = victim();
    bench.putPeerToken(4, { note: note({ generation: 4, released: true, releasedTo: 0 }) });
    bench.io.table = 'hang';
    const id = bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.settle();
    bench.pass(5000);
    expect(bench.answer(id)).toBe('store.io-failed');
    return bench;
  };

  test('a block whose write has not come back is not written again', () => {
    const bench = hung();
    bench.io.table = 'ok';
    expect(acquire(bench)).toBe('token.write-pending');
    bench.settle();
    bench.pass(300);
    expect(acquire(bench)).toBe(5);
  });

  test('nor by a restarted keeper, until the outcome is told by its number', () => {
    const bench = hung();
    const write = bench.hanging.find((effect) => effect.kind === 'write');
    bench.restart();
    bench.io.table = 'ok';
    bench.pass(1500);
    expect(acquire(bench)).toBe('token.write-pending');
    bench.input({
      kind: 'io',
      nowMs: bench.nowMs,
      id: write?.id ?? 0,
      outcome: { kind: 'failed', error: 'aborted' },
    });
    bench.pass(300);
    expect(acquire(bench)).toBe(5);
  });

  test('a decision that stands in the own block is a grant, though its write never came back', () => {
    const bench = victim();
    bench.putPeerToken(4, { note: note({ generation: 4, released: true, releasedTo: 0 }) });
    bench.io.table = 'hang';
    bench.ask({ kind: 'acquire', token: 0, note: note() });
    const writes = () => bench.hanging.filter((effect) => effect.kind === 'write');
    const decides = () =>
      writes().some(({ data }) => {
        const block = decodeTokenBlock(data, areaId, 0, 0);
        return block.kind === 'record' && block.value.decided?.generation === 5;
      });
    while (!decides()) bench.settle();
    for (const { block, data } of writes()) bench.put(block, data);
    bench.pass(6000);
    bench.io.table = 'ok';
    expect(acquire(bench)).toBe(5);
    expect(bench.view().tokens[0]).toMatchObject({ mine: true, generation: 5 });
  });

  test('the write is in the run file before it is handed out', () => {
    const bench = victim();
    bench.putPeerToken(4, { note: note({ generation: 4, released: true, releasedTo: 0 }) });
    bench.take();
    acquire(bench);
    let known = new Set<number>();
    for (const effect of bench.take()) {
      if (effect.kind === 'saveRun') {
        known = new Set(effect.file.unreturned.map((write) => write.id));
      } else if (effect.kind === 'write') {
        expect(known.has(effect.id)).toBe(true);
      }
    }
  });
});

test('two halves: a torn write leaves the decision before it in force', () => {
  const bench = victim();
  bench.put(tokenBlock(0, 1, 1), new Uint8Array(BLOCK_BYTES).fill(9));
  bench.pass(1500);
  expect(bench.view().tokens[0]).toMatchObject({ generation: 4, unreadable: false });
});

function threeHosts() {
  return [0, 1, 2].map((slot) => ({
    slot,
    name: `host${slot}`,
    hardwareId: `${slot}`.repeat(64),
    links: [{ link: 0, address: `192.0.2.${slot + 1}`, port: 7000 }],
    acceptSoftwareWatchdog: false,
  }));
}
