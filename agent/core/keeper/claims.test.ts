import { describe, expect, test } from 'vitest';
import type { HostLease } from '../../protocol/store.ts';
import { decodeLease, leaseBlock, tokenBlock } from '../area.ts';
import { BLOCK_BYTES } from '../record.ts';
import { Bench } from './testing/bench.ts';
import { areaId, note, vm } from './testing/fixtures.ts';

const T = 21_500;
const L = 8000;

function record(bench: Bench): HostLease {
  const decoded = decodeLease(bench.get(leaseBlock(0)), areaId, 0);
  if (decoded.kind !== 'record') throw new Error(decoded.kind);
  return decoded.value;
}

/** Beside a host that renews its lease, and says that it holds this. */
class Beside extends Bench {
  #seq = 10;

  renewed(ms: number, over: Partial<HostLease> = {}): this {
    for (let passedMs = 0; passedMs < ms; passedMs += 500) {
      this.#seq += 1;
      this.putPeer({ seq: this.#seq, ...over });
      this.pass(500);
    }
    return this;
  }
}

describe('rule 15: what the lease records say of tokens', () => {
  test('a host says in its record what it holds, and at which generation', () => {
    expect(record(new Bench().running()).holds).toEqual([[0, 1]]);
  });

  const released = (bench: Bench) => bench.putPeerToken(4, { note: note({ generation: 4, released: true }) });

  test('a free token is taken once the others have renewed their leases since it was read', () => {
    const bench = new Beside();
    bench.putPeer();
    released(bench);
    bench.alive();
    const id = bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.pass(600);
    expect(bench.answer(id)).toBe(null);
    bench.renewed(500);
    expect(bench.answer(id)).toBe(5);
  });

  test('and not when one of them does not, before it is dead or was silent for T', () => {
    const bench = new Beside();
    bench.putPeer({ watchdog: 'none' });
    released(bench);
    bench.alive().renewed(2000, { watchdog: 'none' });
    const ask = () => {
      const id = bench.ask({ kind: 'acquire', token: 0, note: note() });
      bench.pass(4000);
      return bench.answer(id);
    };
    expect(ask()).toBe('keeper.settling');
    bench.pass(T);
    expect(ask()).toBe(5);
  });

  test('a token that was never given for its VM is taken at once, where the VM is being protected', () => {
    const bench = new Bench();
    bench.putPeer();
    bench.alive();
    const id = bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.pass(300);
    expect(bench.answer(id)).toBe(1);
  });

  test('a token that a live host says to hold is not taken, whatever the store shows of it', () => {
    const bench = new Beside();
    bench.putPeer();
    bench.alive().renewed(2000, { holds: [[0, 4]] });
    const id = bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.renewed(1500, { holds: [[0, 4]] });
    expect(bench.answer(id)).toBe('token.taken');
    expect(bench.codes()).toContain('store.regressed');
  });

  test('what a dead host has said of it does not count', () => {
    const bench = new Beside();
    bench.putPeerToken(4);
    bench.putPeer({ holds: [[0, 5]] });
    bench.alive();
    bench.pass(T + 2000);
    const id = bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.pass(300);
    expect(bench.answer(id)).toBe(5);
  });
});

describe('rule 13: a token whose block can not be written any more', () => {
  /** It holds the token, and a write of its block has not come back. */
  const stuck = (): Bench => {
    const bench = new Bench().running();
    bench.io.table = 'hang';
    bench.ask({ kind: 'note', token: 0, note: note({ restarts: 1 }) });
    bench.settle((effect) => effect.kind === 'read');
    bench.pass(5000);
    bench.settle((effect) => effect.kind === 'read');
    bench.io.table = 'ok';
    bench.pass(1500);
    return bench;
  };

  test('is released by the lease record, with the note that the release has', () => {
    const bench = stuck();
    bench.processes = [];
    const id = bench.ask({
      kind: 'release',
      token: 0,
      note: note({ released: true, releasedTo: 1 }),
      ended: 'clean',
    });
    bench.pass(5000);
    expect(bench.answer(id)).toBe('token.write-pending');
    expect(record(bench).givenUp).toEqual([
      { token: 0, note: note({ generation: 1, released: true, releasedTo: 1 }) },
    ]);
    expect(record(bench).holds).toBe(undefined);
    bench.restart();
    bench.pass(2500);
    expect(record(bench).givenUp).toMatchObject([{ token: 0, note: { generation: 1, released: true } }]);
  });

  test('is forgotten without an alarm when another host has taken it', () => {
    const bench = stuck();
    bench.processes = [];
    bench.ask({ kind: 'release', token: 0, note: note({ released: true }), ended: 'clean' });
    bench.pass(5000);
    bench.putPeerToken(2);
    bench.putPeer({ tokensHint: 5 });
    bench.pass(2500);
    expect(bench.state.held.size).toBe(0);
    expect(record(bench).givenUp).toBe(undefined);
    expect(bench.codes()).not.toContain('token.double-holder');
  });

  test('is taken by another host from that record, only for the generation and the epoch that it names', () => {
    for (const [epoch, generation, answer] of [
      [3, 4, 5],
      [3, 3, 'token.not-free'],
      [2, 4, 'token.not-free'],
    ] as const) {
      const bench = new Beside();
      bench.putPeerToken(4, {}, 3);
      const givenUp = [{ token: 0, note: note({ generation, released: true, releasedTo: 0 }) }];
      bench.putPeer({ epoch });
      bench.alive().renewed(2000, { epoch, givenUp });
      const id = bench.ask({ kind: 'acquire', token: 0, note: note() });
      bench.pass(300);
      expect(bench.answer(id)).toBe(answer);
    }
  });

  test('and that the store has lost: its VM is stopped before others may count T, and the token given up', () => {
    const bench = stuck();
    bench.put(tokenBlock(0, 0, 0), new Uint8Array(BLOCK_BYTES));
    bench.put(tokenBlock(0, 0, 1), new Uint8Array(BLOCK_BYTES));
    bench.putPeer({ tokensHint: 5 });
    bench.pass(L - 1000);
    expect(bench.codes()).toContain('store.regressed');
    expect(bench.kinds('kill')).toEqual([]);
    for (let round = 0; round < 30 && bench.kinds('kill').length === 0; round += 1) {
      bench.processes = bench.processes.map((one) => ({ ...one, stopped: bench.kinds('freeze').length > 0 }));
      bench.pass(100);
    }
    expect(bench.kinds('kill')).toMatchObject([{ vms: [vm] }]);
    expect(bench.codes()).toContain('token.given-up');
    bench.processes = [];
    bench.pass(3000);
    expect(bench.state.held.size).toBe(0);
  });
});

test('rule 15: a release that the store has lost is given again, and burns no less than it did', () => {
  const bench = new Bench().running();
  const before = new Map(bench.blocks);
  bench.put(tokenBlock(0, 0, 0), new Uint8Array(BLOCK_BYTES));
  bench.put(tokenBlock(0, 0, 1), new Uint8Array(BLOCK_BYTES));
  bench.putPeer({ tokensHint: 5 });
  bench.pass(4000);
  expect(bench.view().tokens[0]).toMatchObject({ mine: true, generation: 2 });
  bench.processes = [];
  bench.ask({ kind: 'release', token: 0, note: note({ released: true }), ended: 'clean' });
  bench.pass(4000);
  expect(bench.state.held.size).toBe(0);
  for (const block of bench.blocks.keys()) {
    bench.blocks.set(block, before.get(block) ?? new Uint8Array(BLOCK_BYTES));
  }
  bench.pass(4000);
  expect(bench.view().tokens[0]).toMatchObject({ mine: false, note: { generation: 1, released: true } });
  expect(bench.state.burntGenerations.get(0)).toBe(2);
});
