import { describe, expect, test } from 'vitest';
import { FakeGroup, uuidOf } from './testing/fakeGroup.ts';

const policy = (order: number) => ({ maxRestarts: 1, windowMs: 60_000, order, shutdownTimeoutMs: 10_000 });

describe('many VMs, many hosts', () => {
  test('after the loss of a host VMs start in their order, two at a time', () => {
    const orders = [30, 10, 20, 10];
    const group = new FakeGroup(
      2,
      orders.map((order) => ({ policy: policy(order) })),
    ).settle('h1');
    group.host('h1').powerOff();
    group.run(13_000);
    const most: number[] = [];
    for (let round = 0; round < 40; round += 1) {
      group.run(100);
      const starting = [...group.host('h2').engine.vms.values()].filter(
        (vm) => vm.activity?.kind === 'start',
      );
      most.push(starting.length);
    }
    group.run(10_000);
    expect(Math.max(...most)).toBe(2);
    const started = group.log
      .filter((line) => line.includes('vm.started'))
      .map((line) => /web\d/.exec(line)?.[0]);
    expect(started).toEqual(['web2', 'web4', 'web3', 'web1']);
  });

  test('of two live candidates the preferred one takes, the other waits for its turn', () => {
    const group = new FakeGroup(3, [{ hosts: [0, 2, 1] }]).settle('h1');
    group.host('h1').powerOff();
    group.run(20_000);
    expect(group.runningOn(1)).toEqual(['h3']);
    expect(group.host('h2').asked).not.toContain('acquire');
  });

  test('when the preferred candidate can not take, the next one does', () => {
    const group = new FakeGroup(3, [{ hosts: [0, 2, 1] }]).settle('h1');
    group.host('h3').broken.set('acquire', 'its store is slow');
    group.host('h1').powerOff();
    group.run(25_000);
    expect(group.runningOn(1)).toEqual(['h2']);
  });

  test('a host without its hypervisor leaves the VM to the next candidate', () => {
    const group = new FakeGroup(3, [{ hosts: [0, 1, 2] }]).settle('h1');
    const second = group.host('h2');
    second.hasHypervisor = false;
    second.tellHypervisor();
    group.host('h1').powerOff();
    group.run(25_000);
    expect(group.runningOn(1)).toEqual(['h3']);
  });

  test('a host that is not among the hosts of a VM never takes it', () => {
    const group = new FakeGroup(3, [{ hosts: [0, 1] }]).settle('h1');
    group.host('h1').powerOff();
    group.host('h2').powerOff();
    group.run(60_000);
    expect(group.runningOn(1)).toEqual([]);
  });

  test('both hosts down and back: the VM runs again without anybody typing', () => {
    const group = new FakeGroup(2, [{}]).settle('h1');
    group.host('h1').powerOff();
    group.host('h2').powerOff();
    group.run(30_000);
    group.host('h2').powerOn();
    group.run(10_000);
    group.host('h1').powerOn();
    group.run(20_000);
    expect(group.runningOn(1)).toHaveLength(1);
    expect(group.host('h1').qemus.has(uuidOf(1)) && group.host('h2').qemus.has(uuidOf(1))).toBe(false);
  });
});
