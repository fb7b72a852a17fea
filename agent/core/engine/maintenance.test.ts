import { describe, expect, test } from 'vitest';
import { readiness } from './readiness.ts';
import { engineStatus } from './status.ts';
import { FakeGroup, uuidOf } from './testing/fakeGroup.ts';

const VM = uuidOf(1);
const MINUTE_MS = 60_000;
const settled = (hosts = 2, vms: ConstructorParameters<typeof FakeGroup>[1] = [{}]): FakeGroup =>
  new FakeGroup(hosts, vms).settle('h1');
const begin = (group: FakeGroup, host: string, forMs: number | null = null): FakeGroup => {
  group.host('h2').command(1, { kind: 'maintenance', host, on: true, forMs });
  return group;
};
const codes = (group: FakeGroup): string[] =>
  group.log.map((line) => /s {2}\w+ {2}([a-z.-]+):/.exec(line)?.[1] ?? '');

describe('a host in maintenance', () => {
  test('is emptied, the first VM in start order first, by shutting down here and starting there', () => {
    const group = settled(2, [
      {},
      { policy: { maxRestarts: 1, windowMs: 60_000, order: 1, shutdownTimeoutMs: 10_000 } },
    ]);
    begin(group, 'h1').run(30_000);
    expect([group.runningOn(1), group.runningOn(2)]).toEqual([['h2'], ['h2']]);
    const story = group.log.filter((line) => /switchover-begun|switched-over/.test(line));
    expect(story.map((line) => /(web\d|has taken web\d)/.exec(line)?.[0])).toEqual([
      'web2',
      'web1',
      'has taken web1',
      'has taken web2',
    ]);
    expect(group.host('h1').asked).not.toContain('destroy');
  });

  test('takes nothing over while it lasts, and may again afterwards', () => {
    const group = begin(settled(), 'h1', 5 * MINUTE_MS).run(20_000);
    group.host('h2').powerOff();
    group.run(60_000);
    expect(group.runningOn(1)).toEqual([]);
    group.run(5 * MINUTE_MS);
    expect(group.config).not.toHaveProperty('maintenance');
    expect(group.runningOn(1)).toEqual(['h1']);
    expect(codes(group)).toContain('host.maintenance-ended');
  });

  test('starts a VM that somebody asks it for by name', () => {
    const group = begin(settled(), 'h1').run(20_000);
    group.host('h2').powerOff();
    group.run(30_000);
    group.host('h1').command(2, { kind: 'vm.start', vm: 'web1' });
    group.run(10_000);
    expect(group.runningOn(1)).toEqual(['h1']);
  });

  test('is given nothing back when its time is over', () => {
    const group = begin(settled(), 'h1', MINUTE_MS).run(3 * MINUTE_MS);
    expect(group.runningOn(1)).toEqual(['h2']);
    expect(group.config).not.toHaveProperty('maintenance');
  });

  test('delays no other host that takes over, though it is alive and preferred', () => {
    const group = settled(3);
    group.config = { ...group.config, vms: group.config.vms.map((vm) => ({ ...vm, hosts: [1, 0, 2] })) };
    group.host('h3').command(1, { kind: 'maintenance', host: 'h2', on: true, forMs: null });
    group.run(2000);
    group.host('h1').powerOff();
    group.run(14_500);
    expect(group.runningOn(1)).toEqual(['h3']);
  });

  test('keeps a VM that can go nowhere, says so once, and lets it go as soon as it can', () => {
    const group = settled();
    group.host('h2').powerOff();
    group.run(5000);
    group.host('h1').command(1, { kind: 'maintenance', host: 'h1', on: true, forMs: null });
    group.run(30_000);
    expect(group.runningOn(1)).toEqual(['h1']);
    expect(codes(group).filter((code) => code === 'vm.nowhere-to-go')).toHaveLength(1);
    const [vm] = engineStatus(group.host('h1').engine, group.nowMs).vms;
    expect(vm?.staysBecause?.code).toBe('vm.nowhere-to-go');
    group.host('h2').powerOn();
    group.run(30_000);
    expect(group.runningOn(1)).toEqual(['h2']);
  });

  test('gives up moving a VM after three attempts that failed, and restarts it no more often', () => {
    const group = settled();
    group.host('h1').broken.set('release', 'the store does not take it');
    begin(group, 'h1').run(20 * MINUTE_MS);
    expect(group.runningOn(1)).toEqual(['h1']);
    expect(codes(group).filter((code) => code === 'vm.switchover-begun')).toHaveLength(3);
    expect(codes(group)).toContain('vm.evacuation-failed');
    const [vm] = engineStatus(group.host('h1').engine, group.nowMs).vms;
    expect(vm?.staysBecause?.code).toBe('vm.evacuation-failed');
  });

  test('makes VMs that only it could take over unprotected, with the way to end that', () => {
    const group = settled();
    group.host('h2').command(1, { kind: 'maintenance', host: 'h2', on: true, forMs: null });
    group.run(5000);
    const [vm] = group.config.vms;
    if (!vm) throw new Error('no VM');
    expect(readiness(group.host('h1').engine, vm, group.nowMs)).toMatchObject({
      level: 'unprotected',
      reasons: [{ code: 'ready.standby-in-maintenance' }],
    });
    group.host('h1').command(2, { kind: 'switchover', vm: 'web1', to: 'h2' });
    expect(group.host('h1').replies.get(2)).toMatchObject({ failure: { code: 'vm.target-in-maintenance' } });
  });

  test.each<[string, (group: FakeGroup) => void, string]>([
    [
      'the last host that is left',
      (group) => {
        group.host('h1').command(9, { kind: 'maintenance', host: 'h2', on: true, forMs: null });
        group.run(2000);
        group.host('h1').command(1, { kind: 'maintenance', host: 'h1', on: true, forMs: null });
      },
      'group.no-host-left',
    ],
    [
      'a host of a disarmed group',
      (group) => {
        group.config = { ...group.config, disarmed: true };
        group.run(1000);
        group.host('h1').command(1, { kind: 'maintenance', host: 'h1', on: true, forMs: null });
      },
      'group.disarmed',
    ],
    [
      'a host that there is not',
      (group) => group.host('h1').command(1, { kind: 'maintenance', host: 'h9', on: true, forMs: null }),
      'host.unknown',
    ],
    [
      'ending what has not begun',
      (group) => group.host('h1').command(1, { kind: 'maintenance', host: 'h1', on: false }),
      'host.not-in-maintenance',
    ],
  ])('%s is refused', (_what, act, code) => {
    const group = settled();
    act(group);
    expect(group.host('h1').replies.get(1)).toMatchObject({ kind: 'failure', failure: { code } });
  });
});

