import { describe, expect, test } from 'vitest';
import { readiness } from './readiness.ts';
import { createEngine } from './state.ts';
import { engineStatus } from './status.ts';
import { FakeGroup } from './testing/fakeGroup.ts';

const policy = { maxRestarts: 1, windowMs: 60_000, order: 100, shutdownTimeoutMs: 10_000 };
const settled = (hosts = 2, vms: ConstructorParameters<typeof FakeGroup>[1] = [{}]): FakeGroup =>
  new FakeGroup(hosts, vms).settle('h1');
const codes = (group: FakeGroup): string[] => group.events.map(({ event }) => event.code);
const goDown = (
  group: FakeGroup,
  host: string,
  reason: 'shutdown' | 'on-battery' | 'low-battery' = 'shutdown',
): FakeGroup => {
  group.host(host).command(1, { kind: 'goingDown', reason });
  return group;
};
/** What the heartbeats of the others say to `host`. */
const hear = (group: FakeGroup, host: string, goingDown: 'shutdown' | 'on-battery'): void => {
  const peers = group.hosts
    .filter(({ name }) => name !== host)
    .map(({ slot }) => ({ slot, heard: 'up' as const, agentVersion: null, goingDown }));
  group.host(host).feed({ kind: 'peers', nowMs: group.nowMs, peers });
};
const left = (group: FakeGroup, host: string): number | undefined =>
  engineStatus(group.host(host).engine, group.nowMs).self.goingDown?.vmsLeft;

describe('a host that is shut down', () => {
  test('gives its VMs away by release, so that nobody waits for T, and says when the last is gone', () => {
    const group = goDown(settled(2, [{}, {}, {}]), 'h1');
    expect(left(group, 'h1')).toBe(3);
    group.run(8000);
    expect([1, 2, 3].map((vm) => group.runningOn(vm))).toEqual([['h2'], ['h2'], ['h2']]);
    expect(left(group, 'h1')).toBe(0);
    expect(codes(group)).toContain('host.emptied');
    expect(group.host('h1').asked).not.toContain('destroy');
  });

  test('shuts a VM that nobody can take down, leaves it free, and does not take it back', () => {
    const group = settled();
    group.host('h2').powerOff();
    group.run(20_000);
    goDown(group, 'h1').run(60_000);
    expect(group.runningOn(1)).toEqual([]);
    expect(group.token(0).note).toMatchObject({ released: true, releasedTo: null, desired: 'running' });
    expect(codes(group)).toContain('vm.left-free');
    expect(left(group, 'h1')).toBe(0);
    group.host('h2').powerOn();
    group.run(20_000);
    expect(group.runningOn(1)).toEqual(['h2']);
  });

  test('does not take back what the other host did not take in time', () => {
    const group = settled();
    group.host('h2').broken.set('acquire', 'it has its own worries');
    goDown(group, 'h1').run(60_000);
    expect(group.runningOn(1)).toEqual([]);
    expect(codes(group)).toContain('vm.left-free');
    expect(codes(group)).not.toContain('vm.taken-back');
    group.host('h2').broken.clear();
    group.run(30_000);
    expect(group.runningOn(1)).toEqual(['h2']);
  });

  test('takes nothing over, starts nothing, and refuses a start by hand', () => {
    const group = goDown(settled(), 'h2').run(1000);
    group.host('h1').powerOff();
    group.run(60_000);
    expect(group.runningOn(1)).toEqual([]);
    group.host('h2').command(2, { kind: 'vm.start', vm: 'web1' });
    expect(group.host('h2').replies.get(2)).toMatchObject({ failure: { code: 'host.going-down' } });
    group.host('h2').command(3, { kind: 'stay' });
    group.run(20_000);
    expect(group.runningOn(1)).toEqual(['h2']);
    expect(codes(group)).toContain('host.stays-on');
  });

  test('tries again soon when the release failed, and is patient with nothing', () => {
    const group = settled();
    group.host('h1').broken.set('release', 'the store does not take it');
    goDown(group, 'h1').run(5000);
    group.host('h1').broken.clear();
    group.run(15_000);
    expect(group.runningOn(1)).toEqual(['h2']);
  });

  test('moves what an earlier maintenance could not move', () => {
    const group = settled();
    group.host('h1').broken.set('release', 'the store does not take it');
    group.host('h2').command(9, { kind: 'maintenance', host: 'h1', on: true, forMs: null });
    group.run(20 * 60_000);
    group.host('h1').broken.clear();
    goDown(group, 'h1').run(10_000);
    expect(group.runningOn(1)).toEqual(['h2']);
  });

  test('of a disarmed group moves nothing, but shuts guests down in order', () => {
    const group = settled();
    group.config = { ...group.config, disarmed: true };
    group.run(1000);
    goDown(group, 'h1').run(20_000);
    expect(group.runningOn(1)).toEqual([]);
    expect(group.token(0).note).toMatchObject({ released: true, releasedTo: null, desired: 'running' });
    group.config = { ...group.config, disarmed: false };
    group.run(20_000);
    expect(group.runningOn(1)).toEqual(['h2']);
  });

  test('a VM that was meant to be down stays down', () => {
    const group = settled();
    group.host('h1').command(5, { kind: 'vm.stop', vm: 'web1' });
    group.run(10_000);
    goDown(group, 'h1').run(30_000);
    expect(group.runningOn(1)).toEqual([]);
    expect(left(group, 'h1')).toBe(0);
  });

  test('is given nothing by the others, who say so', () => {
    const group = settled();
    hear(group, 'h1', 'shutdown');
    const [vm] = group.config.vms;
    if (!vm) throw new Error('no VM');
    expect(readiness(group.host('h1').engine, vm, group.nowMs)).toMatchObject({
      level: 'unprotected',
      reasons: [{ code: 'ready.standby-going-down' }],
    });
    group.host('h1').command(1, { kind: 'switchover', vm: 'web1', to: null });
    expect(group.host('h1').replies.get(1)).toMatchObject({ failure: { code: 'vm.no-such-target' } });
    group.host('h1').command(2, { kind: 'switchover', vm: 'web1', to: 'h2' });
    expect(group.host('h1').replies.get(2)).toMatchObject({ failure: { code: 'vm.target-going-down' } });
  });

  test('at whatever moment it begins, the guest runs on one host and only there', () => {
    for (let atMs = 0; atMs < 6000; atMs += 200) {
      const group = settled();
      group.host('h1').command(2, { kind: 'switchover', vm: 'web1', to: 'h2' });
      group.run(atMs);
      goDown(group, 'h1');
      for (let more = 0; more < 40; more += 1) {
        group.run(500);
        expect(group.runningOn(1).length, `after ${atMs} ms`).toBeLessThanOrEqual(1);
      }
      expect(group.runningOn(1), `after ${atMs} ms`).toEqual(['h2']);
    }
  });
});

