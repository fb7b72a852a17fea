import { describe, expect, test } from 'vitest';
import type { HostLease } from '../protocol/store.ts';
import { encodeLease } from './area.ts';
import {
  type Watch,
  deadBecause,
  deadUpToEpoch,
  discardTimeEvidence,
  noteProof,
  observe,
  restartEvidence,
  startWatch,
  takeableAtMs,
} from './observer.ts';
import { BLOCK_BYTES } from './record.ts';
import { PROFILES } from './timing.ts';

const areaId = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const hardwareId = '1'.repeat(64);
const T = 21_500;
const context = {
  areaId,
  ownSlot: 0,
  renewEveryMs: 1000,
  landWithinMs: 2000,
  retired: new Map<number, number>(),
  hardwareIds: new Map([
    [0, '0'.repeat(64)],
    [1, hardwareId],
  ]),
};

function lease(over: Partial<HostLease> = {}): HostLease {
  return {
    areaId,
    slot: 1,
    hostName: 'victim',
    hardwareId,
    bootId: 'eeeeeeee-eeee-4eee-8eee-eeeeeeeeeeee',
    epoch: 3,
    seq: 1,
    state: 'alive',
    timing: PROFILES.steady,
    watchdog: 'armed',
    softwareWatchdogAccepted: false,
    configGeneration: 1,
    configSlots: [0, 1],
    tokensHint: 0,
    configHint: 0,
    stampMs: 0,
    ...over,
  };
}

/** Reads every second; a read takes 10 ms unless told otherwise. */
class Watcher {
  watch: Watch = startWatch(2);
  nowMs = 100_000;
  block = encodeLease(lease());

  read(afterMs = 1000, tookMs = 10): this {
    this.nowMs += afterMs;
    const block = (slot: number) => (slot === 1 ? this.block : new Uint8Array(BLOCK_BYTES));
    const read = { startedMs: this.nowMs, endedMs: this.nowMs + tookMs, block };
    this.watch = observe(this.watch, context, read).watch;
    return this;
  }

  readsFor(ms: number): this {
    for (let passed = 0; passed < ms; passed += 1000) {
      this.read();
    }
    return this;
  }

  get victim(): Watch['peers'][number] {
    const peer = this.watch.peers[1];
    if (peer === undefined) {
      throw new Error('no peer');
    }
    return peer;
  }

  get byTime(): number {
    return this.victim.timeEpoch;
  }

  get dead(): number {
    return deadUpToEpoch(this.victim);
  }
}

