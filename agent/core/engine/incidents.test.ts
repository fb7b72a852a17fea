import { describe, expect, test } from 'vitest';
import { FakeGroup, uuidOf } from './testing/fakeGroup.ts';

const VM = uuidOf(1);

describe('incidents, as the event log tells them', () => {
  test('a crashed VM is restarted on the same host, at once', () => {
    const group = new FakeGroup(2, [{}]).settle('h1');
    group.host('h1').change(VM, 'stopped', 'failed');
    group.run(5000);
    expect(group.report()).toMatchInlineSnapshot(`
      "
        10.0 s  h1  vm.crashed: web1 went down on h1 and nobody asked for it (failed).
        10.9 s  h1  vm.restarted: web1 runs on h1 again after 0.9 s without service (restart 1 of 1).
      "
    `);
    expect(group.runningOn(1)).toEqual(['h1']);
  });

  test('a VM that crashes more often than its policy allows goes to the other host', () => {
    const group = new FakeGroup(2, [{}]).settle('h1');
    group.host('h1').change(VM, 'stopped', 'failed');
    group.run(5000);
    group.host('h1').change(VM, 'stopped', 'crashed');
    group.run(15_000);
    expect(group.report()).toMatchInlineSnapshot(`
      "
        10.0 s  h1  vm.crashed: web1 went down on h1 and nobody asked for it (failed).
        10.9 s  h1  vm.restarted: web1 runs on h1 again after 0.9 s without service (restart 1 of 1).
        15.0 s  h1  vm.crashed: web1 went down on h1 and nobody asked for it (crashed).
        15.0 s  h1  vm.failed-here: web1 failed 2 times on h1; it goes to h2.
        15.3 s  h1  vm.released: h1 has given the token of web1 up for h2.
        15.6 s  h2  vm.token-acquired: h2 holds the token of web1 now (generation 2): h1 released it.
        16.0 s  h1  vm.handed-over: h2 has taken web1, 1.0 s after it was decided.
        16.1 s  h1  definition.placed: h1 is a standby of web1, with its present definition.
        16.5 s  h2  vm.started: web1 runs on h2 after 1.0 s (h1 released it).
      "
    `);
    expect(group.runningOn(1)).toEqual(['h2']);
  });

  test('a VM that runs on no host is given up for a while, and tried again', () => {
    const group = new FakeGroup(2, [{}]).settle('h1');
    for (const host of group.hosts) host.broken.set('createPaused', 'QEMU exits at once');
    group.host('h1').change(VM, 'stopped', 'crashed');
    group.run(40_000);
    for (const host of group.hosts) host.broken.clear();
    group.run(60_000);
    expect(group.report()).toMatchInlineSnapshot(`
      "
        10.0 s  h1  vm.crashed: web1 went down on h1 and nobody asked for it (crashed).
        10.8 s  h1  vm.start-failed: web1 could not be started on h1: QEMU exits at once
        10.8 s  h1  vm.failed-here: web1 failed 2 times on h1; it goes to h2.
        11.0 s  h1  vm.released: h1 has given the token of web1 up for h2.
        11.1 s  h2  vm.token-acquired: h2 holds the token of web1 now (generation 2): h1 released it.
        11.5 s  h1  vm.handed-over: h2 has taken web1, 0.7 s after it was decided.
        11.6 s  h2  vm.start-failed: web1 could not be started on h2: QEMU exits at once
        11.6 s  h1  definition.placed: h1 is a standby of web1, with its present definition.
        12.1 s  h2  vm.start-failed: web1 could not be started on h2: QEMU exits at once
        12.1 s  h2  vm.gave-up: web1 could not be kept running on any host. The next attempt is in 60 s; "understudy start web1" tries at once.
        73.0 s  h2  vm.started: web1 runs on h2 after 0.9 s (it should run here).
      "
    `);
    expect(group.runningOn(1)).toEqual(['h2']);
  });

  test('a guest shut down from inside stays off until somebody starts it', () => {
    const group = new FakeGroup(2, [{}]).settle('h1');
    group.host('h1').change(VM, 'stopped', 'shutdown');
    group.run(30_000);
    expect(group.runningOn(1)).toEqual([]);
    expect(group.token(0).note?.desired).toBe('stopped');
    group.host('h1').change(VM, 'running', 'booted');
    group.run(3000);
    expect(group.token(0).note?.desired).toBe('running');
    expect(group.report()).toMatchInlineSnapshot(`
      "
        10.0 s  h1  vm.shut-down-inside: web1 was shut down from inside. It stays off until it is started again.
        40.0 s  h1  vm.started-by-admin: web1 was started by hand on h1: it is kept running from now on.
      "
    `);
  });

  test('power loss of the active host: the standby takes over; the old active returns as the standby', () => {
    const group = new FakeGroup(2, [{}]).settle('h1');
    group.host('h1').powerOff();
    group.run(20_000);
    group.edit(VM);
    group.host('h2').change(VM, 'running', 'booted', { kind: 'defined' });
    group.run(5000);
    group.host('h1').powerOn();
    group.run(10_000);
    expect(group.report()).toMatchInlineSnapshot(`
      "
        22.6 s  h2  vm.taken-over: h2 holds the token of web1 now (generation 2): h1 has not renewed its lease for so long that it can run nothing any more.
        23.5 s  h2  vm.started: web1 runs on h2 again after 13.4 s without service (h1 has not renewed its lease for so long that it can run nothing any more).
        30.1 s  h2  definition.published: The definition of web1 changed and is on the store.
        35.0 s  h1  hypervisor.connected: The hypervisor of h1 answers (0 of 1 VMs run).
        35.7 s  h1  definition.placed: h1 is a standby of web1, with its present definition.
      "
    `);
    expect(group.runningOn(1)).toEqual(['h2']);
    expect(group.host('h1').engine.definitions.get(VM)).toEqual({
      vm: VM,
      cached: group.definitionOf(VM),
      placed: group.definitionOf(VM),
      role: 'standby',
    });
  });

  test('a switchover shuts the guest down here and starts it there', () => {
    const group = new FakeGroup(2, [{}]).settle('h1');
    group.host('h1').command(1, { kind: 'switchover', vm: 'web1', to: null });
    group.run(10_000);
    expect(group.report()).toMatchInlineSnapshot(`
      "
        10.0 s  h1  vm.switchover-begun: web1 is moved from h1 to h2, as asked.
        12.5 s  h1  vm.released: h1 has given the token of web1 up for h2.
        12.6 s  h2  vm.token-acquired: h2 holds the token of web1 now (generation 2): h1 released it.
        13.0 s  h1  vm.switched-over: h2 has taken web1, 3.0 s after it was decided.
        13.1 s  h1  definition.placed: h1 is a standby of web1, with its present definition.
        13.5 s  h2  vm.started: web1 runs on h2 after 1.0 s (h1 released it).
      "
    `);
    expect(group.host('h1').replies.get(1)).toEqual({ kind: 'text', text: 'web1 is on h2 now.' });
    expect(group.runningOn(1)).toEqual(['h2']);
  });

  test('a switchover to a host that does not take is taken back', () => {
    const group = new FakeGroup(2, [{}]).settle('h1');
    group.host('h2').broken.set('acquire', 'the store is slow');
    group.host('h1').command(1, { kind: 'switchover', vm: 'web1', to: 'h2' });
    group.run(40_000);
    expect(group.report()).toMatchInlineSnapshot(`
      "
        10.0 s  h1  vm.switchover-begun: web1 is moved from h1 to h2, as asked.
        12.5 s  h1  vm.released: h1 has given the token of web1 up for h2.
        12.6 s  h2  vm.start-refused: h2 may not start web1 now: the store is slow
        32.5 s  h1  vm.taken-back: h2 did not take web1; h1 takes it back.
        32.6 s  h1  vm.token-acquired: h1 holds the token of web1 now (generation 2): h2 did not take it.
        33.5 s  h1  vm.started: web1 runs on h1 again after 23.5 s without service (h2 did not take it).
      "
    `);
    expect(group.host('h1').replies.get(1)?.kind).toBe('failure');
    expect(group.runningOn(1)).toEqual(['h1']);
  });
});

test('an agent that never saw the lost host alive claims no seconds for what it can not know', () => {
  const group = new FakeGroup(2, [{}]).settle('h1');
  group.host('h1').powerOff();
  group.run(6000);
  group.host('h2').restartAgent();
  group.run(20_000);
  const started = group.events.find(({ event }) => event.code === 'vm.started')?.event;
  expect(group.runningOn(1)).toEqual(['h2']);
  expect(started?.facts?.['downMs']).toBeNull();
  expect(started?.text).not.toContain('without service');
});
