import { describe, expect, test } from 'vitest';
import { firstNote } from '../../../agent/core/engine/notes.ts';
import type { GroupConfig } from '../../../agent/protocol/group.ts';
import { type OpenWorld, openWorld } from './openWorld.ts';

/** Holes that were found once, each at an instant that no scenario file can name. */

const twoHosts = { hosts: ['a', 'b'], profile: 'steady' };

/** Both VMs leave the configuration while b is off, and `vms` come in with token 0. */
function protectAnew(open: OpenWorld, vm: number): ReturnType<OpenWorld['ask']> {
  const { world } = open;
  const entry = world.config.vms[vm];
  if (entry === undefined) throw new Error('no such VM');
  const propose = (config: GroupConfig): void => void open.ask('a', { kind: 'proposeConfig', config });
  propose({ ...world.config, generation: 2, vms: [] });
  propose({ ...world.config, generation: 3, vms: [{ ...entry, token: 0 }] });
  return open.ask('a', { kind: 'acquire', token: 0, note: firstNote(2, 'running') });
}

describe('a configuration changed while a host was away', () => {
  test('a token still held for another VM gives no right, and the new VM never runs twice', () => {
    const vms = [
      { name: 'v1', host: 'a' },
      { name: 'v2', host: 'a' },
    ];
    const open = openWorld({ ...twoHosts, vms }, 4);
    open.runTo(10);
    open.site('b').host.powerOff();
    expect(protectAnew(open, 1)?.kind).toBe('failed');
    open.site('b').host.powerOn();
    open.runUntil(() => open.site('b').host.isUp);
    open.world.store.setReach(0, 'cut');
    open.runOn(90);
    expect(open.world.judge.violations).toEqual([]);
  });

  test('a VM that is protected again keeps its token while it runs', () => {
    const open = openWorld({ ...twoHosts, vms: [{ name: 'v1', host: 'a' }] }, 4);
    open.runTo(10);
    open.site('b').host.powerOff();
    protectAnew(open, 0);
    open.site('b').host.powerOn();
    open.runOn(60);
    expect(open.lines.filter((line) => line.includes('The token of v1 was released'))).toEqual([]);
  });
});

test('no host takes a token that has gone back in time with the store', () => {
  for (let seed = 2; seed <= 20; seed += 2) {
    const vms = [{ name: 'v1', host: 'a' }];
    const steps = [
      { at: 5, do: 'reset', host: 'a' },
      { at: 70 + seed / 10, do: 'store-rollback', seconds: 60 },
    ];
    const open = openWorld({ ...twoHosts, profile: 'swift', vms, steps }, seed);
    open.runTo(130);
    expect(open.world.judge.violations, `seed ${seed}`).toEqual([]);
  }
});

test.each([false, true])(
  'the other host helps when an agent is gone for good in the middle of a start (guest created: %s)',
  (isCreated) => {
    const open = openWorld({ ...twoHosts, vms: [{ name: 'v1', host: 'a' }] }, 4);
    const [vm] = open.world.vms;
    if (vm === undefined) throw new Error('no VM');
    open.runTo(5);
    const qemu = open.world.guests.running(vm);
    if (qemu === null) throw new Error('it does not run');
    const { agent, keeper, host } = open.site('a');
    agent.stop();
    open.world.calm.happened('guest', open.world.queue.nowMs);
    open.world.guests.kill(qemu);
    open.runOn(1);
    keeper.request({ id: 1000, body: { kind: 'beginStart', token: 0, generation: 1 } });
    expect(keeper.state?.pendingStarts.size).toBe(1);
    if (isCreated) open.world.guests.create(vm, host);
    open.runUntil(() => open.world.guests.running(vm)?.host.name === 'b');
    expect(open.world.judge.violations).toEqual([]);
  },
);
