import { describe, expect, test } from 'vitest';
import type { VmPolicy } from '../../protocol/group.ts';
import { engineStatus } from './status.ts';
import { FakeGroup, uuidOf } from './testing/fakeGroup.ts';

const POLICY = { maxRestarts: 1, windowMs: 60_000, order: 100, shutdownTimeoutMs: 10_000 };
const vmOf = (order: number, policy: Partial<VmPolicy> = {}) => ({
  memoryMiB: 1024,
  policy: { ...POLICY, order, ...policy },
});

/** Every host learns what memory the others have left. */
function tellMemory(group: FakeGroup, freeMiB: readonly (number | null)[]): FakeGroup {
  for (const host of group.hosts) {
    const own = freeMiB[host.slot] ?? 0;
    const facts = { totalMiB: 8192, hasHook: true, unusableLinks: [], networkGaps: [] };
    host.feed({ kind: 'host', nowMs: group.nowMs, host: { ...facts, freeMiB: own } });
    const peers = group.hosts
      .filter((one) => one !== host)
      .map(({ slot }) => ({ slot, heard: 'up' as const, agentVersion: '1', freeMiB: freeMiB[slot] ?? null }));
    host.feed({ kind: 'peers', nowMs: group.nowMs, peers });
  }
  return group;
}

/** VMs for which the loss of the host that has them leaves no room, as that host says. */
const told = (group: FakeGroup): readonly string[] =>
  group.hosts.flatMap(({ engine }) =>
    engineStatus(engine, group.nowMs).vms.flatMap(({ name, readiness }) =>
      readiness.reasons.some(({ code }) => code === 'ready.no-room') ? [name] : [],
    ),
  );
const change = (group: FakeGroup, vm: string, policy: Partial<VmPolicy>) => {
  group.host('h1').command(1, { kind: 'policy', vm, policy });
  group.run(3000);
  return group.host('h1').replies.get(1);
};

describe('memory after the loss of a host', () => {
  test('each fits alone, and not together: the one that starts last is named', () => {
    const group = tellMemory(new FakeGroup(2, [vmOf(2), vmOf(1)]).settle('h1'), [2000, 1500]);
    expect(told(group)).toEqual(['web1']);
    const [vm] = engineStatus(group.host('h1').engine, group.nowMs).vms;
    expect(vm?.readiness.reasons[0]).toMatchObject({
      weight: 'degraded',
      message:
        'If h1 were lost, web1 (1024 MiB) would find no room: the memory of its other hosts would be used up.',
    });
    tellMemory(group, [2000, 2100]);
    expect(told(group)).toEqual([]);
  });

  test('one host can be the spare of two, but not of both at once', () => {
    const group = new FakeGroup(3, [vmOf(1), vmOf(2)]).settle('h1');
    group.host('h1').command(1, { kind: 'switchover', vm: 'web2', to: 'h2' });
    tellMemory(group.run(30_000), [100, 100, 1200]);
    expect(group.runningOn(2)).toEqual(['h2']);
    expect(told(group)).toEqual([]);
    group.host('h2').command(2, { kind: 'switchover', vm: 'web2', to: 'h1' });
    tellMemory(group.run(30_000), [100, 1000, 1200]);
    expect(told(group)).toEqual(['web2']);
  });

  test('what is not known is not held against a host, and one that takes nothing has no room', () => {
    const group = tellMemory(new FakeGroup(2, [vmOf(1)]).settle('h1'), [2000, null]);
    expect(told(group)).toEqual([]);
    tellMemory(group, [2000, 10]);
    expect(told(group)).toEqual(['web1']);
    group.host('h2').powerOff();
    group.run(30_000);
    expect(told(group)).toEqual([]);
  });
});

describe('a VM whose policy insists on room', () => {
  const crowded = (policy: Partial<VmPolicy> = {}): FakeGroup =>
    tellMemory(new FakeGroup(2, [vmOf(1, policy), vmOf(2)]).settle('h1'), [2000, 1500]);

  test('may insist while it has it, and is refused otherwise', () => {
    expect(change(crowded(), 'web1', { needsRoom: true })).toMatchObject({ kind: 'text' });
    const refused = change(crowded(), 'web2', { needsRoom: true });
    expect(refused).toMatchObject({ failure: { code: 'vm.no-room', field: 'policy.needsRoom' } });
  });

  test('is not pushed out by the policy of another', () => {
    const group = crowded({ needsRoom: true });
    expect(change(group, 'web2', { order: 0 })).toMatchObject({ failure: { code: 'vm.no-room' } });
    expect(group.config.vms[1]?.policy.order).toBe(2);
    expect(change(crowded(), 'web2', { order: 0 })).toMatchObject({ kind: 'text' });
  });

  test('is not pushed out by another that is to be protected', () => {
    const group = crowded({ needsRoom: true });
    const host = group.host('h1');
    const vm = uuidOf(3);
    group.description = { ...group.description, vm, name: 'web3', memoryMiB: 1024 };
    host.domains.set(vm, { vm, name: 'web3', state: 'running', reason: 'booted' });
    host.qemus.add(vm);
    host.tellHypervisor();
    host.command(1, { kind: 'protect', vm: 'web3', hosts: null, policy: { order: 0 } });
    group.run(5000);
    expect(host.replies.get(1)).toMatchObject({ failure: { code: 'vm.no-room' } });
    host.command(2, { kind: 'protect', vm: 'web3', hosts: null, policy: { order: 50 } });
    group.run(5000);
    expect(host.replies.get(2)).toMatchObject({ kind: 'text' });
  });

  test('that has lost it by itself keeps nobody from changing other things', () => {
    const group = tellMemory(crowded({ needsRoom: true }), [2000, 100]);
    expect(change(group, 'web2', { order: 50 })).toMatchObject({ kind: 'text' });
  });
});
