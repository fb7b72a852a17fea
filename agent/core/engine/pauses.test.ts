import { describe, expect, test } from 'vitest';
import type { EngineStatus } from './status.ts';
import { engineStatus } from './status.ts';
import { FakeGroup, uuidOf } from './testing/fakeGroup.ts';

const VM = uuidOf(1);
const MINUTE_MS = 60_000;
const settled = (hosts = 2): FakeGroup => new FakeGroup(hosts, [{}]).settle('h1');
const codes = (group: FakeGroup): string[] =>
  group.log.map((line) => /s {2}\w+ {2}([a-z.-]+):/.exec(line)?.[1] ?? '');
const statusOf = (group: FakeGroup, host: string): EngineStatus =>
  engineStatus(group.host(host).engine, group.nowMs);
const tellTime = (group: FakeGroup, host: string, wallMs: number): void =>
  group.host(host).feed({ kind: 'wallClock', nowMs: group.nowMs, wallMs });

function disarmed(forMs: number | null): FakeGroup {
  const group = settled();
  tellTime(group, 'h1', 1_000_000);
  group.host('h1').command(1, { kind: 'disarm', forMs });
  return group.run(2000);
}

describe('disarming the group', () => {
  test('moves and restarts nothing until its time is over, then all that should run does', () => {
    const group = disarmed(MINUTE_MS);
    expect(group.host('h1').replies.get(1)).toMatchObject({
      kind: 'text',
      text: expect.stringContaining('1 min'),
    });
    group.host('h1').powerOff();
    group.run(50_000);
    expect(group.runningOn(1)).toEqual([]);
    group.run(30_000);
    expect(group.config.disarmed).toBe(false);
    expect(group.config).not.toHaveProperty('disarm');
    expect(group.runningOn(1)).toEqual(['h2']);
    expect(codes(group)).toContain('group.disarm-ended');
  });

  test('without a time it lasts until somebody arms the group', () => {
    const group = disarmed(null);
    group.run(10 * MINUTE_MS);
    expect(group.config.disarmed).toBe(true);
    group.host('h2').command(2, { kind: 'arm' });
    group.run(2000);
    expect(group.config.disarmed).toBe(false);
    group.host('h2').command(3, { kind: 'arm' });
    expect(group.host('h2').replies.get(3)).toMatchObject({ failure: { code: 'group.armed-already' } });
  });

  test('a crash meanwhile is handled after the end, and a shutdown from inside is an intent all the time', () => {
    const group = disarmed(MINUTE_MS);
    group.host('h1').change(VM, 'stopped', 'failed');
    group.run(40_000);
    expect(group.runningOn(1)).toEqual([]);
    group.run(30_000);
    expect(group.runningOn(1)).toEqual(['h1']);
    group.host('h1').command(4, { kind: 'disarm', forMs: MINUTE_MS });
    group.run(2000);
    group.host('h1').change(VM, 'stopped', 'shutdown');
    group.run(2 * MINUTE_MS);
    expect(group.runningOn(1)).toEqual([]);
  });

  test('the countdown is the same on each host, and asking again sets a new end', () => {
    const group = disarmed(MINUTE_MS);
    for (const host of ['h1', 'h2']) {
      const [pause] = statusOf(group, host).pauses ?? [];
      expect(pause).toMatchObject({ slot: null, untilWallMs: 1_060_000 });
      expect(Math.abs((pause?.endsInMs ?? 0) - 58_000)).toBeLessThan(1500);
    }
    group.host('h2').command(5, { kind: 'disarm', forMs: 10 * MINUTE_MS });
    group.run(5 * MINUTE_MS);
    expect(group.config.disarmed).toBe(true);
  });

  test('only one host proposes the end', () => {
    const group = disarmed(MINUTE_MS);
    const before = group.config.generation;
    group.run(3 * MINUTE_MS);
    expect(group.config.generation).toBe(before + 1);
    expect(codes(group).filter((code) => code === 'group.disarm-ended')).toHaveLength(1);
  });

  test('an end that the store does not take is tried again', () => {
    const group = disarmed(MINUTE_MS);
    for (const host of group.hosts) host.broken.set('proposeConfig', 'the store is away');
    group.run(2 * MINUTE_MS);
    expect(group.config.disarmed).toBe(true);
    for (const host of group.hosts) host.broken.clear();
    group.run(20_000);
    expect(group.config.disarmed).toBe(false);
  });
});

