import { describe, expect, test } from 'vitest';
import type { KeeperView } from '../../protocol/keeperLink.ts';
import { readiness } from './readiness.ts';
import { engineStatus } from './status.ts';
import { FakeGroup } from './testing/fakeGroup.ts';

const settled = (): FakeGroup => new FakeGroup(2, [{}]).settle('h1');

function codes(group: FakeGroup, name: string, change: Partial<KeeperView> = {}): readonly string[] {
  const host = group.host(name);
  host.feed({ kind: 'view', nowMs: group.nowMs, view: { ...group.viewOf(host), ...change } });
  const [vm] = group.config.vms;
  if (!vm) throw new Error('no VM');
  return readiness(host.engine, vm, group.nowMs).reasons.map((reason) => reason.code);
}

describe('readiness', () => {
  test('a settled group protects its VM, as both hosts see it', () => {
    const group = settled();
    expect(codes(group, 'h1')).toEqual([]);
    expect(codes(group, 'h2')).toEqual([]);
  });

  const store = (more: object): Partial<KeeperView> => {
    const group = settled();
    return { store: { ...group.viewOf(group.host('h1')).store, ...more } };
  };

  test.each([
    ['a watchdog that is not armed', { watchdog: 'none' as const }, 'ready.watchdog-not-armed'],
    ['a software watchdog nobody accepted', { watchdog: 'software' as const }, 'ready.watchdog-not-armed'],
    ['no real-time priority', { realTime: false }, 'ready.not-real-time'],
    ['a keeper that is not alive', { phase: 'holding' as const }, 'ready.keeper-not-alive'],
    ['a lost store', store({ reachable: false, error: 'EIO' }), 'ready.store-lost'],
    ['a store that went back in time', store({ regressed: true }), 'ready.store-went-back'],
  ])('%s is named', (_name, change, code) => {
    expect(codes(settled(), 'h1', change)).toContain(code);
  });

  test('a standby that is silent leaves the VM unprotected', () => {
    const group = settled();
    group.host('h2').powerOff();
    group.run(6000);
    expect(codes(group, 'h1')).toEqual(['ready.standby-silent']);
    expect(engineStatus(group.host('h1').engine, group.nowMs).vms[0]?.readiness.level).toBe('unprotected');
  });

  test('a keeper that is gone, and a hypervisor that is gone, are named', () => {
    const group = settled();
    const host = group.host('h1');
    host.hasHypervisor = false;
    host.tellHypervisor();
    expect(codes(group, 'h1')).toEqual(['ready.hypervisor-gone']);
    host.feed({ kind: 'keeperLost', nowMs: group.nowMs });
    const status = engineStatus(host.engine, group.nowMs);
    expect(status.vms[0]?.readiness.reasons.map((reason) => reason.code)).toEqual(['ready.keeper-gone']);
    expect(status.vms[0]?.here).toBe('unknown');
  });

  test('a disk that was moved only under the running guest counts as if it were stored, until it is back', () => {
    const group = settled();
    const [vm] = group.config.vms;
    const [disk] = group.description.disks;
    if (!vm || !disk) throw new Error('no VM');
    const moved = { ...disk, path: '/var/tmp/web1.raw', placement: 'local' as const };
    group.running = { ...group.description, disks: [moved] };
    group.host('h1').change(vm.vm, 'running', 'booted', { kind: 'defined' });
    group.run(2000);
    expect(codes(group, 'h1')).toContain('ready.definition-unsafe');
    expect(codes(group, 'h2')).toContain('ready.not-takeable');
    group.running = null;
    group.host('h1').change(vm.vm, 'running', 'booted', { kind: 'defined' });
    group.run(2000);
    expect([...codes(group, 'h1'), ...codes(group, 'h2')]).toEqual([]);
  });

  test('a standby says that it lacks memory, or the newest definition', () => {
    const group = settled();
    const standby = group.host('h2');
    const host = { totalMiB: 64, freeMiB: 32, hasHook: true, unusableLinks: [], networkGaps: [] };
    standby.feed({ kind: 'host', nowMs: group.nowMs, host });
    expect(codes(group, 'h2')).toEqual(['ready.memory']);
    standby.broken.set('fetch', 'slow');
    group.edit(group.config.vms[0]?.vm ?? '');
    group.run(70_000);
    expect(codes(group, 'h2')).toEqual(['ready.memory', 'ready.definition-old']);
  });

  test('a host without the hook, or with a link it can not use, says so', () => {
    const group = settled();
    const host = {
      totalMiB: 64,
      freeMiB: 60_000,
      hasHook: false,
      unusableLinks: ['10.0.0.1 (EADDRNOTAVAIL)'],
      networkGaps: [],
    };
    group.host('h1').feed({ kind: 'host', nowMs: group.nowMs, host });
    expect(codes(group, 'h1')).toEqual(['ready.hook-missing', 'ready.link-unusable']);
  });

  test('a VM with one host only, and one in a disarmed group, are unprotected', () => {
    const alone = new FakeGroup(2, [{ hosts: [0] }]).settle('h1');
    expect(codes(alone, 'h1')).toEqual(['ready.no-second-host']);
    const group = settled();
    group.config = { ...group.config, disarmed: true };
    expect(codes(group, 'h1')).toEqual(['ready.group-disarmed']);
  });

  test('the status tells where everything is', () => {
    const group = settled();
    group.run(500);
    const status = engineStatus(group.host('h2').engine, group.nowMs);
    expect(status.vms[0]).toMatchObject({
      holder: 0,
      here: 'stopped',
      desired: 'running',
      definitionInSync: true,
    });
    expect(status.hosts.map((host) => [host.name, host.state, host.lease])).toEqual([
      ['h1', 'alive', 'fresh'],
      ['h2', 'alive', 'fresh'],
    ]);
    expect(status.takeoverMs).toBe(12_000);
  });
});
