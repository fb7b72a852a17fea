import { expect, test } from 'vitest';
import { readiness } from './readiness.ts';
import { engineStatus } from './status.ts';
import { FakeGroup } from './testing/fakeGroup.ts';
import type { HostFact } from './types.ts';

const settled = (): FakeGroup => new FakeGroup(2, [{}]).settle('h1');
function codes(group: FakeGroup, name: string): readonly string[] {
  const [vm] = group.config.vms;
  if (!vm) throw new Error('no VM');
  return readiness(group.host(name).engine, vm, group.nowMs).reasons.map((reason) => reason.code);
}

test('after a takeover the switches are told where the VM is, once, by the host that started it', () => {
  const group = settled();
  const [first, second] = [group.host('h1'), group.host('h2')];
  const before = first.announced.length;
  first.powerOff();
  group.run(60_000);
  expect(group.runningOn(1)).toEqual(['h2']);
  expect(second.announced).toEqual([group.config.vms[0]?.vm]);
  expect(first.announced).toHaveLength(before);
});

test('a bridge or network that is not there is named within the next look, and told once each way', () => {
  const group = settled();
  const [vm] = group.config.vms;
  const look = (name: string, networkGaps: HostFact['networkGaps']): void =>
    group.host(name).feed({
      kind: 'host',
      nowMs: group.nowMs,
      host: { totalMiB: 64, freeMiB: 60_000, hasHook: true, unusableLinks: [], networkGaps },
    });
  const gaps = [
    { vm: vm?.vm ?? '', type: 'bridge', source: 'br0' },
    { vm: 'another', type: 'network', source: 'lan' },
  ] as const;
  for (const name of ['h1', 'h2', 'h2']) look(name, gaps);
  expect(codes(group, 'h2')).toEqual(['ready.bridge-missing']);
  const level = (name: string) => engineStatus(group.host(name).engine, group.nowMs).vms[0]?.readiness.level;
  expect([level('h1'), level('h2')]).toEqual(['degraded', 'unprotected']);
  look('h2', []);
  expect(codes(group, 'h2')).toEqual([]);
  const told = group.events.map(({ event }) => event.code).filter((code) => code.startsWith('host.network-'));
  expect(told).toEqual([
    'host.network-gone',
    'host.network-gone',
    'host.network-gone',
    'host.network-gone',
    'host.network-back',
    'host.network-back',
  ]);
});
