import { describe, expect, test } from 'vitest';
import { takeoverTimeMs } from '../../agent/core/timing.ts';
import { runChaos } from './keeperChaos.ts';
import { KeeperWorld, type WorldOptions, vmId } from './keeperWorld.ts';

/** The real keepers of two or three hosts over a simulated store; docs/safety.md names the invariants. */

const T = 21_500;
const START_MS = 60_000;

function world(over: Partial<WorldOptions> = {}): KeeperWorld {
  const steady = {
    seed: 1,
    hosts: 2,
    vms: 2,
    profile: 'steady',
    drain: 'threads-stopped',
    watchdogs: true,
  } as const;
  const made = new KeeperWorld({ ...steady, ...over });
  made.run(START_MS);
  expect(made.runsOn(vmId(0))).toBe(0);
  expect(made.runsOn(vmId(1))).toBe(1);
  return made;
}

const at = (made: KeeperWorld, slot: number) => {
  const host = made.hosts[slot];
  if (host === undefined) {
    throw new Error('no such host');
  }
  return host;
};
const everyone = (made: KeeperWorld, reach: 'ok' | 'stall' | 'cut') => {
  for (const host of made.hosts) {
    made.store.setReach(host.slot, reach);
  }
};

describe('one host is lost', () => {
  test('power loss: the VM runs on the other host after T, and not before', () => {
    const made = world();
    at(made, 0).powerOff();
    made.run(START_MS + T - 1000);
    expect(made.runsOn(vmId(0))).toBeNull();
    made.run(START_MS + T + 4000);
    expect(made.runsOn(vmId(0))).toBe(1);
    expect(made.violations).toEqual([]);
  });

  test('a short power loss: the new boot proves the death, and T is not waited for', () => {
    const made = world({ profile: 'patient' });
    const downMs = START_MS + 10_000;
    at(made, 0).powerOff();
    at(made, 0).powerOn();
    made.run(downMs + 34_000);
    expect(made.runsOn(vmId(0))).not.toBeNull();
    expect(made.violations).toEqual([]);
  });

  test('a frozen host is reset by its watchdog before the other takes over', () => {
    const made = world();
    at(made, 0).freeze();
    made.run(START_MS + T + 4000);
    expect(at(made, 0).resets).toBe(1);
    expect(made.runsOn(vmId(0))).toBe(1);
    expect(made.violations).toEqual([]);
  });

  test('without a watchdog nothing is taken over by time, and a thawed host finds out that it lost the lease', () => {
    const made = world({ watchdogs: false });
    at(made, 0).freeze();
    made.run(START_MS + 3 * T);
    expect(made.runsOn(vmId(0))).toBeNull();
    at(made, 0).thaw();
    made.run(START_MS + 4 * T);
    expect(made.runsOn(vmId(0))).not.toBeNull();
    expect(made.violations).toEqual([]);
  });

  test('a dead keeper comes back within L, and its VM never stopped', () => {
    const made = world();
    const [guest] = made.guests.on(0);
    for (let round = 0; round < 5; round += 1) {
      at(made, 0).killKeeper();
      made.run(made.queue.nowMs + 8000);
    }
    expect(made.guests.on(0)).toEqual([guest]);
    expect(at(made, 0).resets).toBe(0);
    expect(made.violations).toEqual([]);
  });

  test('rule 6: a keeper that keeps crashing while the store is gone gets no new L from it', () => {
    const made = world();
    made.store.setReach(0, 'stall');
    made.cuts.add('0>1').add('1>0');
    for (let round = 0; round < 12; round += 1) {
      at(made, 0).killKeeper();
      made.run(made.queue.nowMs + 2000);
    }
    expect(made.guests.on(0).filter((guest) => made.guests.canWrite(guest))).toEqual([]);
    made.run(made.queue.nowMs + T);
    expect(made.runsOn(vmId(0))).toBe(1);
    expect(made.violations).toEqual([]);
  });
});

