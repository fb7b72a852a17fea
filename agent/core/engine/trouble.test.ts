import { describe, expect, test } from 'vitest';
import type { OnTrouble } from '../../protocol/hostCondition.ts';
import type { SignLevel } from '../../protocol/hostSigns.ts';
import { MAX_MOVES_PER_HOUR } from './trouble.ts';
import { readiness } from './readiness.ts';
import { FakeGroup, uuidOf } from './testing/fakeGroup.ts';
import type { BridgeLook } from './uplinkState.ts';
import { conditionOf } from './condition.ts';
import { UPLINK_BACK_AFTER_MS, UPLINK_DEAD_AFTER_MS } from './uplinks.ts';

type Uplink = BridgeLook['uplink'];

const policy = { maxRestarts: 1, windowMs: 60_000, order: 100, shutdownTimeoutMs: 10_000 };

/** Hosts whose looks at br0 go on every 2 s, and who hear each other's condition every second. */
class Cables {
  readonly group: FakeGroup;
  readonly uplink = new Map<string, Uplink>();
  /** Hosts that say nothing of their bridges: older agents. */
  readonly silent = new Set<string>();
  heard: 'up' | 'down' = 'up';

  readonly #mayShutDown: boolean;

  constructor(onIsolation: OnTrouble | undefined, hosts = 2) {
    this.#mayShutDown = onIsolation === 'move';
    this.group = new FakeGroup(hosts, [
      { policy: { ...policy, ...(onIsolation === undefined ? {} : { onIsolation }) } },
    ]);
    this.group.settle('h1');
    this.run(6000);
  }

  set(host: string, uplink: Uplink): this {
    this.uplink.set(host, uplink);
    return this;
  }

