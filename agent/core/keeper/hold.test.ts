import { describe, expect, test } from 'vitest';
import { PROFILES } from '../timing.ts';
import { Bench } from './testing/bench.ts';
import { note, process, vm } from './testing/fixtures.ts';

const L = PROFILES.steady.loseAfterMs;
const MARGIN = 1000;

interface Challenge {
  readonly nonce: number;
  readonly sentMs: number;
}

/** Runs its VM, has lost the store, and has asked. */
class Holder {
  readonly bench = new Bench().running();
  challenges: Challenge[] = [];

  constructor() {
    this.bench.io = { lease: 'hang', table: 'hang' };
  }

  pass(ms: number): this {
    for (let passed = 0; passed < ms; passed += 100) {
      this.bench.pass(100);
      for (const effect of this.bench.take()) {
        if (
          effect.kind === 'send' &&
          effect.line.kind === 'toPeer' &&
          effect.line.message.kind === 'challenge'
        ) {
          this.challenges.push({ nonce: effect.line.message.nonce, sentMs: this.bench.nowMs });
        }
      }
    }
    return this;
  }

  answer(nonce: number, cannotReachStore = true): this {
    const message = { kind: 'answer', nonce, cannotReachStore, epoch: 3 } as const;
    this.bench.ask({ kind: 'fromPeer', from: 1, message });
    return this;
  }

  get last(): Challenge {
    const challenge = this.challenges.at(-1);
    if (challenge === undefined) {
      throw new Error('nothing was asked');
    }
    return challenge;
  }
}

const holding = () => {
  const holder = new Holder().pass(4000);
  holder.answer(holder.last.nonce).pass(L - MARGIN - 4000 + 900);
  expect(holder.bench.view().phase).toBe('holding');
  return holder;
};

describe('asking', () => {
  test('rule 18: with the answer of every other host the guests are frozen and held past L, nobody is killed', () => {
    const holder = new Holder().pass(4000);
    holder.answer(holder.last.nonce);
    const { bench } = holder;
    bench.pass((bench.view().loseAtMs ?? 0) - MARGIN - bench.nowMs + 100);
    expect(bench.view().phase).toBe('holding');
    expect(bench.kinds('freeze')[0]).toEqual({ kind: 'freeze', vms: [vm] });
    expect(bench.kinds('kill')).toEqual([]);
    expect(bench.effects.findLast((effect) => effect.kind === 'gate')).toEqual({ kind: 'gate', open: [] });
  });

  test('without an answer, or with "I can reach it", the host stops its VMs', () => {
    const silent = new Holder().pass(L);
    expect(silent.bench.view().phase).toBe('stopping');
    const holder = new Holder().pass(4000);
    holder.answer(holder.last.nonce, false).pass(L - 4000);
    expect(holder.bench.view().phase).toBe('stopping');
  });

  test('rule 18: the hold ends L after the sending of the challenge that was answered', () => {
    const holder = holding();
    const { bench } = holder;
    const answered = holder.challenges.filter((one) => one.sentMs <= bench.nowMs)[0];
    expect(answered).toBeDefined();
    const endMs = bench.state.holdUntilMs ?? 0;
    bench.pass(endMs - MARGIN - bench.nowMs - 1);
    expect(bench.view().phase).toBe('holding');
    bench.pass(101);
    expect(bench.view().phase).toBe('stopping');
  });

  test('while holding nothing is started, continued or acquired', () => {
    const { bench } = holding();
    const asked = [
      bench.ask({ kind: 'mayContinue', token: 0, generation: 1 }),
      bench.ask({ kind: 'beginStart', token: 0, generation: 1 }),
      bench.ask({ kind: 'acquire', token: 0, note: note() }),
    ];
    bench.pass(100);
    expect(asked.map((id) => bench.answer(id))).toEqual([
      'token.not-held',
      'token.not-held',
      'keeper.not-alive',
    ]);
  });

  test('each newer answered challenge moves the end of the hold', () => {
    const holder = holding();
    const before = holder.bench.state.holdUntilMs ?? 0;
    holder.pass(2000).answer(holder.last.nonce).pass(200);
    expect(holder.bench.state.holdUntilMs ?? 0).toBeGreaterThan(before + 2000);
    expect(holder.bench.runFile?.holdUntilMs).toBe(holder.bench.state.holdUntilMs);
  });

  test('rule 18: a late answer is worth only what is left of its challenge', () => {
    const holder = new Holder().pass(3000);
    const [early] = holder.challenges;
    holder.pass(2500).answer(early?.nonce ?? 0);
    const { bench } = holder;
    bench.pass((bench.view().loseAtMs ?? 0) - MARGIN - bench.nowMs + 100);
    expect(bench.view().phase).toBe('holding');
    expect(bench.state.holdUntilMs).toBe((early?.sentMs ?? 0) + L);
    expect(bench.state.holdUntilMs).toBeLessThan((bench.view().loseAtMs ?? 0) + 3500);
  });

  test('rule 18: an answer after the lapse revives nothing', () => {
    const holder = new Holder().pass(L);
    expect(holder.bench.view().phase).toBe('stopping');
    holder.answer(holder.last.nonce).pass(300);
    expect(holder.bench.view().phase).not.toBe('holding');
    expect(holder.bench.state.burntEpoch).toBe(1);
  });

  test('an answer to a nonce that this keeper did not send is worth nothing', () => {
    const holder = new Holder().pass(4000);
    holder.answer(holder.last.nonce + 1).pass(L - 4000);
    expect(holder.bench.view().phase).toBe('stopping');
  });

  test('a restarted keeper goes on holding to the same end, and no longer', () => {
    const holder = holding();
    const { bench } = holder;
    const endMs = bench.state.holdUntilMs ?? 0;
    bench.restart();
    bench.tick();
    expect(bench.view().phase).toBe('holding');
    bench.pass(endMs - MARGIN - bench.nowMs + 100);
    expect(bench.view().phase).toBe('stopping');
  });
});

