import { describe, expect, test } from 'vitest';
import { Failback } from '../../protocol/group.ts';
import { FAILBACK_PAUSE_MS, FIT_FOR_MS, isInHours } from './failback.ts';
import { FakeGroup } from './testing/fakeGroup.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const POLICY = { maxRestarts: 1, windowMs: 60_000, order: 100, shutdownTimeoutMs: 10_000 };
const AT_ONCE: Failback = { when: 'at-once', orShutDown: false };
const NIGHT: Failback = { when: 'idle-hours', hours: { from: 22, to: 6 }, orShutDown: false };

/** web1 prefers h1 and runs on h2, as after a takeover. */
const astray = (failback: Failback = AT_ONCE, hosts = 2): FakeGroup =>
  new FakeGroup(hosts, [{ policy: { ...POLICY, failback } }]).settle('h2');
const moves = (group: FakeGroup): readonly string[] =>
  group.events.filter(({ event }) => event.code === 'vm.switchover-begun').map(({ event }) => event.text);
/** A live move that is under way arrives. */
const arrive = (group: FakeGroup): void => {
  for (const host of group.hosts) host.move?.arrive();
  group.run(5000);
};
const tellHour = (group: FakeGroup, utcHour: number, localOffsetMs = 0): FakeGroup => {
  group.host('h2').feed({ kind: 'wallClock', nowMs: group.nowMs, wallMs: utcHour * HOUR_MS, localOffsetMs });
  return group;
};

describe('a VM whose policy gives it back at once', () => {
  test('goes back live to its preferred host once that has been well for five minutes', () => {
    const group = astray().run(FIT_FOR_MS - 30_000);
    expect(moves(group)).toEqual([]);
    group.run(40_000);
    expect(moves(group)).toEqual([
      'web1 is moved from h2 to h1 while it runs, because it prefers h1, which is well again.',
    ]);
    arrive(group);
    expect(group.runningOn(1)).toEqual(['h1']);
    expect(group.host('h2').asked).not.toContain('shutdown');
  });

  test('waits five minutes anew whenever its preferred host goes', () => {
    const group = astray().run(FIT_FOR_MS - 30_000);
    group.host('h1').powerOff();
    group.run(30_000);
    group.host('h1').powerOn();
    group.run(FIT_FOR_MS - 10_000);
    expect(moves(group)).toEqual([]);
  });

  test('stays while its preferred host is in maintenance, and while the group is disarmed', () => {
    const group = astray();
    group.host('h1').command(1, { kind: 'maintenance', host: 'h1', on: true, forMs: null });
    group.run(FIT_FOR_MS + MINUTE_MS);
    group.host('h1').command(2, { kind: 'maintenance', host: 'h1', on: false });
    group.run(5000).host('h1').command(3, { kind: 'disarm', forMs: null });
    group.run(FIT_FOR_MS + MINUTE_MS);
    expect(moves(group)).toEqual([]);
  });

  test('that an administrator moved stays where they put it', () => {
    const group = new FakeGroup(2, [{ policy: { ...POLICY, failback: AT_ONCE } }]).settle('h1');
    group.host('h1').command(1, { kind: 'switchover', vm: 'web1', to: 'h2' });
    group.run(FIT_FOR_MS + MINUTE_MS);
    expect(group.runningOn(1)).toEqual(['h2']);
    expect(moves(group)).toHaveLength(1);
  });

  test('that an administrator moved live stays too', () => {
    const group = new FakeGroup(2, [{ policy: { ...POLICY, failback: AT_ONCE } }]).settle('h1');
    group.host('h1').command(1, { kind: 'switchover', vm: 'web1', to: 'h2', how: 'live' });
    arrive(group.run(3000));
    group.run(FIT_FOR_MS + MINUTE_MS);
    expect(group.runningOn(1)).toEqual(['h2']);
    expect(moves(group)).toHaveLength(1);
  });

  test('goes back after a takeover also from where an administrator had put it before', () => {
    const group = new FakeGroup(3, [{ policy: { ...POLICY, failback: AT_ONCE } }]).settle('h1');
    group.host('h1').command(1, { kind: 'switchover', vm: 'web1', to: 'h2' });
    group.run(30_000);
    group.host('h1').powerOff();
    group.run(5000);
    group.host('h2').powerOff();
    group.run(60_000);
    expect(group.runningOn(1)).toEqual(['h3']);
    group.host('h1').powerOn();
    group.run(FIT_FOR_MS + 60_000);
    arrive(group);
    expect(group.runningOn(1)).toEqual(['h1']);
  });

  test('is not shut down for it unless the policy says so, and is tried three times', () => {
    const group = astray();
    for (let minute = 0; minute < 20; minute += 1) {
      group.host('h2').move?.fail('no room');
      group.run(MINUTE_MS);
    }
    expect(group.host('h2').asked).not.toContain('shutdown');
    expect(group.runningOn(1)).toEqual(['h2']);
    expect(moves(group)).toHaveLength(3);
    expect(group.report()).toContain(
      'vm.evacuation-failed: web1 could not be moved away from h2 in 3 attempts',
    );
  });

  test('is shut down for it where the policy says so and it can not be moved live', () => {
    const group = astray({ ...AT_ONCE, orShutDown: true }).run(FIT_FOR_MS + 10_000);
    group.host('h2').move?.fail('no room');
    group.run(30_000);
    expect(group.host('h2').asked).not.toContain('shutdown');
    group.run(60_000);
    expect(group.runningOn(1)).toEqual(['h1']);
    expect(group.host('h2').asked).toContain('shutdown');
  });

  test('is not shut down for a host that went as it was moving there', () => {
    const group = astray({ ...AT_ONCE, orShutDown: true }).run(FIT_FOR_MS + 10_000);
    group.host('h1').powerOff();
    group.host('h2').move?.fail('the link broke');
    group.run(30_000);
    group.host('h1').powerOn();
    group.run(FIT_FOR_MS - 20_000);
    expect(group.runningOn(1)).toEqual(['h2']);
    expect(group.host('h2').asked).not.toContain('shutdown');
    expect(moves(group)).toHaveLength(1);
  });

  test('whose way back an administrator stops stays', () => {
    const group = astray().run(FIT_FOR_MS + 10_000);
    group.host('h2').command(1, { kind: 'cancel', vm: 'web1' });
    group.run(2 * FIT_FOR_MS);
    expect(moves(group)).toHaveLength(1);
    expect(group.runningOn(1)).toEqual(['h2']);
  });

  test('is not given back again soon after it has come here again', () => {
    const group = astray().run(FIT_FOR_MS + 10_000);
    arrive(group);
    group.host('h1').powerOff();
    group.run(60_000);
    expect(group.runningOn(1)).toEqual(['h2']);
    group.host('h1').powerOn();
    group.run(FAILBACK_PAUSE_MS - FIT_FOR_MS);
    expect(moves(group)).toHaveLength(1);
    group.run(FIT_FOR_MS);
    expect(moves(group)).toHaveLength(2);
  });

  test('stays apart from one that runs on the preferred host and should not be near it', () => {
    const group = new FakeGroup(2, [
      { policy: { ...POLICY, failback: AT_ONCE } },
      { hosts: [0, 1], policy: { ...POLICY, apart: ['77777777-0000-4000-8000-000000000001'] } },
    ]).settle('h2');
    group.host('h2').command(1, { kind: 'switchover', vm: 'web2', to: 'h1' });
    group.run(FIT_FOR_MS + MINUTE_MS);
    expect(group.runningOn(2)).toEqual(['h1']);
    expect(group.runningOn(1)).toEqual(['h2']);
  });
});

