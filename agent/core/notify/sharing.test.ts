import { describe, expect, test } from 'vitest';
import { dead, Group, Host, hostDies, started, takenOver } from './testing/hosts.ts';

describe('across hosts', () => {
  const three = (): [Host, Host, Group] => {
    const [beta, gamma] = [new Host('beta', 1), new Host('gamma', 2)];
    return [beta, gamma, new Group(beta, gamma)];
  };

  test('the one that acted tells, the one that only saw it keeps still', () => {
    const [beta, gamma, group] = three();
    group.run(20_000);
    beta.take(dead('beta', 'alpha'), group.nowMs);
    hostDies(group, gamma, 'alpha');
    group.run(3_600_000);
    expect(group.sent()).toEqual(['gamma mail alpha-e5', 'gamma webhook:chat alpha-e5']);
  });

  test('two that acted: one of them tells', () => {
    const [beta, gamma, group] = three();
    group.run(20_000);
    for (const [host, vm] of [
      [beta, 'web'],
      [gamma, 'mail'],
    ] as const) {
      host.take(dead(host.name, 'alpha'), group.nowMs);
      host.take(takenOver(host.name, 'alpha', vm), group.nowMs);
      host.take(started(host.name, 'alpha', vm, 12_000), group.nowMs);
    }
    group.run(3_600_000);
    expect(group.sent()).toEqual(['beta mail alpha-e5', 'beta webhook:chat alpha-e5']);
  });

  test('when the one that acted gets nothing out, the other tells after three minutes', () => {
    const [beta, gamma, group] = three();
    group.run(20_000);
    gamma.answer = 'refused';
    beta.take(dead('beta', 'alpha'), group.nowMs);
    hostDies(group, gamma, 'alpha');
    group.run(180_000);
    expect(group.sent()).toEqual([]);
    group.run(60_000);
    expect(group.sent()).toEqual(['beta mail alpha-e5', 'beta webhook:chat alpha-e5']);
    gamma.answer = 'taken';
    group.run(3_600_000);
    expect(group.sent()).toHaveLength(2);
  });

  test('when the one that acted dies, the other tells after its turn', () => {
    const [beta, gamma, group] = three();
    group.run(20_000);
    gamma.answer = 'hang';
    beta.take(dead('beta', 'alpha'), group.nowMs);
    hostDies(group, gamma, 'alpha');
    group.run(1000);
    group.hosts.splice(1, 1);
    group.run(180_000);
    expect(group.sent()).toEqual(['beta mail alpha-e5', 'beta webhook:chat alpha-e5']);
  });

  test('when they do not hear each other it is told twice rather than never, under one name', () => {
    const [beta, gamma, group] = three();
    group.linked = false;
    group.run(20_000);
    beta.take(dead('beta', 'alpha'), group.nowMs);
    hostDies(group, gamma, 'alpha');
    group.run(300_000);
    expect(group.sent().filter((line) => line.includes('mail'))).toEqual([
      'beta mail alpha-e5',
      'gamma mail alpha-e5',
    ]);
  });

  test('what the other has told before this host comes to know of it is not told again', () => {
    const [beta, gamma, group] = three();
    group.run(20_000);
    hostDies(group, gamma, 'alpha');
    group.run(60_000);
    beta.take(dead('beta', 'alpha'), group.nowMs);
    group.run(3_600_000);
    expect(group.sent()).toEqual(['gamma mail alpha-e5', 'gamma webhook:chat alpha-e5']);
  });
});
