import { describe, expect, test } from 'vitest';
import type { KeeperView } from '../../protocol/keeperLink.ts';
import { isDrillDue, whyEndDrill, whyNotCopy, whyNotDrill } from './drill.ts';
import { readiness } from './readiness.ts';
import { FakeGroup, uuidOf } from './testing/fakeGroup.ts';

const FREE_MIB = 128 + 128 + 128 + 512;

/** Two VMs, both on h1; h2 has just the memory for both of them and a copy of one. */
function settled(freeMiB = FREE_MIB): FakeGroup {
  const group = new FakeGroup(2, [{}, {}]).settle('h1');
  for (const host of group.hosts) {
    const facts = { totalMiB: 4096, freeMiB, hasHook: true, unusableLinks: [], networkGaps: [] };
    host.feed({ kind: 'host', nowMs: group.nowMs, host: facts });
  }
  return group;
}

function see(group: FakeGroup, name: string, change: Partial<KeeperView> = {}): void {
  const host = group.host(name);
  host.feed({ kind: 'view', nowMs: group.nowMs, view: { ...group.viewOf(host), ...change } });
}

function refusal(group: FakeGroup, name: string): string | undefined {
  const [vm] = group.config.vms;
  if (!vm) throw new Error('no VM');
  return whyNotDrill(group.host(name).engine, vm, group.nowMs)?.code;
}

const ends = (group: FakeGroup, name = 'h2'): string | null =>
  whyEndDrill(group.host(name).engine, group.nowMs);
const copies = (group: FakeGroup, name = 'h1'): string | undefined =>
  whyNotCopy(group.host(name).engine, uuidOf(1), group.nowMs)?.code;

const restless: readonly (readonly [string, (view: KeeperView) => Partial<KeeperView>])[] = [
  ['the lease is lost', () => ({ phase: 'holding' })],
  ['the store is away', ({ store }) => ({ store: { ...store, reachable: false } })],
  ['the store went back in time', ({ store }) => ({ store: { ...store, regressed: true } })],
  ['renewals take half of what is left', ({ nowMs }) => ({ lastGoodMs: nowMs - 2001 })],
];

describe('a drill', () => {
  test('is made on a standby at rest', () => {
    expect(refusal(settled(), 'h2')).toBeUndefined();
    expect(ends(settled())).toBeNull();
  });

  test('is not made where the VM runs', () => {
    expect(refusal(settled(), 'h1')).toBe('drill.runs-here');
  });

  test('is not made of a VM that is down, nor on a host that may not have it', () => {
    const down = settled();
    down.host('h1').command(1, { kind: 'vm.stop', vm: 'web1' });
    down.run(15_000);
    expect(refusal(down, 'h2')).toBe('drill.not-running');
    const other = settled();
    other.config = {
      ...other.config,
      vms: other.config.vms.map((vm) => ({ ...vm, hosts: [0] })),
    };
    see(other, 'h2');
    expect(refusal(other, 'h2')).toBe('drill.not-a-standby');
  });

  test('must fit beside every VM that may have to be started meanwhile', () => {
    expect(refusal(settled(FREE_MIB - 1), 'h2')).toBe('drill.no-memory');
  });

  test.each(restless)('is not begun, and ends, when %s', (_what, change) => {
    const group = settled();
    see(group, 'h2', change(group.viewOf(group.host('h2'))));
    expect(ends(group)).not.toBeNull();
    expect(refusal(group, 'h2')).toBe('drill.not-now');
  });

  test('ends as soon as the holder is silent, long before its VMs may be taken', () => {
    const group = settled();
    group.host('h1').powerOff();
    group.run(5000);
    expect(ends(group)).toContain('may have to be taken from h1');
    expect(group.runningOn(1)).toEqual([]);
  });

  test('ends when any VM is given to this host, and is still being started with the token taken', () => {
    const group = settled();
    const host = group.host('h2');
    group.host('h1').command(1, { kind: 'switchover', vm: 'web2', to: 'h2', how: 'shutdown' });
    const isTaken = (): boolean => group.token(1).value?.holder === host.slot;
    const isBusy = (): boolean => (host.engine.vms.get(uuidOf(2))?.activity ?? null) !== null;
    for (let tries = 0; tries < 200 && !(isTaken() && isBusy()); tries += 1) group.run(100);
    see(group, 'h2');
    expect([isTaken(), isBusy()]).toEqual([true, true]);
    expect(ends(group)).toBe('web2 is being started, stopped or moved');
  });

  test('ends when nobody tells how the lease stands', () => {
    const group = settled();
    group.host('h2').hasKeeper = false;
    group.run(4000);
    expect(ends(group)).toBe('the keeper does not answer');
  });

  test('ends when the hypervisor does not answer, and when this host is about to go', () => {
    const deaf = settled();
    deaf.host('h2').hasHypervisor = false;
    deaf.host('h2').tellHypervisor();
    expect(ends(deaf)).toBe('the hypervisor does not answer');
    const going = settled();
    going.host('h2').command(1, { kind: 'goingDown', reason: 'on-battery' });
    expect(ends(going)).toBe('this host is about to go');
  });
});

