import { expect, test } from 'vitest';
import { runningNote } from './keeperAgent.ts';
import { KeeperWorld, vmId } from './keeperWorld.ts';
import type { KeeperLine, KeeperRequestBody } from '../../agent/protocol/keeperLink.ts';
import { tokenBlock } from '../../agent/core/area.ts';
import { failOperations } from '../../agent/core/keeper/operations.ts';
import type { State } from '../../agent/core/keeper/state.ts';
import { step } from '../../agent/core/keeper/step.ts';
import type { KeeperEffect, KeeperInput } from '../../agent/core/keeper/types.ts';

function makeWorld(seed: number, hosts = 2): KeeperWorld {
  return new KeeperWorld({
    seed,
    hosts,
    vms: 1,
    profile: 'steady',
    drain: 'threads-stopped',
    watchdogs: true,
  });
}

function ask(world: KeeperWorld, slot: number, body: KeeperRequestBody): KeeperLine[] {
  const lines: KeeperLine[] = [];
  world.hosts[slot]?.ask(body, (line) => lines.push(line));
  world.run(world.queue.nowMs + 2000);
  return lines;
}

/** The VM of token 0 leaves the configuration while host 1 is off, and `vms` come in. */
function protectAnew(world: KeeperWorld, vms: KeeperWorld['config']['vms']): KeeperLine[] {
  world.run(70_000);
  world.hosts[1]?.powerOff();
  ask(world, 0, { kind: 'proposeConfig', config: { ...world.config, generation: 2, vms: [] } });
  ask(world, 0, { kind: 'proposeConfig', config: { ...world.config, generation: 3, vms } });
  return ask(world, 0, { kind: 'acquire', token: 0, note: runningNote(2) });
}

test('a token still held for another VM gives no right, and the new VM never runs twice', () => {
  const world = makeWorld(4);
  const other = { ...world.config.vms[0]!, vm: vmId(7), name: 'other' };
  world.run(70_000);
  world.guests.resume(world.guests.create(0, other.vm, 0));
  protectAnew(world, [other]);
  world.hosts[1]?.powerOn();
  while (world.hosts[1]?.up !== true) {
    world.run(world.queue.nowMs + 100);
  }
  world.store.setReach(0, 'cut');
  world.run(world.queue.nowMs + 90_000);
  expect(world.violations).toEqual([]);
});

test('a VM that is protected again keeps its token while it runs', () => {
  const world = makeWorld(4);
  protectAnew(world, world.config.vms);
  world.hosts[1]?.powerOn();
  world.run(world.queue.nowMs + 60_000);
  expect(world.story.filter((line) => line.includes('token.released'))).toEqual([]);
});

test('no host takes a token that has gone back in time with the store', () => {
  for (let seed = 2; seed <= 20; seed += 2) {
    const world = makeWorld(seed);
    world.run(70_000);
    const first = world.runsOn(vmId(0)) ?? 0;
    world.hosts[first]?.powerOff();
    world.hosts[first]?.powerOn();
    world.run(190_000 + Math.floor(world.random.next() * 1000));
    world.store.rollback(75_000);
    world.run(world.queue.nowMs + 60_000);
    expect(world.violations, `seed ${seed}`).toEqual([]);
  }
});

test('a host that lives is never taken out of the group; a dead one is, and comes back to nothing', () => {
  const world = makeWorld(4, 3);
  world.run(92_000);
  const config = {
    ...world.config,
    generation: 2,
    hosts: world.config.hosts.slice(0, 2),
    retiredSlots: [2],
    vms: world.config.vms.map((entry) => ({ ...entry, hosts: entry.hosts.filter((slot) => slot !== 2) })),
  };
  const answers: string[] = [];
  const propose = () => {
    world.hosts[0]?.ask({ kind: 'proposeConfig', config }, (line) => {
      answers.push(line.kind === 'refused' ? line.failure.code : 'decided');
    });
    world.run(world.queue.nowMs + 3000);
  };
  propose();
  world.hosts[2]?.powerOff();
  world.run(world.queue.nowMs + 40_000);
  propose();
  expect(answers).toEqual(['config.host-alive', 'decided']);
  world.hosts[2]?.powerOn();
  world.run(world.queue.nowMs + 60_000);
  expect(world.hosts[2]?.state?.phase).toBe('passive');
  world.store.setReach(0, 'cut');
  world.store.setReach(1, 'cut');
  world.run(world.queue.nowMs + 40_000);
  expect(world.violations).toEqual([]);
});

test('the owner of a torn first block writes it anew', () => {
  const world = makeWorld(4);
  world.store.put(tokenBlock(0, 0, 0), new Uint8Array(4096).fill(7, 0, 512));
  world.run(120_000);
  expect(world.runsOn(vmId(0))).not.toBeNull();
});

test('the other host helps when an agent is gone for good in the middle of a start', () => {
  const world = makeWorld(4);
  world.run(70_000);
  const host = world.hosts[0]!;
  world.agents[0]!.onView = () => undefined;
  for (const guest of world.guests.on(0)) {
    world.guests.kill(guest);
  }
  world.run(75_000);
  ask(world, 0, { kind: 'beginStart', token: 0, generation: 1 });
  host.input({ kind: 'agent', nowMs: host.nowMs, connected: false });
  world.run(200_000);
  expect(world.runsOn(vmId(0))).toBe(1);
});

test('the outcome of a write that was given up does not end a later operation on the same token', () => {
  const world = makeWorld(4);
  world.run(70_000);
  const host = world.hosts[0]!;
  let state = host.state!;
  let nowMs = host.nowMs + 1;
  type Timeless<Input> = Input extends { nowMs: number } ? Omit<Input, 'nowMs'> : Input;
  const go = (input: Timeless<KeeperInput>): readonly KeeperEffect[] => {
    nowMs += 1;
    const result = step(state, { ...input, nowMs } as KeeperInput);
    state = result.state;
    return result.effects;
  };
  const request = (id: number, kind: 'note' | 'release') =>
    go({ kind: 'request', request: { id, body: { kind, token: 0, note: runningNote(1) } } });
  const table = (effects: readonly KeeperEffect[], kind: 'read' | 'write') =>
    effects.find((effect) => effect.kind === kind && effect.lane === 'table') as Extract<
      KeeperEffect,
      { kind: 'read' }
    >;
  const read = table(request(900, 'note'), 'read');
  const data = world.store.snapshot(read.block, read.blocks);
  const write = table(go({ kind: 'io', id: read.id, outcome: { kind: 'read', data } }), 'write');
  // As a hold does with operations under way.
  const turn = { s: { ...state } as State, nowMs, effects: [] };
  failOperations(turn, { code: 'store.unreachable', message: 'The store was lost.' });
  state = turn.s;
  request(901, 'release');
  const effects = go({ kind: 'io', id: write.id, outcome: { kind: 'written' } });
  expect(effects.filter((effect) => effect.kind === 'send' && effect.line.kind === 'reply')).toEqual([]);
  expect(state.held.size).toBe(1);
});