describe('idle hours', () => {
  test('are waited for, by the local clock of the host', () => {
    const group = tellHour(astray(NIGHT), 21 - 1 / 6, HOUR_MS);
    group.run(9 * MINUTE_MS);
    expect(moves(group)).toEqual([]);
    group.run(2 * MINUTE_MS);
    expect(moves(group)).toHaveLength(1);
  });

  test('are not known to a host without a clock', () => {
    const group = astray(NIGHT);
    group.run(FIT_FOR_MS + 10_000);
    expect(moves(group)).toEqual([]);
  });

  test('may be over midnight', () => {
    const hours = { from: 22, to: 6 };
    const inside = Array.from({ length: 24 }, (_, hour) => hour).filter((hour) => isInHours(hours, hour));
    expect(inside).toEqual([0, 1, 2, 3, 4, 5, 22, 23]);
    expect([1, 2, 3].filter((hour) => isInHours({ from: 2, to: 3 }, hour))).toEqual([2]);
  });

  test.each([
    [{ when: 'idle-hours', orShutDown: false }, 'hours'],
    [{ when: 'at-once', hours: { from: 1, to: 2 }, orShutDown: false }, 'hours'],
    [{ when: 'idle-hours', hours: { from: 4, to: 4 }, orShutDown: false }, 'to'],
    [{ when: 'idle-hours', hours: { from: 4, to: 24 }, orShutDown: false }, 'to'],
  ])('%j are refused, naming the field', (failback, field) => {
    expect(Failback.safeParse(failback).error?.issues[0]?.path.at(-1)).toBe(field);
  });
});
