import { describe, expect, test } from 'vitest';
import { engineStatus } from './status.ts';
import { FakeGroup, uuidOf } from './testing/fakeGroup.ts';

const VM = uuidOf(1);
const settled = (): FakeGroup => new FakeGroup(2, [{}]).settle('h1');

describe('faults around a VM', () => {
  test('a guest paused by an I/O error has not crashed, and goes on when the store is back', () => {
    const group = settled();
    const host = group.host('h1');
    host.storeReachable = false;
    host.change(VM, 'paused', 'io-error', { kind: 'io-error', path: '/srv/store/web1.raw', reason: '' });
    group.run(20_000);
    expect(host.domains.get(VM)?.state).toBe('paused');
    host.storeReachable = true;
    group.run(5000);
    expect(host.domains.get(VM)?.state).toBe('running');
    expect(group.report()).toMatchInlineSnapshot(`
      "
        10.0 s  h1  vm.io-error: A disk of web1 answered with an error (/srv/store/web1.raw).
        10.0 s  h1  vm.paused-io-error: web1 is paused on h1: its disk answered with an error. It goes on when the store does.
        30.9 s  h1  vm.resumed: web1 goes on: its disk answers again.
      "
    `);
  });

  test('a host that lost a VM which was paused by an I/O error does not go on saying that it is paused', () => {
    const group = settled();
    const host = group.host('h1');
    host.storeReachable = false;
    host.change(VM, 'paused', 'io-error');
    group.run(2000);
    const token = group.token(0);
    token.generation = 2;
    if (token.value) token.value = { ...token.value, holder: 1 };
    host.change(VM, 'stopped', 'failed');
    host.storeReachable = true;
    group.run(3000);
    const [vm] = engineStatus(host.engine, group.nowMs).vms;
    expect(vm?.readiness.reasons.map((reason) => reason.code)).not.toContain('ready.paused-io-error');
  });

  test('the version of the hypervisor is shown as soon as it is known', () => {
    const group = settled();
    const host = group.host('h1');
    host.feed({
      kind: 'hypervisor',
      nowMs: group.nowMs,
      version: '9.1.0',
      domains: [...host.domains.values()],
    });
    expect(engineStatus(host.engine, group.nowMs).self.hypervisor.version).toBe('9.1.0');
  });

  test('a hypervisor that does not answer makes facts unknown, not stopped; the VM is left alone', () => {
    const group = settled();
    const host = group.host('h1');
    host.hasHypervisor = false;
    host.tellHypervisor();
    group.run(60_000);
    expect(engineStatus(host.engine, group.nowMs).vms[0]?.here).toBe('running');
    expect(group.runningOn(1)).toEqual(['h1']);
    expect(host.asked).toEqual([]);
    host.hasHypervisor = true;
    host.tellHypervisor();
    group.run(3000);
    expect(host.asked).toEqual(['publish']);
  });

  test('a VM that goes down while the hypervisor does not answer is handed to the other host', () => {
    const group = settled();
    const host = group.host('h1');
    host.hasHypervisor = false;
    host.tellHypervisor();
    host.qemus.clear();
    group.run(12_000);
    expect(group.runningOn(1)).toEqual([]);
    group.run(5000);
    expect(group.runningOn(1)).toEqual(['h2']);
    expect(group.report()).toMatchInlineSnapshot(`
      "
        10.0 s  h1  hypervisor.lost: The hypervisor of h1 does not answer (no answer). VMs are left alone; their processes are watched.
        22.5 s  h1  vm.down-without-hypervisor: web1 is down and the hypervisor of h1 does not answer: another host gets it.
        22.7 s  h1  vm.released: h1 has given the token of web1 up for h2.
        23.1 s  h2  vm.token-acquired: h2 holds the token of web1 now (generation 2): h1 released it.
        23.5 s  h1  vm.handed-over: h2 has taken web1, 1.0 s after it was decided.
        24.0 s  h2  vm.started: web1 runs on h2 after 1.0 s (h1 released it).
      "
    `);
  });

  test('a restarted agent adopts what runs and starts nothing', () => {
    const group = settled();
    group.host('h1').restartAgent();
    group.run(5000);
    expect(group.runningOn(1)).toEqual(['h1']);
    expect(group.host('h1').asked.filter((what) => !['publish', 'inspect'].includes(what))).toEqual([]);
  });

  test('without a keeper nothing is decided', () => {
    const group = settled();
    const host = group.host('h1');
    host.hasKeeper = false;
    host.feed({ kind: 'keeperLost', nowMs: group.nowMs });
    host.change(VM, 'stopped', 'failed');
    group.run(10_000);
    expect(host.asked).toEqual([]);
    host.hasKeeper = true;
    group.run(5000);
    expect(group.runningOn(1)).toEqual(['h1']);
  });

  test('a VM that runs here although another host holds its token is destroyed, loudly', () => {
    const group = settled();
    const intruder = group.host('h2');
    intruder.change(VM, 'running', 'booted');
    group.run(2500);
    expect(group.runningOn(1)).toEqual(['h1', 'h2']);
    group.run(3000);
    expect(group.runningOn(1)).toEqual(['h1']);
    expect(group.log.some((line) => line.includes('h2  vm.stranger-destroyed'))).toBe(true);
  });

  test('a VM of this host whose token the keeper has not read again yet is not called a stranger', () => {
    const group = new FakeGroup(1, [{}]).settle('h1');
    const token = group.token(0);
    if (token.value) token.value = { ...token.value, holderEpoch: 0 };
    group.run(10_000);
    expect(group.host('h1').asked).not.toContain('destroy');
  });

  test('a create whose outcome is not known is destroyed before it is called failed', () => {
    const group = settled();
    const host = group.host('h1');
    host.change(VM, 'stopped', 'failed');
    host.broken.set('createPaused', 'never');
    group.run(1000);
    host.change(VM, 'paused', 'user');
    host.broken.clear();
    group.run(110_000);
    const asked = host.asked.slice(host.asked.indexOf('createPaused'));
    expect(asked.slice(0, 3)).toEqual(['createPaused', 'destroy', 'endStart']);
    expect(host.pending.size).toBe(0);
    expect(group.runningOn(1)).toHaveLength(1);
  });

  test('a guest that may not continue is destroyed and never runs', () => {
    const group = settled();
    const host = group.host('h1');
    host.broken.set('mayContinue', 'the lease is gone');
    host.change(VM, 'stopped', 'failed');
    group.run(3000);
    expect(host.asked).not.toContain('resume');
    expect(host.asked).toContain('destroy');
    host.broken.clear();
    group.run(5000);
    expect(group.runningOn(1)).toEqual(['h1']);
  });

  test('an agent restarted in the middle of a start finishes it', () => {
    const group = settled();
    const host = group.host('h1');
    host.change(VM, 'stopped', 'failed');
    host.broken.set('resume', 'never');
    group.run(1000);
    expect(host.domains.get(VM)?.state).toBe('paused');
    host.broken.clear();
    host.restartAgent();
    group.run(3000);
    expect(host.domains.get(VM)?.state).toBe('running');
    expect(host.pending.size).toBe(0);
  });

  test('an agent restarted before its QEMU came up takes the start back and begins again', () => {
    const group = settled();
    const host = group.host('h1');
    host.change(VM, 'stopped', 'failed');
    host.broken.set('createPaused', 'never');
    group.run(500);
    host.broken.clear();
    host.restartAgent();
    group.run(10_000);
    expect(group.runningOn(1)).toEqual(['h1']);
    expect(host.pending.size).toBe(0);
  });

  test('a definition that can not be read gives way to the older one that is defined here', () => {
    const group = settled();
    const standby = group.host('h2');
    standby.broken.set('fetch', 'damaged');
    group.edit(VM);
    group.host('h1').change(VM, 'running', 'booted', { kind: 'defined' });
    group.run(5000);
    group.host('h1').powerOff();
    group.run(20_000);
    expect(group.runningOn(1)).toEqual(['h2']);
    expect(group.log.some((line) => line.includes('definition.older-used'))).toBe(true);
  });

  test('a definition that was edited into an unsafe one is noticed, and is not taken over by time', () => {
    const group = settled();
    const { description } = group;
    const host = group.host('h1');
    group.description = {
      ...description,
      disks: description.disks.map((disk) => ({ ...disk, cache: 'writeback' })),
    };
    host.change(VM, 'running', 'booted', { kind: 'defined' });
    group.run(3000);
    expect(group.token(0).note?.notTakeable).toBe(true);
    expect(engineStatus(host.engine, group.nowMs).vms[0]?.readiness).toMatchObject({
      level: 'unprotected',
      reasons: expect.arrayContaining([expect.objectContaining({ code: 'ready.definition-unsafe' })]),
    });
    group.description = description;
    host.change(VM, 'running', 'booted', { kind: 'defined' });
    group.run(3000);
    expect(group.token(0).note?.notTakeable).toBe(false);
    expect(engineStatus(host.engine, group.nowMs).vms[0]?.readiness.level).toBe('protected');
  });

  test('a change of the definition that no event tells reaches the standby within seconds', () => {
    const group = settled();
    group.edit(VM);
    group.run(8000);
    expect(group.host('h2').engine.definitions.get(VM)?.placed).toBe(group.definitionOf(VM));
  });
});

