import { describe, expect, test } from 'vitest';
import { messageId } from './deliveries.ts';
import { dead, event, Group, Host, hostDies, takenOver } from './testing/hosts.ts';

const DAY_MS = 86_400_000;

describe('an incident', () => {
  test('is told once on each channel, with what happened, why, and the seconds down', () => {
    const beta = new Host('beta', 1);
    const group = new Group(beta);
    group.run(20_000);
    hostDies(group, beta, 'alpha');
    group.run(3_600_000);
    expect(group.sent()).toEqual(['beta mail alpha-e5', 'beta webhook:chat alpha-e5']);
    expect(beta.sent[0]?.message).toMatchObject({
      title: 'beta took over 1 VM from alpha',
      why: 'The others acted because alpha has not renewed its lease.',
      now: 'web runs on beta again after 13.2 s without service.',
      downMs: 13_200,
    });
    expect(beta.events).toEqual(['notify.told', 'notify.told']);
  });

  test('with something still under way is told after two minutes all the same', () => {
    const beta = new Host('beta', 1);
    const group = new Group(beta);
    group.run(20_000);
    beta.take(takenOver('beta', 'alpha', 'web'), group.nowMs);
    group.run(110_000);
    expect(group.sent()).toEqual([]);
    group.run(20_000);
    expect(beta.sent[0]?.message.now).toBe('web is being started on beta.');
  });

  test('what gets worse after it was told is told again', () => {
    const beta = new Host('beta', 1);
    const group = new Group(beta);
    group.run(20_000);
    hostDies(group, beta, 'alpha');
    group.run(30_000);
    beta.take(
      event('beta', 'vm.gave-up', 'alarm', { vm: 'web', facts: { incident: 'alpha-e5' } }),
      group.nowMs,
    );
    group.run(30_000);
    expect(beta.sent).toHaveLength(4);
    expect(beta.sent.at(-1)?.message.incident).toMatch(/^alpha-e5\+2026-11-28T10:/);
  });

  test('planned work is not told', () => {
    const beta = new Host('beta', 1);
    const group = new Group(beta);
    group.run(20_000);
    for (const code of ['vm.switchover-begun', 'vm.started', 'vm.stopped'])
      beta.take(event('beta', code, 'notice', { vm: 'web', facts: { incident: 'web-g3' } }), group.nowMs);
    beta.take(event('beta', 'vm.power-cut', 'warning', { vm: 'web', facts: { incident: 'web-g3' } }), 0);
    beta.take(event('beta', 'group.disarm-begun', 'alarm', { facts: { incident: 'group-c4' } }), group.nowMs);
    group.run(300_000);
    expect(group.sent()).toEqual([]);
  });

  test('a link that comes back within the minute is not told, one that stays down is', () => {
    const beta = new Host('beta', 1);
    const group = new Group(beta);
    group.run(20_000);
    beta.take(event('beta', 'link.down', 'warning', { facts: { host: 'alpha' } }), group.nowMs);
    group.run(30_000);
    beta.take(event('beta', 'link.up', 'notice', { facts: { host: 'alpha' } }), group.nowMs);
    group.run(300_000);
    expect(group.sent()).toEqual([]);
    beta.take(event('beta', 'link.down', 'warning', { facts: { host: 'alpha' } }), group.nowMs);
    group.run(120_000);
    expect(group.sent()).toHaveLength(2);
  });

  test('links to a host that ended are not told beside its end', () => {
    const beta = new Host('beta', 1);
    const group = new Group(beta);
    group.run(20_000);
    beta.take(event('beta', 'link.down', 'warning', { facts: { host: 'alpha' } }), group.nowMs);
    hostDies(group, beta, 'alpha');
    group.run(300_000);
    expect(group.sent()).toEqual(['beta mail alpha-e5', 'beta webhook:chat alpha-e5']);
  });

  test('what it says of itself never makes it tell', () => {
    const beta = new Host('beta', 1);
    const group = new Group(beta);
    group.run(20_000);
    beta.take(event('beta', 'notify.gave-up', 'alarm'), group.nowMs);
    group.run(60_000);
    expect(group.sent()).toEqual([]);
  });

  test('of a flood only thirty an hour go out on a channel, and no memory grows', () => {
    const beta = new Host('beta', 1);
    const group = new Group(beta);
    group.run(20_000);
    for (let index = 0; index < 500; index += 1)
      beta.take(event('beta', `test.alarm-${index}`, 'alarm'), group.nowMs);
    group.run(1_800_000);
    expect(beta.sent.filter(({ channel }) => channel === 'mail')).toHaveLength(30);
    expect(beta.events).toContain('notify.dropped');
    expect(beta.state.incidents.size).toBeLessThanOrEqual(64);
    expect(beta.state.told.size).toBeLessThanOrEqual(256);
  });
});

describe('attempts', () => {
  test('are made again with growing pauses, told of once, and given up after a day', () => {
    const beta = new Host('beta', 1);
    const group = new Group(beta);
    beta.answer = 'refused';
    group.run(20_000);
    hostDies(group, beta, 'alpha');
    group.run(DAY_MS + 3_600_000);
    expect(beta.events).toEqual(['notify.failed', 'notify.failed', 'notify.gave-up', 'notify.gave-up']);
    expect(beta.state.deliveries.size).toBe(0);
  });

  test('one that never comes back is taken for failed, and the next is made', () => {
    const beta = new Host('beta', 1);
    const group = new Group(beta);
    beta.answer = 'hang';
    group.run(20_000);
    hostDies(group, beta, 'alpha');
    group.run(60_000);
    beta.answer = 'taken';
    group.run(120_000);
    expect(group.sent()).toHaveLength(2);
  });

  test('go on where they were after a restart, and what was told is not told again', () => {
    const beta = new Host('beta', 1);
    const group = new Group(beta);
    beta.answer = 'refused';
    group.run(20_000);
    hostDies(group, beta, 'alpha');
    group.run(30_000);
    const again = new Host('beta', 1, 0, beta.memory);
    const later = new Group(again);
    later.run(60_000);
    expect(later.sent()).toEqual(['beta mail alpha-e5', 'beta webhook:chat alpha-e5']);
    const third = new Host('beta', 1, 0, again.memory);
    const last = new Group(third);
    third.take(dead('beta', 'alpha'), 0);
    last.run(300_000);
    expect(last.sent()).toEqual([]);
  });
});

test('ids of messages differ by incident and channel, and are the same on every host', () => {
  expect(messageId('alpha-e5', 'mail')).toBe(messageId('alpha-e5', 'mail'));
  expect(new Set([messageId('a', 'mail'), messageId('b', 'mail'), messageId('a', 'trap')]).size).toBe(3);
  expect(messageId('a', 'mail')).toMatch(/^[0-9a-f]{16}$/);
});
