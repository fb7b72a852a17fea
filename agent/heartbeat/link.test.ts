import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Heartbeat } from '../protocol/heartbeat.ts';
import { type Arrival, echoFor, healthOf, newPeer, type PeerState, receive } from './link.ts';

const everyMs = 250;
const link = 0;

/** One host's end of a pair: its session, its clock's lead over the test's, and what it knows of the other. */
class End {
  peer: PeerState = newPeer(2);
  session: string;
  counter = 0;
  leadMs: number;
  constructor(session: string, leadMs: number) {
    this.session = session.padStart(16, '0');
    this.leadMs = leadMs;
  }
  restart(session: string): void {
    this.peer = newPeer(2);
    this.session = session.padStart(16, '0');
    this.counter = 0;
  }
  beat(nowMs: number): Arrival {
    this.counter += 1;
    const beat: Heartbeat = {
      groupId: '6f1c2a9e-0000-4000-8000-000000000001',
      from: 0,
      hostName: 'a',
      link,
      session: this.session,
      ...echoFor(this.peer, link, nowMs + this.leadMs),
      sentMs: nowMs + this.leadMs,
      epoch: 1,
      phase: null,
      agentVersion: '0',
      configGeneration: 1,
      storeReachable: true,
      keeper: [],
    };
    return { link, counter: this.counter, beat };
  }
  hear(arrival: Arrival, nowMs: number): string {
    const own = { session: this.session, everyMs };
    const { peer, verdict } = receive(this.peer, arrival, own, nowMs + this.leadMs);
    this.peer = peer;
    return verdict;
  }
  health(nowMs: number) {
    return healthOf(this.peer, link, '192.0.2.1', everyMs, nowMs + this.leadMs);
  }
}

/** Both beat, each hears what `lost` does not take, 5 ms later. */
function run(
  a: End,
  b: End,
  fromMs: number,
  beats: number,
  lost: { toA?: boolean; toB?: boolean } = {},
): number {
  for (let index = 0; index < beats; index += 1) {
    const atMs = fromMs + index * everyMs;
    const [fromA, fromB] = [a.beat(atMs), b.beat(atMs)];
    if (lost.toB !== true) b.hear(fromA, atMs + 5);
    if (lost.toA !== true) a.hear(fromB, atMs + 5);
  }
  return fromMs + beats * everyMs;
}

function pair(): { a: End; b: End } {
  return { a: new End('a1', 1_000_000), b: new End('b1', 50) };
}

test('two hosts that hear each other are up after two beats, with the round trip and no loss', () => {
  const { a, b } = pair();
  const nowMs = run(a, b, 0, 20);
  for (const end of [a, b]) {
    const health = end.health(nowMs);
    expect(health.state).toBe('up');
    expect(health.loss).toBe(0);
    expect(health.rttMs).toBeCloseTo(10, 3);
    expect(health.rejected).toBe(0);
  }
});

test('one-way loss shows on the side that hears nothing', () => {
  const { a, b } = pair();
  const cutMs = run(a, b, 0, 40);
  const nowMs = run(a, b, cutMs, 40, { toB: true });
  expect(a.health(nowMs).state).toBe('up');
  expect(a.health(nowMs).loss).toBe(0);
  expect(a.health(nowMs).heardThereAgoMs).toBeGreaterThan(39 * everyMs);
  expect(b.health(nowMs).state).toBe('down');
  expect(b.health(nowMs).loss).toBeGreaterThan(0.4);
});

test('a recording of an earlier run is no sign of life after this host restarted', () => {
  const { a, b } = pair();
  const tape: Arrival[] = [];
  let nowMs = 0;
  for (let index = 0; index < 50; index += 1, nowMs += everyMs) {
    tape.push(a.beat(nowMs));
    b.hear(tape.at(-1) as Arrival, nowMs + 5);
    a.hear(b.beat(nowMs), nowMs + 5);
  }
  b.restart('b2');
  for (const recorded of tape) {
    nowMs += everyMs;
    b.beat(nowMs);
    expect(b.hear(recorded, nowMs)).toBe('unconfirmed');
  }
  expect(b.health(nowMs).state).toBe('never');
});

test('a recording of an abandoned session does not bring it back, nor displace the present one', () => {
  const { a, b } = pair();
  const tape: Arrival[] = [];
  let nowMs = run(a, b, 0, 4);
  for (let index = 0; index < 20; index += 1, nowMs += everyMs) {
    a.hear(b.beat(nowMs), nowMs + 5);
    tape.push(a.beat(nowMs + 6));
  }
  a.restart('a2');
  nowMs = run(a, b, nowMs, 4);
  expect(b.peer.session).toBe(a.session);
  for (const recorded of tape) expect(b.hear(recorded, nowMs)).toBe('retired');
  expect(b.peer.session).toBe(a.session);
  expect(b.hear(a.beat(nowMs), nowMs + 5)).toBe('alive');
});

test('recordings played while a host is starting do not keep the real one from being heard', () => {
  const { a, b } = pair();
  const old = new End('a0', 0);
  let nowMs = 0;
  b.restart('b2');
  for (let index = 0; index < 10; index += 1, nowMs += everyMs) {
    for (let copy = 0; copy < 20; copy += 1) b.hear(old.beat(nowMs), nowMs);
    nowMs = run(a, b, nowMs, 1);
    for (let copy = 0; copy < 20; copy += 1) b.hear(old.beat(nowMs), nowMs);
  }
  expect(b.health(nowMs).state).toBe('up');
  expect(a.health(nowMs).state).toBe('up');
});

