import { describe, expect, test } from 'vitest';
import type { GroupConfig, GroupHost } from '../../protocol/group.ts';
import { configBlock, encodeConfigBlock } from '../area.ts';
import { Bench } from './testing/bench.ts';
import { areaId, benchConfig, note } from './testing/fixtures.ts';

/** Hosts that come into the group and go out of it. */

const newcomer: GroupHost = {
  slot: 2,
  name: 'host2',
  hardwareId: '2'.repeat(64),
  links: [{ link: 0, address: '192.0.2.3', port: 7000 }],
  acceptSoftwareWatchdog: false,
};

const first = (config: GroupConfig): readonly GroupHost[] => config.hosts.slice(0, 1);
const onlyFirst = (config: GroupConfig): GroupConfig['vms'] =>
  config.vms.map((entry) => ({ ...entry, hosts: [0] }));

function propose(bench: Bench, over: (config: GroupConfig) => Partial<GroupConfig>): number | string | null {
  const { config } = bench.state;
  if (config === null) throw new Error('The bench has no configuration.');
  const id = bench.ask({
    kind: 'proposeConfig',
    config: { ...config, generation: config.generation + 1, ...over(config) },
  });
  bench.pass(1500);
  return bench.answer(id);
}

/** As another host has decided it, with its record telling so. */
function decidedElsewhere(bench: Bench, config: GroupConfig, epoch = 3): void {
  const paxos = { instance: config.generation, mbal: 9, bal: 9, inp: null };
  const block = { areaId, slot: 1, epoch, writeSeq: 1, paxos, decided: config };
  bench.put(configBlock(1, 0), encodeConfigBlock(block));
}

describe('a proposal that changes the hosts', () => {
  test('may add one at a slot that nobody has ever used', () => {
    const bench = new Bench().alive();
    expect(propose(bench, (config) => ({ hosts: [...config.hosts, newcomer] }))).toBe(2);
    expect(bench.view().config?.hosts.map(({ slot }) => slot)).toEqual([0, 1, 2]);
  });

  test('may not give a slot to another machine, dead or not', () => {
    const bench = new Bench().alive();
    bench.putPeer({ state: 'leaving' });
    bench.pass(1500);
    const other = { ...newcomer, slot: 1 };
    const hosts = (config: GroupConfig) => [...first(config), other];
    expect(propose(bench, (config) => ({ hosts: hosts(config) }))).toBe('config.slot-used');
    expect(propose(bench, (config) => ({ hosts: hosts(config), retired: [{ slot: 1, epoch: 3 }] }))).toBe(
      'config.slot-used',
    );
  });

  test('may take one out only when it is dead or has left, and its slot is given up for ever', () => {
    const bench = new Bench().alive();
    bench.putPeer();
    bench.pass(1500);
    const without = (config: GroupConfig) => ({ hosts: [...first(config)], vms: onlyFirst(config) });
    const retired = (config: GroupConfig) => ({ ...without(config), retired: [{ slot: 1, epoch: 3 }] });
    expect(propose(bench, retired)).toBe('config.host-alive');
    bench.putPeer({ state: 'leaving', seq: 8 });
    bench.pass(1500);
    expect(propose(bench, without)).toBe('config.slot-used');
    expect(
      propose(bench, (config) => ({ hosts: [...first(config)], retired: [{ slot: 1, epoch: 3 }] })),
    ).toBe('config.unknown-slot');
    expect(propose(bench, retired)).toBe(2);
    expect(propose(bench, (config) => ({ hosts: [...config.hosts, { ...newcomer, slot: 1 }] }))).toBe(
      'config.slot-used',
    );
    expect(propose(bench, () => ({ retired: [] }))).toBe('config.slot-used');
  });

  test('may not take out the host that proposes it', () => {
    const bench = new Bench().alive();
    const out = (config: GroupConfig) => ({
      hosts: config.hosts.slice(1),
      retired: [{ slot: 0, epoch: 1 }],
      vms: config.vms.map((entry) => ({ ...entry, hosts: [1] })),
    });
    expect(propose(bench, out)).toBe('config.host-alive');
  });
});