  run(forMs: number): this {
    for (let passedMs = 0; passedMs < forMs; passedMs += 1000) {
      const { nowMs } = this.group;
      for (const { name, isUp } of this.group.hosts) {
        if (isUp && passedMs % 2000 === 0) this.look(name);
      }
      const said = this.group.hosts.map((host) => ({
        slot: host.slot,
        heard: this.heard,
        agentVersion: '1',
        condition: this.silent.has(host.name) ? null : conditionOf(host.engine, nowMs),
      }));
      for (const host of this.group.hosts) {
        if (host.isUp)
          host.feed({ kind: 'peers', nowMs, peers: said.filter(({ slot }) => slot !== host.slot) });
      }
      this.group.run(1000);
      // Live moves are left to the test that is about them; elsewhere they break off, and a shutdown follows.
      if (this.#mayShutDown) for (const host of this.group.hosts) host.move?.fail('the processors differ');
    }
    return this;
  }

  look(name: string): void {
    const bridges = [{ bridge: 'br0', uplink: this.uplink.get(name) ?? 'up' }];
    const vms = [{ vm: uuidOf(1), bridges: ['br0'] }];
    this.group.host(name).feed({ kind: 'uplinks', nowMs: this.group.nowMs, bridges, vms });
  }

  codes(): readonly string[] {
    return this.group.events.map(({ event }) => event.code);
  }

  reasons(name: string): readonly string[] {
    const [vm] = this.group.config.vms;
    if (vm === undefined) throw new Error('no VM');
    return readiness(this.group.host(name).engine, vm, this.group.nowMs).reasons.map(({ code }) => code);
  }
}

test('a VM whose bridge has lost its way out is moved to the host that has it, by a shutdown where it may', () => {
  const cables = new Cables('move').set('h1', 'down').run(60_000);
  expect(cables.group.runningOn(1)).toEqual(['h2']);
  expect(cables.codes()).toContain('host.uplink-lost');
  expect(cables.codes()).toContain('vm.switchover-begun');
});

test('it moves while it runs, and stays where that can not be done and it may not be shut down', () => {
  const cables = new Cables('live').set('h1', 'down').run(14_000);
  const source = cables.group.host('h1');
  expect(source.move).not.toBeNull();
  source.move?.fail('the processors differ');
  cables.run(20_000);
  expect(cables.group.runningOn(1)).toEqual(['h1']);
  cables.run(60_000);
  source.move?.arrive();
  cables.run(5000);
  expect(cables.group.runningOn(1)).toEqual(['h2']);
});

test.each([undefined, 'tell'] as const)(
  'with the policy %s it is only told, and shown in the readiness',
  (on) => {
    const cables = new Cables(on).set('h1', 'down').run(60_000);
    expect(cables.group.runningOn(1)).toEqual(['h1']);
    expect(cables.codes()).toEqual(['host.uplink-lost']);
    expect(cables.reasons('h1')).toEqual(['ready.isolated']);
    expect(cables.reasons('h2')).toEqual([]);
    cables.set('h1', 'up').run(UPLINK_BACK_AFTER_MS + 4000);
    expect(cables.codes()).toEqual(['host.uplink-lost', 'host.uplink-back']);
    expect(cables.reasons('h1')).toEqual([]);
  },
);

test('a link that flaps moves nothing', () => {
  const cables = new Cables('move');
  for (let turn = 0; turn < 10; turn += 1) {
    cables.set('h1', 'down').run(UPLINK_DEAD_AFTER_MS - 2000);
    cables.set('h1', 'up').run(2000);
  }
  expect(cables.group.runningOn(1)).toEqual(['h1']);
  expect(cables.codes()).toEqual([]);
});

test('nothing moves to a host whose own way out is dead, just lost, not long back, or not known', () => {
  const dead = new Cables('move').set('h1', 'down').set('h2', 'down').run(60_000);
  expect(dead.group.runningOn(1)).toEqual(['h1']);
  expect(dead.codes().filter((code) => code === 'vm.isolated-stays')).toHaveLength(1);
  dead.set('h2', 'up').run(UPLINK_BACK_AFTER_MS - 4000);
  expect(dead.group.runningOn(1)).toEqual(['h1']);
  dead.run(40_000);
  expect(dead.group.runningOn(1)).toEqual(['h2']);

  const older = new Cables('move');
  older.silent.add('h2');
  expect(older.set('h1', 'down').run(60_000).group.runningOn(1)).toEqual(['h1']);

  const unread = new Cables('move').set('h2', 'unknown').run(4000);
  expect(unread.set('h1', 'down').run(60_000).group.runningOn(1)).toEqual(['h1']);

  const unheard = new Cables('move');
  unheard.heard = 'down';
  expect(unheard.set('h1', 'down').run(60_000).group.runningOn(1)).toEqual(['h1']);
});

test('a switch that takes both hosts’ ways out within seconds moves nothing', () => {
  const cables = new Cables('move').set('h1', 'down').run(4000).set('h2', 'down').run(60_000);
  expect(cables.group.runningOn(1)).toEqual(['h1']);
});

test('a bridge that never had a way out is not dead, and one that lost its card is', () => {
  const inner = new Cables('move');
  const engine = inner.group.host('h1').engine;
  expect(conditionOf(engine, inner.group.nowMs)).toEqual({ uplinksUp: ['br0'], uplinksDown: [] });
  expect(inner.set('h1', 'none').run(60_000).group.runningOn(1)).toEqual(['h2']);

  const never = new FakeGroup(2, [{ policy: { ...policy, onIsolation: 'move' } }]).settle('h1');
  const look = { kind: 'uplinks', bridges: [{ bridge: 'br0', uplink: 'none' }], vms: [] } as const;
  for (let turn = 0; turn < 20; turn += 1) {
    never.host('h1').feed({ ...look, nowMs: never.nowMs });
    never.run(2000);
  }
  expect(conditionOf(never.host('h1').engine, never.nowMs)).toBeNull();
  expect(never.runningOn(1)).toEqual(['h1']);
});

test('looks that do not come any more are no ground for a move', () => {
  const cables = new Cables('move').set('h1', 'down').run(6000);
  cables.group.run(60_000);
  expect(cables.group.runningOn(1)).toEqual(['h1']);
  expect(cables.reasons('h1')).toEqual([]);
});

test('moves are counted: links that come and go do not send a VM back and forth for ever', () => {
  const cables = new Cables('move');
  const begun = (host: string): number =>
    cables.group.events.filter(({ host: by, event }) => by === host && event.code === 'vm.switchover-begun')
      .length;
  for (let turn = 0; turn < 8; turn += 1) {
    const [at = 'h1'] = cables.group.runningOn(1);
    const other = at === 'h1' ? 'h2' : 'h1';
    cables.set(other, 'up').run(UPLINK_BACK_AFTER_MS + 10_000);
    cables.set(at, 'down').run(40_000);
  }
  expect([begun('h1'), begun('h2')]).toEqual([MAX_MOVES_PER_HOUR, MAX_MOVES_PER_HOUR]);
});

test.each([
  ['disarmed', (group: FakeGroup) => ({ ...group.config, disarmed: true })],
  [
    'the other host is in maintenance',
    (group: FakeGroup) => ({
      ...group.config,
      maintenance: [{ slot: 1, pause: { since: 1, forMs: null, untilWallMs: null } }],
    }),
  ],
] as const)('nothing moves while %s', (_what, change) => {
  const cables = new Cables('move');
  cables.group.config = change(cables.group);
  cables.set('h1', 'down').run(60_000);
  expect(cables.group.runningOn(1)).toEqual(['h1']);
});

test('of three hosts the one with a way out is chosen, not the first', () => {
  const cables = new Cables('move', 3).set('h2', 'down').run(20_000);
  cables.set('h1', 'down').run(40_000);
  expect(cables.group.runningOn(1)).toEqual(['h3']);
});

describe('a host whose hardware shows that it may fail', () => {
  const ailing = (onDegraded: OnTrouble, there: SignLevel | null): Cables => {
    const cables = new Cables(undefined);
    const { group } = cables;
    group.config = {
      ...group.config,
      vms: group.config.vms.map((vm) => ({ ...vm, policy: { ...vm.policy, onDegraded } })),
    };
    for (let minute = 0; minute < 6; minute += 1) {
      for (const [name, level] of [
        ['h1', 'failing'],
        ['h2', there],
      ] as const) {
        const readings = level === null ? [] : [{ sign: 'disk', level, evidence: 'sda' } as const];
        group.host(name).feed({ kind: 'signs', nowMs: group.nowMs, readings });
      }
      cables.run(60_000);
      group.host('h1').move?.arrive();
    }
    return cables;
  };

  test.each(['fine', 'worrying'] as const)('is left live for one that is %s', (there) => {
    const cables = ailing('live', there);
    expect(cables.group.runningOn(1)).toEqual(['h2']);
    expect(cables.codes()).toContain('host.disk-ails');
  });

  test.each([
    ['live', 'failing'],
    ['live', null],
    ['tell', 'fine'],
  ] as const)('with the policy %s is kept where the other is %s', (policyIs, there) => {
    const cables = ailing(policyIs, there);
    expect(cables.group.runningOn(1)).toEqual(['h1']);
    const stays = cables.codes().filter((code) => code === 'vm.degraded-stays').length;
    expect(stays).toBe(policyIs === 'tell' ? 0 : 1);
  });

  test('gets no VM that leaves a dead bridge elsewhere', () => {
    const cables = new Cables('move');
    const { group } = cables;
    for (let minute = 0; minute < 4; minute += 1) {
      const readings = [{ sign: 'fan', level: 'failing', evidence: 'fan 1' } as const];
      group.host('h2').feed({ kind: 'signs', nowMs: group.nowMs, readings });
      cables.run(60_000);
    }
    expect(cables.set('h1', 'down').run(60_000).group.runningOn(1)).toEqual(['h1']);
  });
});