describe('going on', () => {
  test('rule 18: thawed only after a renewal, and after the own tokens were read again', () => {
    const holder = holding();
    const { bench } = holder;
    bench.processes = [process({ stopped: true })];
    bench.io.lease = 'ok';
    bench.hanging = bench.hanging.filter((effect) => effect.lane === 'table' || effect.kind === 'write');
    bench.settle((effect) => effect.lane === 'lease');
    bench.pass(2500);
    expect(bench.view().phase).toBe('holding');
    expect(bench.kinds('thaw')).toEqual([]);
    bench.io.table = 'ok';
    bench.settle();
    bench.pass(3000);
    expect(bench.view().phase).toBe('alive');
    expect(bench.kinds('thaw')[0]).toMatchObject({ vms: [vm] });
    const continued = bench.ask({ kind: 'mayContinue', token: 0, generation: 1 });
    expect(bench.answer(continued)).toBe(1);
  });

  test('what a hold has frozen is thawed again until it is seen moving, over a restart of the keeper as well', () => {
    const holder = holding();
    const { bench } = holder;
    bench.processes = [process({ stopped: true })];
    bench.io = { lease: 'ok', table: 'ok' };
    bench.settle();
    bench.pass(3000);
    expect(bench.view().phase).toBe('alive');
    bench.restart();
    bench.take();
    bench.pass(1000);
    expect(bench.kinds('thaw')[0]).toMatchObject({ vms: [vm] });
    bench.processes = [process()];
    bench.pass(300);
    bench.take();
    bench.pass(1000);
    expect(bench.kinds('thaw')).toEqual([]);
  });

  test('rule 18: a token that has another holder by then is killed, not thawed', () => {
    const holder = holding();
    const { bench } = holder;
    bench.processes = [process({ stopped: true })];
    bench.putPeer();
    bench.putPeerToken(2);
    bench.io = { lease: 'ok', table: 'ok' };
    bench.settle();
    bench.pass(3000);
    expect(bench.kinds('thaw').flatMap((effect) => (effect.kind === 'thaw' ? effect.vms : []))).toEqual([]);
    expect(bench.kinds('kill')).not.toEqual([]);
    expect(bench.codes()).toContain('token.double-holder');
  });
});

describe('answering', () => {
  const ask = (bench: Bench) => {
    bench.take();
    bench.ask({ kind: 'fromPeer', from: 1, message: { kind: 'challenge', nonce: 77, epoch: 3 } });
    const sent = bench.effects.find((effect) => effect.kind === 'send' && effect.line.kind === 'toPeer');
    return sent?.kind === 'send' && sent.line.kind === 'toPeer' && sent.line.message.kind === 'answer'
      ? sent.line.message.cannotReachStore
      : null;
  };

  test('"I cannot reach the store" is said only when the own reads have not worked for a while', () => {
    const bench = new Bench().alive();
    expect(ask(bench)).toBe(false);
    bench.io.lease = 'fail';
    bench.pass(1200);
    expect(ask(bench)).toBe(false);
    bench.pass(2000);
    expect(ask(bench)).toBe(true);
  });

  test('it is said as well by a host that can read and has not been able to write for half of L', () => {
    const bench = new Bench().alive();
    bench.io.lease = 'readonly';
    bench.pass(3000);
    expect(ask(bench)).toBe(false);
    bench.pass(2500);
    expect(ask(bench)).toBe(true);
    bench.io.lease = 'ok';
    bench.pass(1500);
    expect(ask(bench)).toBe(false);
  });

  test('rule 18: the answer throws all T evidence away first, what T had shown and reads in flight as well', () => {
    const bench = new Bench();
    bench.putPeer();
    bench.putPeerToken(4);
    bench.alive();
    bench.pass(24_000);
    expect(bench.view().peers[0]).toMatchObject({ deadUpToEpoch: 3, deadBecause: 'time' });
    bench.io.lease = 'hang';
    bench.pass(2900);
    const reads = bench.hanging.filter((effect) => effect.kind === 'read');
    expect(reads.length).toBe(1);
    expect(ask(bench)).toBe(true);
    expect(bench.view().peers[0]).toMatchObject({ deadUpToEpoch: 2, takeableAtMs: null });
    bench.io.lease = 'ok';
    bench.settle((effect) => effect.kind === 'read');
    expect(bench.view().peers[0]).toMatchObject({ unchangedSinceMs: null });
    bench.settle();
    bench.pass(19_000);
    expect(bench.view().peers[0]).toMatchObject({ deadUpToEpoch: 2 });
  });

  test('rule 18: an acquisition under way is given up with the answer', () => {
    const bench = new Bench();
    bench.putPeer();
    bench.putPeerToken(4);
    bench.alive();
    bench.pass(24_000);
    bench.io = { lease: 'hang', table: 'hang' };
    bench.pass(1000);
    const id = bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.pass(1600);
    expect(ask(bench)).toBe(true);
    expect(bench.answer(id)).toBe('store.unreachable');
  });
});
