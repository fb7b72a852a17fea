import { describe, expect, test } from 'vitest';
import { alone, snapshot } from '../../../test/renderer/samples.ts';
import type { EventView } from '../../ipc/views.ts';
import { groupView } from '../groupView.ts';
import type { GroupSnapshot } from '../groupView.ts';
import { dailyGroup } from './dailyView.ts';
import { groupFacts } from './facts.ts';
import { pausePreview } from './pausePreview.ts';
import { switchOverPlan } from './switchOverPlan.ts';
import { timingChoices } from './timingChoices.ts';

const factsOf = (from: GroupSnapshot = snapshot()) => groupFacts(groupView(from), from.hosts, []);

/** The same group with what every host says changed. */
function changed(
  change: (status: NonNullable<GroupSnapshot['hosts'][number]['status']>) => object,
): GroupSnapshot {
  const from = snapshot();
  return {
    ...from,
    hosts: from.hosts.map((host) => ({
      ...host,
      status: host.status && { ...host.status, ...change(host.status) },
    })),
  };
}
const resting = (slot: number | null, endsInMs: number | null = 90_000): GroupSnapshot =>
  changed((status) => ({
    pauses: [{ slot, endsInMs, untilWallMs: Date.parse('2026-11-21T14:00:00Z') }],
    group: status.group && { ...status.group, disarmed: slot === null },
  }));

describe('a switchover before it begins', () => {
  test('says what moves, the expected pause and that all checks passed', () => {
    const facts = factsOf();
    const [vm] = facts.view.vms;
    if (vm === undefined) throw new Error('no VM');
    const plan = switchOverPlan(facts, vm, null, []);
    expect(plan).toMatchObject({
      vmName: 'web-shop',
      from: 'alpha',
      to: 'beta',
      mayBegin: true,
      shutDown: { basis: 'assumed' },
    });
    expect(plan.checks.map(({ state }) => state)).toEqual(['passed', 'passed', 'passed', 'passed']);
    expect(plan.shutDown.expectedPauseMs).toBe(19_500);
    expect(plan.shutDown.steps).toHaveLength(3);
  });

  test('expects the pause that the last one had, once there was one', () => {
    const at = (seq: number, atBootMs: number, code: string, facts: EventView['facts']): EventView => ({
      key: `${seq}`,
      groupId: snapshot().id,
      seq,
      bootId: 'b',
      atBootMs,
      wallTime: '',
      host: 'alpha',
      level: 'info',
      text: '',
      code,
      vm: 'web-shop',
      facts,
    });
    const from = snapshot();
    const facts = groupFacts(groupView(from), from.hosts, [
      at(1, 10_000, 'vm.switchover-begun', {}),
      at(2, 14_300, 'vm.released', { offForMs: 300 }),
      at(3, 15_000, 'vm.started', { tookMs: 2000 }),
    ]);
    const [vm] = facts.view.vms;
    if (vm === undefined) throw new Error('no VM');
    expect(switchOverPlan(facts, vm, 'beta', [])).toMatchObject({
      shutDown: { expectedPauseMs: 4000 + 1500 + 2000, basis: 'seen' },
    });
  });

  test('names what would stop it', () => {
    const facts = factsOf(resting(1));
    const [vm] = facts.view.vms;
    if (vm === undefined) throw new Error('no VM');
    const blocking = { failure: { code: 'vm.local-disk', message: 'Its disk is local.' }, blocking: true };
    const plan = switchOverPlan(facts, vm, 'beta', [blocking]);
    expect(plan.mayBegin).toBe(false);
    expect(plan.checks.filter(({ state }) => state === 'failed').map(({ evidence }) => evidence)).toEqual([
      'beta is in maintenance: it is given no VM.',
      'Its disk is local.',
    ]);
    expect(() => switchOverPlan(facts, vm, 'zeta', [])).toThrow('zeta is not another host');
  });
});

describe('a pause before it begins', () => {
  test('of a host names each VM that moves, where to, and its pause', () => {
    expect(pausePreview(factsOf(), { kind: 'host', host: 'alpha' }, 7_200_000)).toMatchObject({
      refused: null,
      moves: [
        { vmName: 'web-shop', to: 'beta', expectedPauseMs: 19_500 },
        { vmName: 'files', to: 'beta', liveRefused: expect.stringContaining('too old') as string },
      ],
      stays: [],
    });
  });

  test('of the last host, and in a disarmed group, is refused', () => {
    const code = (from: GroupSnapshot, host: string): string | undefined =>
      pausePreview(factsOf(from), { kind: 'host', host }, null).refused?.code;
    expect(code(resting(1), 'alpha')).toBe('group.no-host-left');
    expect(code(resting(null), 'alpha')).toBe('group.disarmed');
    expect(code(snapshot(), 'nobody')).toBe('host.unknown');
  });

  test('of the group says that a host which loses the store still stops its VMs', () => {
    const { consequences } = pausePreview(factsOf(), { kind: 'group' }, 1_800_000);
    expect(consequences[0]).toContain('for 30\u00a0min');
    expect(consequences.join(' ')).toContain('loses the store still stops its VMs');
  });
});

describe('what is paused now', () => {
  test('a disarmed group has its countdown', () => {
    const { disarmed } = dailyGroup(factsOf(resting(null)));
    expect(disarmed?.until).toBe('2026-11-21T14:00:00.000Z');
    expect(disarmed?.endsInMs).toBeGreaterThan(80_000);
  });

  test('a host in maintenance says what is still to leave, and when nothing is', () => {
    const { maintenance } = dailyGroup(factsOf(resting(0, null)));
    expect(maintenance).toMatchObject([{ host: 'alpha', state: 'moving', vmsLeft: ['web-shop', 'files'] }]);
    expect(dailyGroup(factsOf()).maintenance).toEqual([]);
  });

  test('a VM that can not leave makes it stuck, with the reason', () => {
    const from = changed((status) => ({
      pauses: [{ slot: 0, endsInMs: null, untilWallMs: null }],
      vms: status.vms.map((vm) => ({
        ...vm,
        staysBecause: { code: 'vm.nowhere-to-go', message: `No other host is ready to run ${vm.name}.` },
      })),
    }));
    expect(dailyGroup(factsOf(from)).maintenance[0]).toMatchObject({
      state: 'stuck',
      sentence: expect.stringContaining('No other host is ready to run web-shop.'),
    });
  });
});

test('a VM’s page has its copies, its targets and what can be done now', () => {
  const [vm] = dailyGroup(factsOf(snapshot({ readiness: alone }))).vms;
  expect(vm).toMatchObject({
    definition: [
      { host: 'alpha', inSync: true },
      { host: 'beta', inSync: true },
    ],
    targets: [{ host: 'beta', refused: null }],
    startRefused: 'web-shop runs already.',
    stopRefused: null,
  });
});

test('timing profiles say what they mean in seconds, and one that the store can not keep up with is refused', () => {
  const choices = timingChoices(factsOf());
  expect(choices.map(({ profile, takeoverMs, isCurrent }) => [profile, takeoverMs, isCurrent])).toEqual([
    ['swift', 12_000, true],
    ['steady', 21_500, false],
    ['patient', 45_500, false],
  ]);
  const slow = changed((status) => ({ store: { ...status.store, renewMaxMs: 3_000 } }));
  expect(timingChoices(factsOf(slow)).map(({ refused }) => refused?.code ?? null)).toEqual([
    'group.store-too-slow',
    null,
    null,
  ]);
});