test('both hosts restarting, in either order, find each other again', () => {
  const { a, b } = pair();
  let nowMs = run(a, b, 0, 10);
  for (const [first, second] of [
    [a, b],
    [b, a],
  ] as const) {
    first.restart(`${first.session.slice(-2)}f`);
    nowMs = run(a, b, nowMs, 3);
    second.restart(`${second.session.slice(-2)}f`);
    nowMs = run(a, b, nowMs, 4);
    expect(a.health(nowMs).state).toBe('up');
    expect(b.health(nowMs).state).toBe('up');
  }
});

test('a datagram held back longer than a link may be silent says nothing about now', () => {
  const { a, b } = pair();
  let nowMs = run(a, b, 0, 20);
  const held = a.beat(nowMs);
  nowMs = run(a, b, nowMs, 20, { toA: true });
  expect(b.hear(held, nowMs)).toBe('delayed');
  const before = b.health(nowMs).lastHeardAgoMs;
  expect(b.hear(held, nowMs)).toBe('replayed');
  expect(b.health(nowMs).lastHeardAgoMs).toBe(before);
});

test('dribbling out a backlog forever does not keep a dead host alive', () => {
  const { a, b } = pair();
  let nowMs = run(a, b, 0, 20);
  const backlog = Array.from({ length: 400 }, (_, index) => a.beat(nowMs + index));
  let lastAliveMs = nowMs;
  for (const datagram of backlog) {
    nowMs += everyMs;
    if (b.hear(datagram, nowMs) === 'alive') lastAliveMs = nowMs;
  }
  expect(lastAliveMs - 20 * everyMs).toBeLessThan(3000);
  expect(b.health(nowMs).state).toBe('down');
});

test('a datagram that was overtaken does not bring back what the host said before', () => {
  const { a, b } = pair();
  const nowMs = run(a, b, 0, 4);
  const [older, newer] = [a.beat(nowMs), a.beat(nowMs + 10)];
  expect(b.hear(newer, nowMs + 15)).toBe('alive');
  expect(b.hear(older, nowMs + 20)).toBe('alive');
  expect(b.peer.lastBeat).toEqual({ beat: newer.beat, atMs: nowMs + 20 + b.leadMs });
  expect(echoFor(b.peer, link, 0).echoSentMs).toBe(newer.beat.sentMs);
});

test('a host whose clock stood still for an hour is heard again at once', () => {
  for (const paused of ['a', 'b'] as const) {
    const ends = pair();
    let nowMs = run(ends.a, ends.b, 0, 20);
    ends[paused].leadMs -= 3_600_000;
    nowMs = run(ends.a, ends.b, nowMs + 3_600_000, 5);
    expect(ends.a.health(nowMs).state).toBe('up');
    expect(ends.b.health(nowMs).state).toBe('up');
  }
});

test('clocks that drift apart by 1000 ppm each make no datagram late', () => {
  const { a, b } = pair();
  let nowMs = run(a, b, 0, 4);
  for (let index = 0; index < 40_000; index += 1, nowMs += everyMs) {
    const fromA = a.beat(nowMs);
    const slow = { ...fromA, beat: { ...fromA.beat, sentMs: fromA.beat.sentMs - nowMs * 0.002 } };
    expect(b.hear(slow, nowMs + 5)).toBe('alive');
  }
});

test('whatever is doubled, reordered, delayed or replayed, no datagram is a sign of life twice', () => {
  const step = fc.record({
    play: fc.array(fc.nat({ max: 400 }), { maxLength: 4 }),
    lostToA: fc.boolean(),
    lostToB: fc.boolean(),
    restart: fc.constantFrom('none', 'none', 'none', 'none', 'none', 'none', 'a', 'b'),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), (steps) => {
      const { a, b } = pair();
      const tape: { arrival: Arrival; sentMs: number }[] = [];
      const taken = new Set<Arrival>();
      let nowMs = 0;
      let bStartedMs = 0;
      let sessions = 0;
      const hear = (entry: { arrival: Arrival; sentMs: number }): void => {
        if (b.hear(entry.arrival, nowMs) !== 'alive') return;
        expect(taken.has(entry.arrival)).toBe(false);
        expect(entry.sentMs).toBeGreaterThanOrEqual(bStartedMs);
        taken.add(entry.arrival);
      };
      for (const { play, lostToA, lostToB, restart } of steps) {
        nowMs += everyMs;
        sessions += 1;
        if (restart === 'a') a.restart(`a${sessions}`);
        if (restart === 'b') {
          b.restart(`b${sessions}`);
          bStartedMs = nowMs;
        }
        const fromB = b.beat(nowMs);
        if (!lostToA) a.hear(fromB, nowMs);
        const entry = { arrival: a.beat(nowMs), sentMs: nowMs };
        tape.push(entry);
        if (!lostToB) hear(entry);
        for (const index of play) {
          const recorded = tape[index];
          if (recorded !== undefined) hear(recorded);
        }
      }
    }),
    { numRuns: 300 },
  );
});