describe('a guest that does not hear', () => {
  test('while it boots is asked again, and shuts down instead of losing power', () => {
    const group = new FakeGroup(2, [
      { policy: { maxRestarts: 1, windowMs: 60_000, order: 1, shutdownTimeoutMs: 60_000 } },
    ]);
    group.settle('h1');
    const host = group.host('h1');
    host.obeysShutdown = false;
    host.command(1, { kind: 'switchover', vm: 'web1', to: 'h2' });
    group.run(5000);
    host.obeysShutdown = true;
    group.run(20_000);
    expect(group.runningOn(1)).toEqual(['h2']);
    expect(group.log.some((line) => line.includes('vm.power-cut'))).toBe(false);
  });

  test('is not asked again while the hypervisor owes an answer', () => {
    const group = new FakeGroup(2, [
      { policy: { maxRestarts: 1, windowMs: 60_000, order: 1, shutdownTimeoutMs: 60_000 } },
    ]);
    group.settle('h1');
    const host = group.host('h1');
    host.obeysShutdown = false;
    host.command(1, { kind: 'switchover', vm: 'web1', to: 'h2' });
    group.run(5000);
    host.broken.set('shutdown', 'never');
    group.run(45_000);
    expect(host.asked.filter((one) => one === 'shutdown')).toHaveLength(2);
  });

  test('because its disk fails it is not asked at all, and keeps its power', () => {
    const group = new FakeGroup(2, [{}]).settle('h1');
    const host = group.host('h1');
    host.storeReachable = false;
    host.change(uuidOf(1), 'paused', 'io-error');
    for (const [id, kind] of [
      [1, 'switchover'],
      [2, 'vm.stop'],
    ] as const) {
      host.command(id, kind === 'switchover' ? { kind, vm: 'web1', to: 'h2' } : { kind, vm: 'web1' });
      expect(host.replies.get(id)).toMatchObject({ kind: 'failure', failure: { code: 'vm.paused' } });
    }
    expect(host.asked).not.toContain('shutdown');
  });

  test('because its disk fails it in the middle of a switchover stays, and goes on when the store does', () => {
    const group = new FakeGroup(2, [{}]).settle('h1');
    const host = group.host('h1');
    host.obeysShutdown = false;
    host.command(1, { kind: 'switchover', vm: 'web1', to: 'h2' });
    group.run(2000);
    host.storeReachable = false;
    host.change(uuidOf(1), 'paused', 'io-error');
    group.run(1000);
    expect(host.replies.get(1)).toMatchObject({ kind: 'failure', failure: { code: 'vm.paused' } });
    host.storeReachable = true;
    group.run(20_000);
    expect(host.domains.get(uuidOf(1))?.state).toBe('running');
    expect(host.asked).not.toContain('stop');
  });
});
