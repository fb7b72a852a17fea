import { describe, expect, test } from 'vitest';
import type { VmHealth } from '../../protocol/health.ts';
import { engineStatus } from './status.ts';
import { FakeGroup, uuidOf } from './testing/fakeGroup.ts';

const VM = uuidOf(1);
const HEALTH: VmHealth = {
  fast: { probe: 'agent', everyMs: 2000, timeoutMs: 1000, failures: 2 },
  deep: { probe: 'http://192.0.2.80/', everyMs: 5000, timeoutMs: 2000, failures: 2 },
  minUptimeMs: 5000,
  rebootGraceMs: 1_200_000,
  quietMs: 10_000,
  restartApp: 'exec:/usr/bin/systemctl restart shop',
  appRestarts: 1,
  resets: 1,
};
const POLICY = { maxRestarts: 1, windowMs: 600_000, order: 100, shutdownTimeoutMs: 10_000 };
const watched = (health: Partial<VmHealth> = {}): FakeGroup =>
  new FakeGroup(2, [{ policy: { ...POLICY, health: { ...HEALTH, ...health } } }]).settle('h1');
const only = { deep: undefined } as unknown as Partial<VmHealth>;
const codes = (group: FakeGroup): readonly string[] => group.events.map(({ event }) => event.code);
const health = (group: FakeGroup) => engineStatus(group.host('h1').engine, group.nowMs).vms[0]?.health;

describe('a failed application', () => {
  test('is restarted through the guest agent, and that it is well again is told with its time', () => {
    const group = watched();
    const host = group.host('h1');
    host.guests.answers.set('http', 'failed');
    group.run(9000);
    expect(host.guests.ran).toEqual(['/usr/bin/systemctl']);
    host.guests.answers.set('http', 'well');
    group.run(3000);
    expect(group.report()).toMatchInlineSnapshot(`
      "
        15.6 s  h1  vm.health-failed: The application of web1 has failed on h1 (http://192.0.2.80/: http is failed, 2 times in a row).
        15.7 s  h1  vm.app-restarted: The application in web1 was restarted (attempt 1 of 1): http://192.0.2.80/: http is failed, 2 times in a row.
        20.8 s  h1  vm.health-recovered: web1 is well again on h1, 10.2 s after it began to fail: its application was restarted.
      "
    `);
    expect(host.asked).not.toContain('reset');
  });

  test('goes through the whole ladder: application, guest, VM, other host, and then it is left as it is', () => {
    const group = watched();
    for (const host of group.hosts) host.guests.answers.set('http', 'failed');
    group.run(400_000);
    expect(group.report()).toMatchInlineSnapshot(`
      "
        15.6 s  h1  vm.health-failed: The application of web1 has failed on h1 (http://192.0.2.80/: http is failed, 2 times in a row).
        15.7 s  h1  vm.app-restarted: The application in web1 was restarted (attempt 1 of 1): http://192.0.2.80/: http is failed, 2 times in a row.
        21.1 s  h1  vm.reset: The guest of web1 was reset (attempt 1 of 1): http://192.0.2.80/: http is failed, 2 times in a row.
        38.0 s  h1  vm.restart-for-health: web1 is ended and started again on h1: http://192.0.2.80/: http is failed, 4 times in a row.
        39.0 s  h1  vm.restarted: web1 runs on h1 again after 0.9 s without service (restart 1 of 1).
        55.9 s  h1  vm.failed-here: web1 failed 2 times on h1; it goes to h2.
        56.2 s  h1  vm.released: h1 has given the token of web1 up for h2.
        56.6 s  h2  vm.token-acquired: h2 holds the token of web1 now (generation 2): h1 released it.
        57.0 s  h1  vm.handed-over: h2 has taken web1, 1.1 s after it was decided.
        57.1 s  h1  definition.placed: h1 is a standby of web1, with its present definition.
        57.5 s  h2  vm.started: web1 runs on h2 after 1.0 s (h1 released it).
        62.6 s  h2  vm.health-failed: The application of web1 has failed on h2 (http://192.0.2.80/: http is failed, 2 times in a row).
        74.5 s  h2  vm.app-restarted: The application in web1 was restarted (attempt 1 of 1): http://192.0.2.80/: http is failed, 4 times in a row.
        91.7 s  h2  vm.reset: The guest of web1 was reset (attempt 1 of 1): http://192.0.2.80/: http is failed, 4 times in a row.
       108.6 s  h2  vm.restart-for-health: web1 is ended and started again on h2: http://192.0.2.80/: http is failed, 4 times in a row.
       109.6 s  h2  vm.restarted: web1 runs on h2 again after 0.9 s without service (restart 1 of 1).
       126.5 s  h2  vm.health-gave-up: Nothing has helped web1 (http://192.0.2.80/: http is failed, 4 times in a row). It is left as it is; the next attempt is in 15 min.
      "
    `);
    expect(group.runningOn(1)).toEqual(['h2']);
    const [vm] = engineStatus(group.host('h2').engine, group.nowMs).vms;
    expect(vm?.health?.state).toBe('gave-up');
  });

  test('that is slow to start after a reset is given time while its disks move, though the guest agent answers', () => {
    const group = watched({ restartApp: undefined, resets: 10 } as never);
    const host = group.host('h1');
    host.guests.answers.set('http', 'failed');
    group.run(12_000);
    host.guests.isBusy = true;
    group.run(300_000);
    expect(codes(group).filter((code) => code === 'vm.reset')).toHaveLength(1);
  });

  test('that only fails now and then is left alone', () => {
    const group = watched();
    const host = group.host('h1');
    for (let round = 0; round < 10; round += 1) {
      host.guests.answers.set('http', round % 2 === 0 ? 'failed' : 'well');
      group.run(5000);
    }
    expect(codes(group)).toEqual([]);
  });
});