test('a switchover just after a change of the configuration, when evidence of leases begins anew, is not refused', () => {
  const group = settled();
  group.hasEvidence = false;
  group.run(1000);
  group.host('h1').command(1, { kind: 'switchover', vm: 'web1', to: 'h2' });
  expect(group.host('h1').replies.get(1)).toBeUndefined();
  group.run(10_000);
  expect(group.runningOn(1)).toEqual(['h2']);
});

describe('stopping a switchover', () => {
  const switching = (afterMs: number): FakeGroup => {
    const group = settled();
    group.host('h1').command(1, { kind: 'switchover', vm: 'web1', to: 'h2' });
    return group.run(afterMs);
  };

  test('while the guest still runs it stays, and is started again here when it goes down after all', () => {
    const group = switching(1000);
    expect(engineStatus(group.host('h1').engine, group.nowMs).vms[0]?.activity?.mayStop).toBe(true);
    group.host('h1').command(2, { kind: 'cancel', vm: 'web1' });
    expect(group.host('h1').replies.get(1)).toMatchObject({ failure: { code: 'vm.switchover-cancelled' } });
    expect(group.host('h1').replies.get(2)).toMatchObject({ kind: 'text' });
    group.run(20_000);
    expect(group.runningOn(1)).toEqual(['h1']);
    expect(group.token(0)).toMatchObject({ generation: 1, note: { desired: 'running', released: false } });
  });

  test('is refused from when the token is given up, and nothing is lost by asking', () => {
    const group = settled();
    group.host('h1').broken.set('release', 'never');
    group.host('h1').command(1, { kind: 'switchover', vm: 'web1', to: 'h2' });
    group.run(5000);
    expect(engineStatus(group.host('h1').engine, group.nowMs).vms[0]?.activity).toMatchObject({
      step: 'release',
      mayStop: false,
    });
    group.host('h1').command(2, { kind: 'cancel', vm: 'web1' });
    expect(group.host('h1').replies.get(2)).toMatchObject({ failure: { code: 'vm.too-late-to-cancel' } });
  });

  test('of a VM that is not being moved is refused', () => {
    const group = settled();
    group.host('h1').command(2, { kind: 'cancel', vm: 'web1' });
    expect(group.host('h1').replies.get(2)).toMatchObject({ failure: { code: 'vm.no-switchover' } });
  });

  test('that a maintenance began keeps the VM here for the rest of it', () => {
    const group = begin(settled(), 'h1').run(1500);
    group.host('h1').command(2, { kind: 'cancel', vm: 'web1' });
    group.run(10 * MINUTE_MS);
    expect(group.runningOn(1)).toEqual(['h1']);
    group.host('h1').command(3, { kind: 'switchover', vm: 'web1', to: null });
    group.run(10_000);
    expect(group.runningOn(1)).toEqual(['h2']);
  });

  test('stopped at whatever moment, the guest runs on one host and only there', () => {
    for (let atMs = 100; atMs < 6000; atMs += 100) {
      const group = switching(atMs);
      group.host('h1').command(2, { kind: 'cancel', vm: 'web1' });
      for (let more = 0; more < 40; more += 1) {
        group.run(500);
        expect(group.runningOn(1).length, `cancelled after ${atMs} ms`).toBeLessThanOrEqual(1);
      }
      expect(group.runningOn(1), `cancelled after ${atMs} ms`).toHaveLength(1);
      expect(group.host('h1').domains.get(VM)?.state === 'running').toBe(group.runningOn(1)[0] === 'h1');
    }
  });
});