describe('a UPS', () => {
  test('on battery for a while: VMs go to the host that has power', () => {
    const group = goDown(settled(), 'h1', 'on-battery').run(29_000);
    expect(group.runningOn(1)).toEqual(['h1']);
    group.run(10_000);
    expect(group.runningOn(1)).toEqual(['h2']);
  });

  test('on battery everywhere: VMs stay, until the battery is low; then they are shut down and wait for power', () => {
    const group = settled();
    hear(group, 'h1', 'on-battery');
    hear(group, 'h2', 'on-battery');
    goDown(group, 'h2', 'on-battery');
    goDown(group, 'h1', 'on-battery').run(60_000);
    expect(group.runningOn(1)).toEqual(['h1']);
    expect(left(group, 'h1')).toBe(0);
    expect(codes(group)).toContain('vm.nowhere-to-go');
    goDown(group, 'h2', 'low-battery');
    goDown(group, 'h1', 'low-battery').run(20_000);
    expect(group.runningOn(1)).toEqual([]);
    group.host('h1').powerOff();
    group.host('h2').powerOff();
    group.run(20_000);
    group.host('h2').powerOn();
    group.run(30_000);
    expect(group.runningOn(1)).toEqual(['h2']);
  });

  test('a host on battery still takes over from one that died', () => {
    const group = goDown(settled(), 'h2', 'on-battery').run(1000);
    group.host('h1').powerOff();
    group.run(30_000);
    expect(group.runningOn(1)).toEqual(['h2']);
  });

  test('an agent that is started again on battery still knows it; after a boot it is over', () => {
    const group = goDown(settled(), 'h1', 'on-battery').run(1000);
    const { memory } = group.host('h1');
    const setup = { slot: 0, hostName: 'h1', needsRealTime: true, definitions: [] };
    expect(createEngine({ ...setup, memory }).goingDown).toMatchObject({ reason: 'on-battery' });
    group.host('h1').powerOff();
    group.host('h1').powerOn();
    expect(group.host('h1').engine.goingDown).toBeNull();
  });

  test('power that is back ends it, also when it never was away', () => {
    const group = goDown(settled(), 'h1', 'on-battery').run(1000);
    group.host('h1').command(2, { kind: 'stay' });
    group.host('h1').command(3, { kind: 'stay' });
    expect(group.host('h1').engine.goingDown).toBeNull();
    expect(codes(group).filter((code) => code === 'host.stays-on')).toHaveLength(1);
  });
});

