import { describe, expect, test } from 'vitest';
import { FakeGroup, uuidOf } from './testing/fakeGroup.ts';

const VM = uuidOf(1);

/** A group without protected VMs; one domain runs on h1. */
function unprotected(): FakeGroup {
  const group = new FakeGroup(2, []);
  group.host('h1').domains.set(VM, { vm: VM, name: 'web1', state: 'running', reason: 'booted' });
  group.host('h1').qemus.add(VM);
  for (const host of group.hosts) host.tellHypervisor();
  group.run(2000);
  group.log.length = 0;
  return group;
}

const tokenIndex = (group: FakeGroup): number => group.config.vms[0]?.token ?? -1;

describe('commands', () => {
  test('protect checks, decides the configuration, takes the token of the running VM and publishes it', () => {
    const group = unprotected();
    const host = group.host('h1');
    host.command(1, { kind: 'protect', vm: 'web1', hosts: null, policy: { order: 5 } });
    group.run(10_000);
    expect(host.replies.get(1)).toEqual({ kind: 'text', text: 'web1 is protected.' });
    expect(group.config.vms[0]).toMatchObject({
      vm: VM,
      hosts: [0, 1],
      drain: 'threads-stopped',
      policy: { order: 5 },
    });
    expect(group.token(tokenIndex(group))).toMatchObject({ generation: 1, note: { desired: 'running' } });
    expect(group.token(tokenIndex(group)).note?.definition).toBe(group.definitionOf(VM));
    expect(group.host('h2').domains.get(VM)?.state).toBe('stopped');
    expect(host.asked).not.toContain('createPaused');
  });

  test('protect names what keeps a VM from being protected, and changes nothing', () => {
    const group = unprotected();
    group.description = { ...group.description, hostDevices: ['hostdev'] };
    group.host('h1').command(1, { kind: 'protect', vm: 'web1', hosts: null, policy: {} });
    group.run(3000);
    expect(group.host('h1').replies.get(1)).toMatchObject({
      kind: 'failure',
      failure: { code: 'vm.host-device' },
    });
    expect(group.config.generation).toBe(1);
  });

  test('protect refuses hosts that the group does not have, by field', () => {
    const group = unprotected();
    group.host('h1').command(1, { kind: 'protect', vm: 'web1', hosts: ['h1', 'h9'], policy: {} });
    group.run(3000);
    expect(group.host('h1').replies.get(1)).toMatchObject({
      kind: 'failure',
      failure: { code: 'host.unknown', field: 'hosts' },
    });
  });

  test('a VM whose agent died between configuration and token is adopted where it runs', () => {
    const group = unprotected();
    group.host('h1').broken.set('acquire', 'never');
    group.host('h1').command(1, { kind: 'protect', vm: 'web1', hosts: null, policy: {} });
    group.run(2000);
    group.host('h1').broken.clear();
    group.host('h1').restartAgent();
    group.run(5000);
    expect(group.token(tokenIndex(group))).toMatchObject({
      generation: 1,
      value: { holder: 0 },
      note: { desired: 'running' },
    });
    expect(group.runningOn(1)).toEqual(['h1']);
  });

  test('a VM that is protected after another was unprotected gets a token that was not used before', () => {
    const group = new FakeGroup(2, [{}]).settle('h1');
    const host = group.host('h1');
    host.command(1, { kind: 'unprotect', vm: 'web1' });
    group.run(5000);
    host.command(2, { kind: 'protect', vm: 'web1', hosts: null, policy: {} });
    group.run(5000);
    expect(host.replies.get(2)?.kind).toBe('text');
    expect(tokenIndex(group)).not.toBe(0);
  });

  test('a token that the keeper refuses, because another VM may still have it, is passed over', () => {
    const group = unprotected();
    const host = group.host('h1');
    host.refusedTokens.add(1).add(2);
    host.command(1, { kind: 'protect', vm: 'web1', hosts: null, policy: {} });
    group.run(5000);
    expect(host.replies.get(1)?.kind).toBe('text');
    expect(tokenIndex(group)).toBe(3);
  });

  test('unprotect leaves the VM running and takes the copies away', () => {
    const group = new FakeGroup(2, [{}]).settle('h1');
    group.host('h1').command(1, { kind: 'unprotect', vm: 'web1' });
    group.run(5000);
    expect(group.host('h1').replies.get(1)?.kind).toBe('text');
    expect(group.runningOn(1)).toEqual(['h1']);
    expect(group.config.vms).toEqual([]);
    expect(group.host('h2').domains.has(VM)).toBe(false);
    expect(group.host('h1').domains.has(VM)).toBe(true);
  });

  test('nothing is begun with a VM whose protection is just being taken away', () => {
    const group = new FakeGroup(2, [{}]).settle('h1');
    group.host('h1').command(1, { kind: 'unprotect', vm: 'web1' });
    group.host('h1').command(2, { kind: 'vm.stop', vm: 'web1' });
    expect(group.host('h1').replies.get(2)).toMatchObject({ kind: 'failure', failure: { code: 'vm.busy' } });
    group.run(5000);
    expect(group.host('h1').replies.get(1)?.kind).toBe('text');
    expect(group.runningOn(1)).toEqual(['h1']);
  });

  test('a switchover asked of the wrong host is refused with the name of the holder', () => {
    const group = new FakeGroup(2, [{}]).settle('h1');
    group.host('h2').command(1, { kind: 'switchover', vm: 'web1', to: null });
    expect(group.host('h2').replies.get(1)).toMatchObject({
      kind: 'failure',
      failure: { code: 'vm.held-elsewhere', message: expect.stringContaining('h1') },
    });
  });

  test('a host that has begun anew is not said to hold what it held before', () => {
    const group = new FakeGroup(2, [{}]).settle('h1');
    const host = group.host('h1');
    host.change(VM, 'stopped', 'failed');
    host.epoch = 2;
    host.feed({ kind: 'view', nowMs: group.nowMs, view: group.viewOf(host) });
    host.command(1, { kind: 'vm.stop', vm: 'web1' });
    expect(host.replies.get(1)).toMatchObject({ kind: 'failure', failure: { code: 'keeper.settling' } });
  });

  test('a switchover to a host that does not renew its lease is refused', () => {
    const group = new FakeGroup(2, [{}]).settle('h1');
    group.host('h2').powerOff();
    group.run(6000);
    group.host('h1').command(1, { kind: 'switchover', vm: 'web1', to: 'h2' });
    expect(group.host('h1').replies.get(1)).toMatchObject({
      kind: 'failure',
      failure: { code: 'vm.target-not-alive' },
    });
    expect(group.runningOn(1)).toEqual(['h1']);
  });

  test('a guest that does not shut down in a switchover has its power cut', () => {
    const group = new FakeGroup(2, [{}]).settle('h1');
    group.host('h1').obeysShutdown = false;
    group.host('h1').command(1, { kind: 'switchover', vm: 'web1', to: 'h2' });
    group.run(20_000);
    expect(group.log.some((line) => line.includes('vm.power-cut'))).toBe(true);
    // The keeper does it: only it can prove that no write of the guest is left on its way.
    expect(group.host('h1').asked).toContain('stop');
    expect(group.host('h1').asked).not.toContain('destroy');
    expect(group.runningOn(1)).toEqual(['h2']);
  });

  test('where the keeper would not end a guest, the hypervisor does', () => {
    const group = new FakeGroup(2, [{}]).settle('h1');
    const host = group.host('h1');
    host.obeysShutdown = false;
    host.broken.set('stop', 'not now');
    host.command(1, { kind: 'switchover', vm: 'web1', to: 'h2' });
    group.run(20_000);
    expect(host.asked).toContain('destroy');
    expect(group.runningOn(1)).toEqual(['h2']);
  });

  test('a switchover of a stopped VM moves its token and starts nothing', () => {
    const group = new FakeGroup(2, [{}]).settle('h1');
    group.host('h1').change(VM, 'stopped', 'shutdown');
    group.run(3000);
    group.host('h1').command(1, { kind: 'switchover', vm: 'web1', to: 'h2' });
    group.run(10_000);
    expect(group.token(0)).toMatchObject({ value: { holder: 1 }, note: { desired: 'stopped' } });
    expect(group.runningOn(1)).toEqual([]);
  });

  test('two commands for one VM do not run at the same time', () => {
    const group = new FakeGroup(2, [{}]).settle('h1');
    group.host('h1').command(1, { kind: 'switchover', vm: 'web1', to: null });
    group.host('h1').command(2, { kind: 'vm.stop', vm: 'web1' });
    expect(group.host('h1').replies.get(2)).toMatchObject({ kind: 'failure', failure: { code: 'vm.busy' } });
  });

  test('the profile of the group is changed by a decision on the store', () => {
    const group = new FakeGroup(2, [{}]).settle('h1');
    group.host('h2').command(1, { kind: 'profile', profile: 'patient' });
    group.run(3000);
    expect(group.config).toMatchObject({ generation: 2, profile: 'patient' });
    expect(group.host('h2').replies.get(1)?.kind).toBe('text');
  });
});