describe('a host in maintenance whose VMs move while they run', () => {
  const live = (how: 'live' | 'live-or-shutdown', vms: ConstructorParameters<typeof FakeGroup>[1] = [{}]) => {
    const group = settled(2, vms);
    group
      .host('h2')
      .command(1, { kind: 'maintenance', host: 'h1', on: true, forMs: null, bringBack: true, how });
    return group.run(5000);
  };
  const stateOn = (group: FakeGroup, host: string): string | undefined =>
    group.host(host).domains.get(VM)?.state;

  test('is emptied without a shutdown, and they come home in the same way', () => {
    const group = live('live');
    expect([stateOn(group, 'h1'), stateOn(group, 'h2')]).toEqual(['running', 'paused']);
    group.host('h1').move?.arrive();
    group.run(5000);
    expect(group.runningOn(1)).toEqual(['h2']);
    expect(group.token(0).note?.comesBack).toBe('live');
    group.host('h2').command(2, { kind: 'maintenance', host: 'h1', on: false });
    group.run(20_000);
    expect([stateOn(group, 'h1'), stateOn(group, 'h2')]).toEqual(['paused', 'running']);
    group.host('h2').move?.arrive();
    group.run(10_000);
    expect(group.runningOn(1)).toEqual(['h1']);
    expect(group.token(0).note).not.toHaveProperty('comesBack');
    expect([...group.host('h1').asked, ...group.host('h2').asked]).not.toContain('shutdown');
    expect([...group.host('h1').asked, ...group.host('h2').asked]).not.toContain('createPaused');
  });

  test('moves two at a time, the first in start order first, then the largest', () => {
    const policy = { maxRestarts: 1, windowMs: 60_000, order: 1, shutdownTimeoutMs: 10_000 };
    const group = live('live', [{ memoryMiB: 128 }, { memoryMiB: 512 }, { policy }]);
    const begun = (): readonly (string | undefined)[] =>
      group.log.filter((line) => line.includes('switchover-begun')).map((line) => /web\d/.exec(line)?.[0]);
    expect(begun()).toEqual(['web3', 'web2']);
    group.host('h1').move?.arrive();
    group.run(5000);
    expect(begun()).toEqual(['web3', 'web2', 'web1']);
  });

  test('keeps one that can not be moved so running, and says why', () => {
    const group = live('live');
    for (let attempt = 0; attempt < 3; attempt += 1) {
      group.host('h1').move?.fail('the processors differ');
      group.run(6 * MINUTE_MS);
    }
    expect(group.runningOn(1)).toEqual(['h1']);
    expect(group.host('h1').asked).not.toContain('shutdown');
    expect(codes(group)).toContain('vm.evacuation-failed');
    const [vm] = engineStatus(group.host('h1').engine, group.nowMs).vms;
    expect(vm?.staysBecause?.message).toContain('the processors differ');
  });

  test('shuts one that can not be moved so down only where that was allowed, and brings it home', () => {
    const group = live('live-or-shutdown');
    group.host('h1').move?.fail('the processors differ');
    group.run(20_000);
    expect(group.runningOn(1)).toEqual(['h2']);
    expect(group.host('h1').asked).toContain('shutdown');
    expect(group.token(0).note?.comesBack).toBe('live-or-shutdown');
  });

  test('leaves one alone whose move somebody has stopped', () => {
    const group = live('live');
    group.host('h1').command(2, { kind: 'cancel', vm: 'web1' });
    group.run(10 * MINUTE_MS);
    expect(group.runningOn(1)).toEqual(['h1']);
    expect(codes(group).filter((code) => code === 'vm.switchover-begun')).toHaveLength(1);
  });

  test('that is about to be switched off has no time for that: they are shut down', () => {
    const group = settled();
    group.host('h1').command(1, { kind: 'maintenance', host: 'h1', on: true, forMs: null, how: 'live' });
    group.host('h1').command(2, { kind: 'goingDown', reason: 'shutdown' });
    group.run(20_000);
    expect(group.runningOn(1)).toEqual(['h2']);
    expect(group.host('h1').asked).toContain('shutdown');
  });
});