describe('a silent guest', () => {
  test('is reset only when its disks and its network stand still', () => {
    const group = watched(only);
    const host = group.host('h1');
    host.guests.answers.set('agent', 'silent');
    host.guests.isBusy = true;
    group.run(600_000);
    expect(host.asked).not.toContain('reset');
    expect(codes(group)).toEqual(['vm.health-failed', 'vm.health-busy']);
    host.guests.isBusy = false;
    group.run(15_000);
    expect(host.asked).toContain('reset');
  });

  test('that was never heard since this agent watches it is left alone: it may have no guest agent at all', () => {
    const group = new FakeGroup(2, [{ policy: { ...POLICY, health: { ...HEALTH, ...only } } }]);
    group.host('h1').guests.answers.set('agent', 'silent');
    group.settle('h1').run(120_000);
    expect(group.host('h1').asked).not.toContain('reset');
    expect(health(group)?.state).toBe('doubtful');
    group.host('h1').guests.answers.set('agent', 'well');
    group.run(10_000);
    group.host('h1').guests.answers.set('agent', 'silent');
    group.run(30_000);
    expect(group.host('h1').asked).toContain('reset');
  });

  test('whose application is silent too is left alone while its disks move, for as long as updates may take', () => {
    const group = watched({ fast: undefined, restartApp: undefined, rebootGraceMs: 600_000 } as never);
    const host = group.host('h1');
    host.guests.answers.set('http', 'silent');
    host.guests.isBusy = true;
    group.run(590_000);
    expect(host.asked).not.toContain('reset');
    group.run(30_000);
    expect(host.asked).toContain('reset');
  });

  test('is left alone while its application answers', () => {
    const group = watched();
    const host = group.host('h1');
    host.guests.answers.set('agent', 'silent');
    group.run(120_000);
    expect(host.asked).not.toContain('reset');
    expect(health(group)?.state).toBe('doubtful');
  });

  test('whose probe never comes back counts as silent, and asks nothing twice at a time', () => {
    const group = watched(only);
    const host = group.host('h1');
    host.guests.answers.set('agent', 'never');
    group.run(40_000);
    expect(host.asked).toContain('reset');
  });

  test('is not judged before it has run for its least uptime', () => {
    const group = watched({ ...only, minUptimeMs: 300_000 });
    group.host('h1').guests.answers.set('agent', 'silent');
    group.run(200_000);
    expect(codes(group)).toEqual([]);
    expect(health(group)?.state).toBe('waiting');
  });

  test('that restarted itself may take its grace for updates, once', () => {
    const group = watched();
    const host = group.host('h1');
    const reboot = (): void => host.change(VM, 'running', 'booted', { kind: 'reboot' });
    for (const kind of ['agent', 'http'] as const) host.guests.answers.set(kind, 'silent');
    reboot();
    group.run(600_000);
    reboot();
    group.run(590_000);
    expect(codes(group)).toEqual(['vm.rebooted', 'vm.rebooted']);
    group.run(60_000);
    expect(codes(group)).toContain('vm.health-failed');
  });

  test('that restarts itself before it was ever well has its grace too', () => {
    const group = watched();
    const host = group.host('h1');
    host.domains.set(VM, { vm: VM, name: 'web1', state: 'running', reason: 'booted' });
    host.restartAgent();
    group.run(1000);
    for (const kind of ['agent', 'http'] as const) host.guests.answers.set(kind, 'silent');
    host.change(VM, 'running', 'booted', { kind: 'reboot' });
    group.run(600_000);
    expect(codes(group)).not.toContain('vm.health-failed');
  });

  test('is not reset while the store is away, nor while the group is disarmed', () => {
    const group = watched(only);
    const host = group.host('h1');
    host.guests.answers.set('agent', 'silent');
    host.storeReachable = false;
    group.run(60_000);
    host.storeReachable = true;
    group.config = { ...group.config, disarmed: true };
    group.run(60_000);
    expect(host.asked).not.toContain('reset');
  });
});

describe('what the hypervisor says', () => {
  test('a panic that QEMU keeps leads to a restart of the VM', () => {
    const group = watched();
    group.host('h1').change(VM, 'crashed', 'panicked', { kind: 'panicked' });
    group.run(10_000);
    expect(group.host('h1').domains.get(VM)?.state).toBe('running');
    expect(codes(group)).toContain('vm.restart-for-health');
  });

  test('a watchdog that nobody answers leads to a reset at once, without a second opinion', () => {
    const group = watched();
    const host = group.host('h1');
    host.guests.isBusy = true;
    host.change(VM, 'running', 'booted', { kind: 'watchdog', action: 'none' });
    group.run(4000);
    expect(host.asked).toContain('reset');
  });

  test('a watchdog that QEMU answers with a reset is left to it', () => {
    const group = watched();
    const host = group.host('h1');
    host.change(VM, 'running', 'booted', { kind: 'watchdog', action: 'reset' });
    group.run(30_000);
    expect(host.asked).not.toContain('reset');
  });
});

test('nobody looks into a VM without a health policy', () => {
  const group = new FakeGroup(2, [{}]).settle('h1');
  const host = group.host('h1');
  host.change(VM, 'running', 'booted', { kind: 'watchdog', action: 'none' });
  host.guests.answers.set('agent', 'silent');
  group.run(60_000);
  expect(host.asked).not.toContain('reset');
  expect(health(group)).toBeUndefined();
});