describe('time', () => {
  test('rule 3: dead by time only from a read begun after T', () => {
    const watcher = new Watcher().read();
    const baseMs = watcher.victim.baseMs ?? 0;
    expect(baseMs).toBe(watcher.nowMs + 10);
    watcher.readsFor(20_000);
    watcher.read(baseMs + T - watcher.nowMs, 400);
    expect(watcher.byTime).toBe(0);
    watcher.read(600);
    expect(watcher.byTime).toBe(3);
    expect(deadBecause(watcher.victim)).toBe('time');
  });

  test('rule 3: any change of the bytes starts T again', () => {
    const watcher = new Watcher().read().readsFor(20_000);
    watcher.block = encodeLease(lease({ seq: 2 }));
    watcher.read().readsFor(21_000);
    expect(watcher.byTime).toBe(0);
    watcher.readsFor(2000);
    expect(watcher.byTime).toBe(3);
  });

  test('rule 4: a torn record is a change, and never free', () => {
    const watcher = new Watcher().read().readsFor(20_000);
    watcher.block = watcher.block.slice();
    watcher.block[900] = 1;
    watcher.readsFor(22_000);
    expect(watcher.victim.unreadable).not.toBeNull();
    expect(watcher.byTime).toBe(0);
  });

  test('rule 4: a record that stays torn counts with the longest T of all, from the tear', () => {
    const watcher = new Watcher().read().readsFor(20_000);
    watcher.block = watcher.block.slice();
    watcher.block[900] = 1;
    watcher.readsFor(45_000);
    expect(watcher.byTime).toBe(0);
    watcher.readsFor(3000);
    expect(watcher.byTime).toBe(3);
  });

  test('a block that was never readable here is not taken by time', () => {
    const watcher = new Watcher();
    watcher.block = new Uint8Array(BLOCK_BYTES).fill(7);
    watcher.readsFor(90_000);
    expect(watcher.byTime).toBe(0);
    expect(takeableAtMs(watcher.victim, 0)).toBeNull();
  });

  test('rule 3: a gap of more than 3 P between reads restarts T', () => {
    const watcher = new Watcher().read().readsFor(15_000).read(3200).readsFor(8000);
    expect(watcher.byTime).toBe(0);
    watcher.readsFor(16_000);
    expect(watcher.byTime).toBe(3);
  });

  test('rule 3: a failed read restarts T', () => {
    const watcher = new Watcher().read().readsFor(15_000);
    watcher.watch = restartEvidence(watcher.watch);
    watcher.readsFor(10_000);
    expect(watcher.byTime).toBe(0);
  });

  test('rule 3: reads must have been timely throughout the last d', () => {
    const watcher = new Watcher().read().readsFor(20_000).read(1000, 1800);
    watcher.read(1900);
    expect(watcher.nowMs).toBeGreaterThan((watcher.victim.baseMs ?? 0) + T);
    expect(watcher.byTime).toBe(0);
    watcher.readsFor(3000);
    expect(watcher.byTime).toBe(3);
  });

  test("rule 1: T is the victim's own, from its last record", () => {
    const watcher = new Watcher();
    watcher.block = encodeLease(lease({ timing: PROFILES.patient }));
    watcher.read().readsFor(44_000);
    expect(watcher.byTime).toBe(0);
    watcher.readsFor(3000);
    expect(watcher.byTime).toBe(3);
  });

  test('rule 1: without an armed watchdog no takeover by time; software accepted, after twice T', () => {
    const none = new Watcher();
    none.block = encodeLease(lease({ watchdog: 'none' }));
    expect(none.readsFor(120_000).byTime).toBe(0);
    const software = new Watcher();
    software.block = encodeLease(lease({ watchdog: 'software', softwareWatchdogAccepted: true }));
    expect(software.readsFor(42_000).byTime).toBe(0);
    expect(software.readsFor(4000).byTime).toBe(3);
  });

  test('rule 1: a victim that does not know this host is not taken over by it', () => {
    const watcher = new Watcher();
    watcher.block = encodeLease(lease({ configSlots: [1, 2] }));
    expect(watcher.readsFor(120_000).byTime).toBe(0);
  });

  test('a host that T declared dead and that moves is not dead', () => {
    const watcher = new Watcher().readsFor(25_000);
    expect(watcher.byTime).toBe(3);
    watcher.block = encodeLease(lease({ seq: 9 }));
    const block = (slot: number) => (slot === 1 ? watcher.block : new Uint8Array(BLOCK_BYTES));
    const startedMs = watcher.nowMs + 1000;
    const { watch, moved } = observe(watcher.watch, context, { startedMs, endedMs: startedMs + 5, block });
    watcher.watch = watch;
    expect(watcher.byTime).toBe(0);
    expect(moved).toEqual([1]);
  });

  test('rule 18: an answer discards what T has shown, reads and all, but no proof', () => {
    const watcher = new Watcher().readsFor(25_000);
    watcher.watch = noteProof(discardTimeEvidence(watcher.watch), 1, 2, 'drained-message');
    expect(watcher.dead).toBe(2);
    expect(watcher.victim.baseMs).toBeNull();
    watcher.readsFor(20_000);
    expect(watcher.dead).toBe(2);
  });
});

describe('proofs', () => {
  test('a strictly higher epoch of the same hardware proves the ones below', () => {
    const watcher = new Watcher().read();
    expect(watcher.dead).toBe(2);
    watcher.block = encodeLease(lease({ epoch: 4, bootId: 'ffffffff-ffff-4fff-8fff-ffffffffffff' }));
    expect(watcher.read().dead).toBe(3);
    expect(deadBecause(watcher.victim)).toBe('higher-epoch');
  });

  test('a higher epoch of other hardware proves nothing', () => {
    const watcher = new Watcher().read();
    watcher.block = encodeLease(lease({ epoch: 9, hardwareId: '7'.repeat(64) }));
    expect(watcher.read().dead).toBe(2);
  });

  test('an epoch marked drained by its owner is dead', () => {
    const watcher = new Watcher();
    watcher.block = encodeLease(lease({ state: 'drained' }));
    expect(watcher.read().dead).toBe(3);
  });

  test('an older record of the same boot that lands late takes no proof back', () => {
    const watcher = new Watcher();
    watcher.block = encodeLease(lease({ epoch: 4 }));
    watcher.read();
    watcher.block = encodeLease(lease({ epoch: 3 }));
    expect(watcher.read().dead).toBe(3);
  });

  test('after a roll-back a live record of another boot takes the proof for its epoch back', () => {
    const watcher = new Watcher();
    watcher.block = encodeLease(lease({ epoch: 6 }));
    watcher.read();
    expect(watcher.dead).toBe(5);
    watcher.block = encodeLease(lease({ epoch: 4, bootId: 'ffffffff-ffff-4fff-8fff-ffffffffffff' }));
    expect(watcher.read().dead).toBe(3);
  });
});
