import { describe, expect, test } from 'vitest';
import { FakeGroup, uuidOf } from './testing/fakeGroup.ts';

const VM = uuidOf(1);
const settled = (): FakeGroup => new FakeGroup(2, [{}]).settle('h1');

describe("the administrator's intent (I6)", () => {
  test('a VM destroyed by hand stays off, also when its host dies afterwards', () => {
    const group = settled();
    group.host('h1').change(VM, 'stopped', 'destroyed');
    group.run(3000);
    expect(group.token(0).note?.desired).toBe('stopped');
    group.host('h1').powerOff();
    group.run(60_000);
    expect(group.runningOn(1)).toEqual([]);
  });

  test('a QEMU ended by a signal on the host is a failure, not an intent', () => {
    const group = settled();
    const host = group.host('h1');
    host.change(VM, 'shutting-down', 'user', { kind: 'shutdown', by: 'host' });
    host.change(VM, 'stopped', 'shutdown');
    group.run(5000);
    expect(group.runningOn(1)).toEqual(['h1']);
    expect(group.log.some((line) => line.includes('vm.crashed'))).toBe(true);
  });

  test('a guest that reboots has not failed', () => {
    const group = settled();
    group.host('h1').change(VM, 'running', 'booted', { kind: 'reboot' });
    group.run(5000);
    expect(group.log.map((line) => line.split('  ').at(-1))).toEqual([
      'vm.rebooted: The guest of web1 restarted itself.',
    ]);
    expect(group.host('h1').asked).toEqual(['publish']);
  });

  test('why a domain stopped before this generation of the token is nobody’s intent now', () => {
    const group = settled();
    group.host('h1').command(1, { kind: 'switchover', vm: 'web1', to: null });
    group.run(10_000);
    expect(group.host('h1').domains.get(VM)?.reason).toBe('shutdown');
    group.host('h2').powerOff();
    group.run(20_000);
    expect(group.runningOn(1)).toEqual(['h1']);
  });

  test('a VM shut down from inside while the agent was away stays off', () => {
    const group = settled();
    const host = group.host('h1');
    host.domains.set(VM, { vm: VM, name: 'web1', state: 'stopped', reason: 'shutdown' });
    host.qemus.clear();
    host.restartAgent();
    group.run(10_000);
    expect(group.runningOn(1)).toEqual([]);
    expect(group.token(0).note?.desired).toBe('stopped');
  });

  test('a keeper that has not read the note yet is no reason to believe that the VM was meant to be down', () => {
    const group = settled();
    const host = group.host('h1');
    host.domains.set(VM, { vm: VM, name: 'web1', state: 'stopped', reason: 'crashed' });
    host.qemus.clear();
    host.isKeeperUnread = true;
    host.restartAgent();
    group.run(3000);
    expect(group.token(0).note?.desired).toBe('running');
    expect(group.runningOn(1)).toEqual([]);
    host.isKeeperUnread = false;
    group.run(5000);
    expect(group.runningOn(1)).toEqual(['h1']);
  });

  test.each([false, true])(
    'a shutdown from inside that the store took no note of is known to its host afterwards (agent restarted: %s)',
    (restarts) => {
      const group = settled();
      const host = group.host('h1');
      host.broken.set('note', 'the store did not take it');
      host.change(VM, 'stopped', 'shutdown', { kind: 'shutdown', by: 'guest' });
      group.run(3000);
      expect(group.token(0).note?.desired).toBe('running');
      // The lease is lost, and the host comes back under a new epoch.
      host.epoch = 2;
      group.run(300);
      host.broken.delete('note');
      if (restarts) host.restartAgent();
      group.run(10_000);
      expect(group.runningOn(1)).toEqual([]);
      expect(group.token(0)).toMatchObject({ generation: 2, note: { desired: 'stopped' } });
      host.command(1, { kind: 'vm.start', vm: 'web1' });
      group.run(5000);
      expect(group.runningOn(1)).toEqual(['h1']);
    },
  );

  test('an intent that is not on the store yet outlives a re-assertion of the token', () => {
    const group = settled();
    const host = group.host('h1');
    host.broken.set('note', 'the store does not take it');
    host.change(VM, 'shutting-down', 'user', { kind: 'shutdown', by: 'guest' });
    host.change(VM, 'stopped', 'shutdown');
    group.run(3000);
    const token = group.token(0);
    token.generation = 2;
    if (token.note !== null) token.note = { ...token.note, generation: 2 };
    host.broken.clear();
    group.run(10_000);
    expect(group.runningOn(1)).toEqual([]);
    expect(token.note?.desired).toBe('stopped');
  });

  test('a VM that crashed while the agent was away is started again', () => {
    const group = settled();
    const host = group.host('h1');
    host.domains.set(VM, { vm: VM, name: 'web1', state: 'stopped', reason: 'failed' });
    host.qemus.clear();
    host.restartAgent();
    group.run(5000);
    expect(group.runningOn(1)).toEqual(['h1']);
  });

  test('vm.stop shuts the guest down and it stays off; vm.start brings it back', () => {
    const group = settled();
    const host = group.host('h1');
    host.command(1, { kind: 'vm.stop', vm: 'web1' });
    group.run(10_000);
    expect(host.replies.get(1)).toEqual({ kind: 'text', text: 'web1 is stopped.' });
    group.run(20_000);
    expect(group.runningOn(1)).toEqual([]);
    host.command(2, { kind: 'vm.start', vm: 'web1' });
    group.run(5000);
    expect(host.replies.get(2)).toEqual({ kind: 'text', text: 'web1 runs on h1.' });
    expect(group.token(0).note?.desired).toBe('running');
  });

  test('a guest that does not shut down is left running by vm.stop, and is meant to run again', () => {
    const group = settled();
    const host = group.host('h1');
    host.obeysShutdown = false;
    host.command(1, { kind: 'vm.stop', vm: 'web1' });
    group.run(20_000);
    expect(host.replies.get(1)).toMatchObject({ kind: 'failure', failure: { code: 'vm.shutdown-timeout' } });
    expect(group.runningOn(1)).toEqual(['h1']);
    expect(group.token(0).note?.desired).toBe('running');
  });

  test('a stopped VM of a dead host is started elsewhere when somebody asks', () => {
    const group = settled();
    group.host('h1').change(VM, 'stopped', 'shutdown');
    group.run(3000);
    group.host('h1').powerOff();
    group.run(30_000);
    group.host('h2').command(1, { kind: 'vm.start', vm: 'web1' });
    group.run(5000);
    expect(group.runningOn(1)).toEqual(['h2']);
  });

  test('a disarmed group moves and starts nothing', () => {
    const group = settled();
    group.config = { ...group.config, disarmed: true };
    group.run(1000);
    group.host('h1').change(VM, 'stopped', 'failed');
    group.run(10_000);
    group.host('h1').powerOff();
    group.run(40_000);
    expect(group.runningOn(1)).toEqual([]);
  });

  test('a guest that went down for a switchover which its agent did not survive is started again', () => {
    const group = settled();
    const host = group.host('h1');
    host.command(1, { kind: 'switchover', vm: 'web1', to: null });
    group.run(500);
    host.restartAgent();
    group.run(10_000);
    expect(group.runningOn(1)).toEqual(['h1']);
    expect(group.token(0).note?.desired).toBe('running');
    expect(group.log.some((line) => line.includes('vm.switchover-interrupted'))).toBe(true);
  });
});

test('a switchover can not be stopped while libvirt still has a request to shut the guest down', () => {
  const policy = { maxRestarts: 1, windowMs: 60_000, order: 1, shutdownTimeoutMs: 120_000 };
  const group = new FakeGroup(2, [{ policy }]).settle('h1');
  const h1 = group.host('h1');
  h1.obeysShutdown = false;
  h1.command(1, { kind: 'switchover', vm: 'web1', to: 'h2' });
  group.run(5000);
  h1.broken.set('shutdown', 'never');
  group.run(10_000);
  h1.command(2, { kind: 'cancel', vm: 'web1' });
  expect(h1.replies.get(2)).toMatchObject({ failure: { code: 'vm.too-late-to-cancel' } });
});