describe('drills that are due', () => {
  const DAY_MS = 86_400_000;
  const NOW_MS = 1_800_000_000_000;

  /** What h2 says of the VM, with its last drill so many days ago; null: there was none. */
  function said(name: string, daysAgo: number | null, isGood = true): readonly string[] {
    const group = settled();
    group.config = {
      ...group.config,
      vms: group.config.vms.map((vm) => ({ ...vm, policy: { ...vm.policy, drillEveryDays: 30 } })),
    };
    const host = group.host(name);
    const atWallMs = NOW_MS - (daysAgo ?? 0) * DAY_MS;
    const drills =
      daysAgo === null ? [] : [{ vm: uuidOf(1), atWallMs, isGood, because: isGood ? null : 'It crashed.' }];
    const facts = { totalMiB: 64, freeMiB: 4096, hasHook: true, unusableLinks: [], networkGaps: [], drills };
    host.feed({ kind: 'wallClock', nowMs: group.nowMs, wallMs: NOW_MS });
    host.feed({ kind: 'host', nowMs: group.nowMs, host: facts });
    see(group, name);
    const [vm] = group.config.vms;
    if (!vm) throw new Error('no VM');
    return readiness(host.engine, vm, group.nowMs).reasons.map(({ code, message }) => `${code} ${message}`);
  }

  test('a standby says when the last one is too old, or there was none', () => {
    expect(said('h2', 29.9)).toEqual([]);
    expect(said('h2', 30.1)).toEqual(['ready.drill-overdue A drill of web1 on h2 is older than 30 days.']);
    expect(said('h2', null)).toEqual(['ready.drill-overdue A drill of web1 on h2 has not been made yet.']);
  });

  test('the host that has the VM needs none', () => {
    expect(said('h1', null)).toEqual([]);
  });

  test('one that failed is said until the next', () => {
    expect(said('h2', 1, false)).toEqual([
      'ready.drill-failed The last drill of web1 on h2 failed: It crashed.',
    ]);
  });

  test('without a policy that asks for drills none is overdue', () => {
    const group = settled();
    const [vm] = group.config.vms;
    expect(vm && isDrillDue(group.host('h2').engine, vm, group.nowMs)).toBe(false);
  });
});

describe('copying the disks', () => {
  test('is done by the host that runs the VM, and by no other', () => {
    expect(copies(settled())).toBeUndefined();
    expect(copies(settled(), 'h2')).toBe('drill.not-the-holder');
  });

  test.each(restless)('ends when %s', (_what, change) => {
    const group = settled();
    see(group, 'h1', change(group.viewOf(group.host('h1'))));
    expect(copies(group)).toBe('drill.holder-busy');
  });

  test('ends when the VM is to move, and when it does not run any more', () => {
    const moving = settled();
    moving.host('h1').command(1, { kind: 'switchover', vm: 'web1', to: 'h2', how: 'shutdown' });
    expect(copies(moving)).toBe('drill.holder-busy');
    const paused = settled();
    paused.host('h1').change(uuidOf(1), 'paused', 'user');
    expect(copies(paused)).toBe('drill.not-the-holder');
  });
});