describe('moves at once', () => {
  test('are at most four, the first in start order first, and among equals the largest', () => {
    const group = settled(2, [
      { memoryMiB: 100 },
      { memoryMiB: 400 },
      { memoryMiB: 200 },
      { policy: { ...policy, order: 1 } },
      { memoryMiB: 300 },
      { memoryMiB: 500, policy: { ...policy, order: 999 } },
    ]);
    group.host('h1').command(1, { kind: 'maintenance', host: 'h1', on: true, forMs: null });
    group.run(1000);
    const begun = (): string[] =>
      group.log
        .filter((line) => line.includes('switchover-begun'))
        .map((line) => /web\d/.exec(line)?.[0] ?? '');
    expect(begun()).toEqual(['web4', 'web2', 'web5', 'web3']);
    group.run(30_000);
    expect(begun().slice(4)).toEqual(['web1', 'web6']);
    expect(group.config.vms.map((_, index) => group.runningOn(index + 1))).toEqual(Array(6).fill(['h2']));
  });
});

describe('after a maintenance that is to bring VMs back', () => {
  const away = (hosts = 2): FakeGroup => {
    const group = settled(hosts, [{}, { hosts: [1, 0] }]);
    group.host('h1').command(1, { kind: 'maintenance', host: 'h1', on: true, forMs: null, bringBack: true });
    group.run(20_000);
    expect([group.runningOn(1), group.runningOn(2)]).toEqual([['h2'], ['h2']]);
    return group;
  };
  const end = (group: FakeGroup): FakeGroup => {
    group.host('h2').command(2, { kind: 'maintenance', host: 'h1', on: false });
    return group;
  };

  test('those that prefer the host come back to it, and no others', () => {
    const group = end(away()).run(30_000);
    expect([group.runningOn(1), group.runningOn(2)]).toEqual([['h1'], ['h2']]);
    expect(group.token(0).note?.reason).toBeNull();
  });

  test('not while it lasts, nor before the host has been there for a while', () => {
    const group = away().run(60_000);
    expect(group.runningOn(1)).toEqual(['h2']);
    end(group).run(5000);
    expect(group.runningOn(1)).toEqual(['h2']);
  });

  test('a host that took over meanwhile brings them back, too', () => {
    const group = away(3);
    group.host('h2').powerOff();
    group.run(30_000);
    expect(group.runningOn(1)).toEqual(['h3']);
    group.host('h3').command(2, { kind: 'maintenance', host: 'h1', on: false });
    group.run(30_000);
    expect(group.runningOn(1)).toEqual(['h1']);
  });

  test('what somebody moved by hand meanwhile stays where it was put', () => {
    const group = away(3);
    group.host('h2').command(3, { kind: 'switchover', vm: 'web1', to: 'h3' });
    group.run(20_000);
    group.host('h3').command(2, { kind: 'maintenance', host: 'h1', on: false });
    group.run(60_000);
    expect(group.runningOn(1)).toEqual(['h3']);
  });

  test('a VM that was at home again is not moved after a later failover', () => {
    const group = away();
    group.host('h2').powerOff();
    group.run(1000);
    group.host('h1').command(2, { kind: 'maintenance', host: 'h1', on: false });
    group.run(30_000);
    expect(group.runningOn(1)).toEqual(['h1']);
    group.host('h2').powerOn();
    group.run(20_000);
    group.host('h1').powerOff();
    group.run(30_000);
    group.host('h1').powerOn();
    group.run(60_000);
    expect(group.runningOn(1)).toEqual(['h2']);
  });

  test('after three attempts that failed it stays, and that is said', () => {
    const group = away();
    group.host('h2').broken.set('release', 'the store does not take it');
    end(group).run(20 * 60_000);
    expect(group.runningOn(1)).toEqual(['h2']);
    expect(codes(group).filter((code) => code === 'vm.stays-away')).toHaveLength(1);
  });
});