describe('a host that was taken out of the group', () => {
  test('stops its VMs and takes no part any more', () => {
    const bench = new Bench().running();
    const config = { ...bench.config, generation: 2, hosts: bench.config.hosts.slice(1) };
    decidedElsewhere(bench, { ...config, retired: [{ slot: 0, epoch: 1 }], vms: [] });
    bench.putPeer({ configGeneration: 2, configHint: 5 });
    bench.pass(1500);
    expect(bench.codes()).toContain('keeper.passive');
    expect(bench.kinds('freeze')).not.toEqual([]);
    bench.processes = bench.processes.map((one) => ({ ...one, stopped: true }));
    bench.pass(500);
    bench.processes = [];
    bench.pass(2000);
    expect(bench.view()).toMatchObject({
      phase: 'passive',
      phaseBecause: { code: 'keeper.not-in-group' },
    });
  });

  test('acquires nothing while a live host tells of a configuration that it has not read', () => {
    const bench = new Bench().alive();
    bench.io.table = 'fail';
    bench.putPeer({ configGeneration: 2 });
    bench.pass(1500);
    bench.io.table = 'ok';
    bench.state = { ...bench.state, configReadWanted: false };
    const id = bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.pass(300);
    expect(bench.answer(id)).toBe('config.behind');
  });

  test('believes a dead host that told of a newer one until it has looked', () => {
    const bench = new Bench().alive();
    bench.io.table = 'fail';
    bench.putPeer({ configGeneration: 2, state: 'leaving' });
    bench.pass(1500);
    bench.io.table = 'ok';
    bench.state = { ...bench.state, configReadWanted: false };
    const early = bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.pass(300);
    expect(bench.answer(early)).toBe('config.behind');
    bench.pass(1500);
    const late = bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.pass(300);
    expect(bench.answer(late)).toBe(1);
  });
});

test('an unprotected VM keeps its token until the own record tells the others of it', () => {
  const bench = new Bench().running();
  bench.putPeer({ configGeneration: 2 });
  bench.pass(1500);
  bench.io.lease = 'hang';
  bench.ask({ kind: 'proposeConfig', config: { ...bench.config, vms: [], generation: 2 } });
  bench.pass(2500);
  expect(bench.view().config?.generation).toBe(2);
  expect(bench.state.held.size).toBe(1);
});

describe('the death of a host that the configuration does not name', () => {
  const alone = (config: GroupConfig): GroupConfig => ({
    ...config,
    hosts: [...first(config)],
    vms: onlyFirst(config),
  });
  const takesOver = (bench: Bench): number | string | null => {
    const id = bench.ask({ kind: 'acquire', token: 0, note: note() });
    bench.pass(2000);
    return bench.answer(id);
  };

  test('is seen also by one that boots with a configuration from before it came', () => {
    const full = benchConfig();
    const bench = new Bench({ config: { ...full, hosts: [...first(full)], vms: [] } });
    decidedElsewhere(bench, { ...full, generation: 2 });
    bench.putPeer({ configGeneration: 2, configSlots: [0, 1] });
    bench.putPeerToken(1);
    bench.pass(126_000);
    expect(takesOver(bench)).toBe(2);
  });

  test('is still known after a restart when it was taken out with a token in its hands', () => {
    const bench = new Bench().alive();
    bench.putPeer({ configSlots: [0, 1] });
    bench.putPeerToken(1);
    bench.pass(60_000);
    const out = (config: GroupConfig) => ({
      hosts: alone(config).hosts,
      vms: alone(config).vms,
      retired: [{ slot: 1, epoch: 3 }],
    });
    expect(propose(bench, out)).toBe(2);
    bench.restart();
    bench.input({ kind: 'agent', nowMs: bench.nowMs, connected: true });
    bench.pass(120_000);
    expect(takesOver(bench)).toBe(2);
  });

  test('is believed by one that the dead host never knew', () => {
    const config = { ...alone(benchConfig()), generation: 2, retired: [{ slot: 1, epoch: 3 }] };
    const bench = new Bench({ config });
    bench.putPeer({ configSlots: [1, 2] });
    bench.putPeerToken(1);
    bench.pass(30_000);
    expect(takesOver(bench)).toBe(2);
  });

  test('is not taken from what another machine wrote into the slot before', () => {
    const full = benchConfig();
    const bench = new Bench({ config: alone(full) });
    bench.putPeer({ hardwareId: '9'.repeat(64), epoch: 9, state: 'leaving' });
    bench.pass(6000);
    decidedElsewhere(bench, { ...full, generation: 2 });
    bench.putPeer({ epoch: 3, configGeneration: 2, configSlots: [0, 1] });
    bench.putPeerToken(1);
    bench.pass(6000);
    expect(takesOver(bench)).toBe('token.not-free');
  });
});
