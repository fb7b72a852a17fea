import { describe, expect, test } from 'vitest';
import { Group, Host, look, plan, START_WALL_MS } from './testing/hosts.ts';
import type { Look } from './types.ts';

const DAY_MS = 86_400_000;

describe('protection that is missing', () => {
  const without: Look = {
    ...look,
    vms: [{ name: 'web', unprotectedBecause: 'alpha does not renew its lease.' }],
  };

  test('is shouted once after the time that was asked for, again each day, and told when it is back', () => {
    const [alpha, beta] = [new Host('alpha', 0), new Host('beta', 1)];
    const group = new Group(alpha, beta);
    [alpha.look, beta.look] = [without, without];
    group.run(890_000);
    expect(group.sent()).toEqual([]);
    group.run(30_000);
    expect(group.sent()).toEqual([
      'alpha mail protection-2026-11-28T10',
      'alpha webhook:chat protection-2026-11-28T10',
    ]);
    expect(alpha.sent[0]?.message).toMatchObject({
      title: '1 VM without protection for 15 min',
      why: 'alpha does not renew its lease.',
    });
    group.run(DAY_MS);
    expect(alpha.sent.map(({ message }) => message.incident)).toContain('protection-2026-11-28T10-day2');
    [alpha.look, beta.look] = [look, look];
    group.run(120_000);
    expect(group.sent().filter((line) => line.endsWith('-back'))).toHaveLength(2);
  });

  test('for less is not told', () => {
    const alpha = new Host('alpha', 0);
    const group = new Group(alpha);
    alpha.look = without;
    group.run(600_000);
    alpha.look = look;
    group.run(3_600_000);
    expect(group.sent()).toEqual([]);
  });
});

describe('the weekly note', () => {
  const MONDAY_MS = 1_796_022_000_000 - START_WALL_MS;

  test('comes from one host, once a week, and says what is protected', () => {
    const [alpha, beta] = [new Host('alpha', 0), new Host('beta', 1)];
    const group = new Group(alpha, beta);
    group.run(MONDAY_MS - 60_000);
    expect(group.sent()).toEqual([]);
    group.run(7 * 3_600_000);
    expect(group.sent()).toEqual(['alpha mail weekly-2026-11-30', 'alpha webhook:chat weekly-2026-11-30']);
    expect(alpha.sent[0]?.message.title).toBe('Still protected: 1 VM');
  });

  test('is not sent again by a host that was off at that time', () => {
    const [alpha, beta] = [new Host('alpha', 0), new Host('beta', 1)];
    const group = new Group(beta);
    group.nowMs = MONDAY_MS - 60_000;
    group.run(3_600_000);
    const back = new Host('alpha', 0, group.nowMs);
    back.take({ kind: 'plan', plan }, group.nowMs);
    group.hosts.unshift(back);
    group.run(3_600_000);
    expect(group.sent().map((line) => line.split(' ')[0])).toEqual(['beta', 'beta']);
    expect(alpha.sent).toEqual([]);
  });

  test('names what is not protected', () => {
    const alpha = new Host('alpha', 0);
    const group = new Group(alpha);
    group.nowMs = MONDAY_MS - 60_000;
    alpha.look = { ...look, vms: [{ name: 'web', unprotectedBecause: 'Its disk is local.' }] };
    group.run(120_000);
    expect(alpha.sent[0]?.message).toMatchObject({ title: 'Not protected: 1 of 1 VM', level: 'alarm' });
  });
});
