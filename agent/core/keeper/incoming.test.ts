import { describe, expect, test } from 'vitest';
import { MOVED_LIVE } from '../../protocol/store.ts';
import { INCOMING_FOR_MS } from './incoming.ts';
import { AGENT_ABSENCE_MS } from './rights.ts';
import { Bench } from './testing/bench.ts';
import { note, process, vm } from './testing/fixtures.ts';

const openGates = (bench: Bench) => {
  const gate = bench.effects.findLast((effect) => effect.kind === 'gate');
  return gate?.kind === 'gate' ? gate.open : null;
};
const kills = (bench: Bench) => bench.kinds('kill').length;

/** Host 1 holds the VM at generation 5, and renews its lease until it is silent. */
class BesideHolder extends Bench {
  holderIsSilent = false;
  #seq = 7;

  override pass(ms: number): void {
    for (let left = ms; left > 0; left -= 500) {
      if (!this.holderIsSilent) {
        this.#seq += 1;
        this.putPeer({ seq: this.#seq });
      }
      super.pass(Math.min(500, left));
    }
  }
}

function besideHolder(): BesideHolder {
  const bench = new BesideHolder();
  bench.putPeer();
  bench.putPeerToken(5);
  return bench.alive();
}

const expects = (bench: Bench, generation = 5, again = false) =>
  bench.answer(bench.ask({ kind: 'expectIncoming', token: 0, generation, again }));

/** The copy is being received, or is complete; paused in any case. */
function receiving(): BesideHolder {
  const bench = besideHolder();
  expect(expects(bench)).toBe(5);
  bench.processes = [process()];
  bench.pass(500);
  bench.take();
  return bench;
}

const released = (over: Parameters<typeof note>[0] = {}) =>
  note({ generation: 5, released: true, releasedTo: 0, reason: MOVED_LIVE, ...over });

function given(bench: Bench, over: Parameters<typeof note>[0] = {}): void {
  bench.putPeerToken(5, { writeSeq: 7, note: released(over) });
  bench.ask({ kind: 'acquire', token: 0, note: note({ generation: 6 }) });
  bench.pass(300);
}

describe('rule 24: expecting a copy', () => {
  test('opens the gate for an incoming migration, and for no start', () => {
    const bench = besideHolder();
    expects(bench);
    expect(openGates(bench)).toMatchObject([{ vm, generation: 5, incoming: true }]);
  });

  test('is refused for another generation, and while a QEMU of the VM is here', () => {
    const bench = besideHolder();
    expect(expects(bench, 4)).toBe('token.not-receivable');
    expect(expects(bench, 6)).toBe('token.not-receivable');
    bench.processes = [process()];
    bench.tick();
    expect(expects(bench)).toBe('vm.already-there');
  });

  test('is refused without a lease, and for a token that is free', () => {
    const late = besideHolder();
    late.nowMs = (late.view().loseAtMs ?? 0) - 100;
    expect(expects(late)).toBe('token.not-receivable');
    const free = besideHolder();
    free.putPeerToken(5, { writeSeq: 7, note: released() });
    free.pass(61_000);
    expect(expects(free)).toBe('token.not-receivable');
  });

  test('what is expected is no stray; when nobody asks for it any more, it is', () => {
    const bench = receiving();
    expect(kills(bench)).toBe(0);
    bench.pass(INCOMING_FOR_MS);
    expect(bench.codes()).toContain('vm.stray-killed');
    expect(openGates(bench)).toEqual([]);
  });

  test('an agent that goes on asking keeps it', () => {
    const bench = receiving();
    for (let round = 0; round < 5; round += 1) {
      expect(expects(bench, 5, true)).toBe(5);
      bench.pass(5000);
    }
    expect(bench.codes()).not.toContain('vm.stray-killed');
  });

  test('going on is refused when nothing was expected, so that an old copy gets no new time', () => {
    const bench = receiving();
    bench.ask({ kind: 'endIncoming', token: 0 });
    expect(expects(bench, 5, true)).toBe('token.not-receivable');
    bench.pass(1000);
    expect(bench.codes()).toContain('vm.stray-killed');
  });

  test('gives no right: the copy may neither start nor continue while its holder has the token', () => {
    const bench = receiving();
    const start = bench.ask({ kind: 'beginStart', token: 0, generation: 5 });
    const go = bench.ask({ kind: 'mayContinue', token: 0, generation: 5 });
    const take = bench.ask({ kind: 'acquire', token: 0, note: note({ generation: 6 }) });
    bench.pass(300);
    expect(bench.answer(start)).toBe('token.not-held');
    expect(bench.answer(go)).toBe('token.not-held');
    expect(bench.answer(take)).toBe('token.not-free');
  });

  test('ends when another host is given the VM', () => {
    const bench = receiving();
    bench.putPeerToken(6, {}, 3);
    bench.pass(61_000);
    expect(bench.codes()).toContain('vm.stray-killed');
  });

  test('is known to a restarted keeper', () => {
    const bench = receiving();
    bench.restart();
    bench.pass(3000);
    expect(bench.codes()).not.toContain('vm.stray-killed');
    bench.pass(INCOMING_FOR_MS);
    expect(bench.codes()).toContain('vm.stray-killed');
  });
});

describe('rule 24: the copy becomes the VM', () => {
  test('only after the next generation, when the holder says that the copy is what it left', () => {
    const bench = receiving();
    given(bench);
    const start = bench.ask({ kind: 'beginStart', token: 0, generation: 6 });
    const go = bench.ask({ kind: 'mayContinue', token: 0, generation: 6 });
    expect([bench.answer(start), bench.answer(go)]).toEqual([6, 6]);
    expect(kills(bench)).toBe(0);
    bench.ask({ kind: 'endStart', token: 0, outcome: 'running' });
    bench.pass(INCOMING_FOR_MS + 1000);
    expect(kills(bench)).toBe(0);
  });

  test.each([
    ['was shut down instead', { reason: 'vm.switchover' }],
    ['was given to somebody else', { releasedTo: 1 }],
  ])('an old copy is killed before anything is continued: the VM %s', (_, over) => {
    const bench = receiving();
    given(bench, over);
    const go = bench.ask({ kind: 'mayContinue', token: 0, generation: 6 });
    expect(bench.answer(go)).toBe('token.not-held');
    const start = bench.ask({ kind: 'beginStart', token: 0, generation: 6 });
    expect(bench.answer(start)).toBe('vm.already-there');
    bench.processes = [process({ stopped: true })];
    bench.pass(1000);
    expect(kills(bench)).toBeGreaterThan(0);
    bench.processes = [];
    bench.pass(1000);
    const fresh = bench.ask({ kind: 'beginStart', token: 0, generation: 6 });
    expect(bench.answer(fresh)).toBe(6);
  });

  test('an old copy is killed when its holder is taken over from after T', () => {
    const bench = receiving();
    bench.holderIsSilent = true;
    for (let round = 0; round < 6; round += 1) {
      bench.pass(5000);
      expects(bench, 5, true);
    }
    bench.ask({ kind: 'acquire', token: 0, note: note({ generation: 6 }) });
    bench.pass(300);
    expect(bench.codes()).toContain('vm.old-copy-killed');
  });

  test('also for a keeper that was restarted between the token and the start', () => {
    const bench = receiving();
    given(bench);
    bench.restart();
    bench.pass(1000);
    const go = bench.ask({ kind: 'mayContinue', token: 0, generation: 6 });
    expect(bench.answer(go)).toBe(6);
  });

  test.each([false, true])(
    'rule 21: one whose agent is gone for good before it is continued is ended, for the other host (keeper restarted: %s)',
    (restarts) => {
      const bench = receiving();
      given(bench);
      bench.input({ kind: 'agent', nowMs: bench.nowMs, connected: false });
      bench.pass(AGENT_ABSENCE_MS - 2000);
      if (restarts) bench.restart();
      expect(kills(bench)).toBe(0);
      bench.processes = [process({ stopped: true })];
      bench.pass(restarts ? AGENT_ABSENCE_MS + 2000 : 4000);
      expect(kills(bench)).toBeGreaterThan(0);
      bench.processes = [];
      bench.pass(6000);
      expect(bench.view().tokens[0]).toMatchObject({ mine: false, note: { released: true } });
    },
  );

  test('an old copy is never continued, whatever restarts in between: it is remembered until it is gone', () => {
    const bench = receiving();
    given(bench, { reason: 'vm.switchover' });
    bench.restart();
    const go = bench.ask({ kind: 'mayContinue', token: 0, generation: 6 });
    expect(bench.answer(go)).toBe('token.not-held');
    bench.pass(500);
    expect(bench.kinds('freeze').length).toBeGreaterThan(0);
    bench.processes = [];
    bench.pass(1000);
    const fresh = bench.ask({ kind: 'beginStart', token: 0, generation: 6 });
    expect(bench.answer(fresh)).toBe(6);
  });

  test('one that was given up and not gone yet is no VM either, when the token comes after all', () => {
    const bench = receiving();
    bench.ask({ kind: 'endIncoming', token: 0 });
    given(bench);
    const go = bench.ask({ kind: 'mayContinue', token: 0, generation: 6 });
    expect(bench.answer(go)).toBe('token.not-held');
  });

  test('once continued it is a VM like any other: its end must be proven', () => {
    const bench = receiving();
    given(bench);
    bench.ask({ kind: 'beginStart', token: 0, generation: 6 });
    bench.ask({ kind: 'mayContinue', token: 0, generation: 6 });
    bench.pass(500);
    bench.processes = [];
    bench.pass(300);
    expect(bench.state.presence.get(vm)?.present).toBe(false);
  });
});

test('a copy that ends has run nothing, so nothing of it is left to land', () => {
  const bench = receiving();
  bench.processes = [];
  bench.pass(500);
  expect(bench.state.presence.size).toBe(0);
});

test('a lost lease stops the copy like everything else', () => {
  const bench = receiving();
  bench.io = { lease: 'fail', table: 'fail' };
  bench.pass(8000);
  expect(bench.state.phase).toBe('stopping');
  expect(bench.kinds('freeze')).toContainEqual({ kind: 'freeze', vms: [vm] });
});

test('a release tells the host that it names, which looks at the token at once', () => {
  const bench = new Bench().running();
  bench.putPeer();
  bench.processes = [];
  bench.pass(200);
  bench.ask({ kind: 'release', token: 0, note: released({ generation: 1, releasedTo: 1 }), ended: 'clean' });
  bench.pass(300);
  expect(bench.kinds('send')).toContainEqual({
    kind: 'send',
    line: { kind: 'toPeer', to: 1, message: { kind: 'released', token: 0 } },
  });
  const other = receiving();
  other.putPeerToken(5, { writeSeq: 7, note: released() });
  other.ask({ kind: 'fromPeer', from: 1, message: { kind: 'released', token: 0 } });
  expect(other.view().tokens[0]).toMatchObject({ free: true, generation: 5 });
});