describe('the end of a pause and clocks', () => {
  test('a host whose clock is years ahead, and that sees the pause begin, does not end it early', () => {
    const group = settled();
    tellTime(group, 'h1', 1_000_000);
    tellTime(group, 'h2', 9_000_000_000_000);
    group.host('h1').command(1, { kind: 'disarm', forMs: 10 * MINUTE_MS });
    group.run(9 * MINUTE_MS);
    expect(group.config.disarmed).toBe(true);
    group.run(2 * MINUTE_MS);
    expect(group.config.disarmed).toBe(false);
  });

  test('a wall clock that jumps does not move the end on a host that saw it begin', () => {
    const group = disarmed(10 * MINUTE_MS);
    for (const host of ['h1', 'h2']) tellTime(group, host, 9_000_000_000);
    group.run(5 * MINUTE_MS);
    expect(group.config.disarmed).toBe(true);
    for (const host of ['h1', 'h2']) tellTime(group, host, 0);
    group.run(5 * MINUTE_MS + 10_000);
    expect(group.config.disarmed).toBe(false);
  });

  test('a second pause does not move the end of the first', () => {
    const group = settled(3);
    group.host('h3').command(1, { kind: 'maintenance', host: 'h1', on: true, forMs: 10 * MINUTE_MS });
    group.run(8 * MINUTE_MS);
    group.host('h3').command(2, { kind: 'maintenance', host: 'h2', on: true, forMs: 10 * MINUTE_MS });
    group.run(3 * MINUTE_MS);
    expect(group.config.maintenance?.map(({ slot }) => slot)).toEqual([1]);
  });

  test('an agent that is started again within the boot keeps the end', () => {
    const group = disarmed(10 * MINUTE_MS);
    group.run(8 * MINUTE_MS);
    group.host('h2').powerOff();
    group.host('h1').restartAgent();
    tellTime(group, 'h1', 0);
    group.run(3 * MINUTE_MS);
    expect(group.config.disarmed).toBe(false);
  });

  test('a host that is started meanwhile goes by its wall clock', () => {
    const group = disarmed(10 * MINUTE_MS);
    group.host('h1').powerOff();
    group.host('h2').powerOff();
    group.run(8 * MINUTE_MS);
    group.host('h2').powerOn();
    tellTime(group, 'h2', 1_000_000 + 8 * MINUTE_MS);
    group.run(MINUTE_MS);
    expect(group.config.disarmed).toBe(true);
    group.run(2 * MINUTE_MS);
    expect(group.config.disarmed).toBe(false);
  });

  test('with a clock that is far behind, a pause lasts at most its whole length from the start of the host', () => {
    const group = disarmed(10 * MINUTE_MS);
    group.host('h1').powerOff();
    group.host('h2').powerOff();
    group.run(8 * MINUTE_MS);
    group.host('h2').powerOn();
    tellTime(group, 'h2', 0);
    group.run(9 * MINUTE_MS);
    expect(group.config.disarmed).toBe(true);
    group.run(2 * MINUTE_MS);
    expect(group.config.disarmed).toBe(false);
  });
});

describe('changing a policy', () => {
  test('what is named changes, and the rest stays', () => {
    const group = settled();
    group.host('h2').command(1, { kind: 'policy', vm: 'web1', policy: { order: 7, maxRestarts: 0 } });
    group.run(2000);
    expect(group.config.vms[0]?.policy).toEqual({
      maxRestarts: 0,
      windowMs: 60_000,
      order: 7,
      shutdownTimeoutMs: 10_000,
    });
    group.host('h1').change(VM, 'stopped', 'failed');
    group.run(10_000);
    expect(group.runningOn(1)).toEqual(['h2']);
  });

  test('a VM that is not protected is refused by field', () => {
    const group = settled();
    group.host('h1').command(1, { kind: 'policy', vm: 'ghost', policy: {} });
    expect(group.host('h1').replies.get(1)).toMatchObject({
      failure: { code: 'vm.not-protected', field: 'vm' },
    });
  });
});