describe('the store is lost', () => {
  test('by one host alone: it stops its VM without a reset, says so, and the other goes on before T', () => {
    const made = world();
    made.store.setReach(0, 'cut');
    made.run(START_MS + 14_000);
    expect(at(made, 0).resets).toBe(0);
    expect(made.runsOn(vmId(0))).toBe(1);
    expect(made.violations).toEqual([]);
  });

  test('by one host alone, with I/O that hangs: no proof of drained, so the watchdog ends it', () => {
    const made = world({ seed: 3 });
    made.store.setReach(0, 'stall');
    made.run(START_MS + 20_000);
    expect(at(made, 0).resets).toBe(1);
    // Its last renewals may still land for a while, and each starts T again.
    made.run(START_MS + 2 * T + 6000);
    expect(made.runsOn(vmId(0))).toBe(1);
    expect(made.violations).toEqual([]);
  });

  test.each([2, 3])(
    'I8: by all %i hosts at once: guests are held, nobody is reset, the same hosts go on',
    (hosts) => {
      const made = world({ hosts });
      const before = made.guests.all.map((guest) => guest.pid);
      everyone(made, 'stall');
      made.run(START_MS + 20_000);
      expect(made.runsOn(vmId(0))).toBeNull();
      made.run(START_MS + 90_000);
      everyone(made, 'ok');
      made.run(START_MS + 110_000);
      expect(made.guests.all.map((guest) => guest.pid)).toEqual(before);
      expect(made.runsOn(vmId(0))).toBe(0);
      expect(made.runsOn(vmId(1))).toBe(1);
      expect(made.hosts.map((host) => host.resets)).toEqual(Array.from({ length: hosts }, () => 0));
      expect(made.violations).toEqual([]);
    },
  );

  test('by all hosts, which cannot hear each other: they stop, each for itself', () => {
    const made = world();
    made.cuts.add('0>1').add('1>0');
    everyone(made, 'stall');
    made.run(START_MS + 40_000);
    expect(made.guests.all).toEqual([]);
    everyone(made, 'ok');
    made.run(START_MS + 120_000);
    expect(made.runsOn(vmId(0))).not.toBeNull();
    expect(made.runsOn(vmId(1))).not.toBeNull();
    expect(made.violations).toEqual([]);
  });

  test('rule 15: rolled back by a snapshot, the holders keep their VMs', () => {
    const made = world();
    made.run(START_MS + 10_000);
    const before = made.guests.all.map((guest) => guest.pid);
    made.store.rollback(32_000);
    made.run(START_MS + 60_000);
    expect(made.guests.all.map((guest) => guest.pid)).toEqual(before);
    expect(made.story.some((line) => line.includes('store.regressed'))).toBe(true);
    expect(made.violations).toEqual([]);
  });
});

test('I7: with every network lost and the store reachable nothing moves and nobody is reset', () => {
  const made = world({ hosts: 3 });
  for (const from of [0, 1, 2]) {
    for (const to of [0, 1, 2]) {
      made.cuts.add(`${from}>${to}`);
    }
  }
  const before = made.guests.all.map((guest) => guest.pid);
  made.run(START_MS + 120_000);
  expect(made.guests.all.map((guest) => guest.pid)).toEqual(before);
  expect(made.hosts.map((host) => host.resets)).toEqual([0, 0, 0]);
});

test('the whole site goes down and comes up: every VM runs again, with nobody typing anything', () => {
  const made = world();
  for (const host of made.hosts) {
    host.powerOff();
  }
  made.run(START_MS + 30_000);
  for (const host of made.hosts) {
    host.powerOn();
  }
  made.run(START_MS + 30_000 + 2 * takeoverTimeMs(made.timing) + 45_000);
  expect(made.runsOn(vmId(0))).not.toBeNull();
  expect(made.runsOn(vmId(1))).not.toBeNull();
  expect(made.violations).toEqual([]);
});

test('the same seed gives the same run', () => {
  expect(runChaos(17).story).toEqual(runChaos(17).story);
});

test.each(Array.from({ length: 24 }, (_, index) => index * 1000 + 7))(
  'chaos of seed %i: no two holders, no late write over another host, and all VMs run in the end',
  (seed) => {
    const { violations, stuck } = runChaos(seed);
    expect(violations).toEqual([]);
    expect(stuck).toEqual([]);
  },
);
