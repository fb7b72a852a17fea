import { describe, expect, test } from 'vitest';
import { DEFAULT_DEEP, DEFAULT_HEALTH } from '../../protocol/health.ts';
import { FakeGroup, uuidOf } from './testing/fakeGroup.ts';

const DATABASE = uuidOf(1);
const SHOP = uuidOf(2);
const POLICY = { maxRestarts: 1, windowMs: 600_000, order: 100, shutdownTimeoutMs: 10_000 };
const health = { ...DEFAULT_HEALTH, deep: { ...DEFAULT_DEEP, probe: 'tcp://192.0.2.9:5432' } };

/** web1 is the database, web2 the shop; both ran on h1, which has lost its power. */
function lost(answer: 'well' | 'silent'): FakeGroup {
  const group = new FakeGroup(2, [
    { policy: { ...POLICY, health } },
    { policy: { ...POLICY, order: 1, after: [DATABASE] } },
  ]).settle('h1');
  group.host('h2').guests.answers.set('tcp', answer);
  group.host('h1').powerOff();
  return group;
}

describe('a VM that needs another', () => {
  test('is started when that one answers', () => {
    const group = lost('silent');
    group.run(60_000);
    expect([group.runningOn(1), group.runningOn(2)]).toEqual([['h2'], []]);
    group.host('h2').guests.answers.set('tcp', 'well');
    group.run(10_000);
    expect(group.runningOn(2)).toEqual(['h2']);
    expect(group.events.map(({ event }) => event.code)).toContain('vm.start-waits');
  });

  test('is started without it in the end, and that is said', () => {
    const group = lost('silent');
    group.run(700_000);
    expect(group.runningOn(2)).toEqual(['h2']);
    expect(group.events.map(({ event }) => event.code)).toContain('vm.started-without');
  });

  test('does not wait for one that is meant to be off', () => {
    const group = lost('silent');
    const { note } = group.token(0);
    if (note !== null) group.token(0).note = { ...note, desired: 'stopped' };
    group.run(30_000);
    expect(group.runningOn(2)).toEqual(['h2']);
  });

  test('that crashes is not kept waiting while the other serves', () => {
    const group = lost('well');
    group.run(30_000);
    group.host('h2').change(SHOP, 'stopped', 'failed');
    group.run(5000);
    expect(group.runningOn(2)).toEqual(['h2']);
  });
});

test('VMs that would wait for each other are refused, by name, and so are unknown ones', () => {
  const group = new FakeGroup(2, [{}, {}]).settle('h1');
  const host = group.host('h1');
  host.command(1, { kind: 'policy', vm: 'web2', policy: { after: [DATABASE] } });
  group.run(2000);
  host.command(2, { kind: 'policy', vm: 'web1', policy: { after: [SHOP] } });
  host.command(3, { kind: 'policy', vm: 'web1', policy: { after: [DATABASE] } });
  host.command(4, { kind: 'policy', vm: 'web1', policy: { after: [uuidOf(99)] } });
  group.run(2000);
  expect(host.replies.get(1)).toMatchObject({ kind: 'text' });
  for (const [id, code] of [
    [2, 'vm.start-cycle'],
    [3, 'vm.start-cycle'],
    [4, 'vm.not-protected'],
  ] as const) {
    expect(host.replies.get(id)).toMatchObject({ failure: { code, field: 'policy.after' } });
  }
  expect(group.config.vms[0]?.policy.after).toBeUndefined();
});
