import { describe, expect, test } from 'vitest';
import type { Status } from '../../../agent/protocol/control.ts';
import { snapshot } from '../../../test/renderer/samples.ts';
import type { GroupKind } from '../../ipc/views.ts';
import { groupView } from '../groupView.ts';
import { groupFacts } from './facts.ts';
import { liveWay } from './liveWay.ts';
import { switchOverPlan, withoutLive } from './switchOverPlan.ts';

type Self = Partial<Status['self']>;

/** A group of alpha and beta, each with what it says of itself; null: it does not answer. */
function plan(alpha: Self | null, beta: Self | null, kind: GroupKind = 'installed') {
  const from = { ...snapshot(), kind };
  const hosts = from.hosts.map((host, slot) => {
    const self = slot === 0 ? alpha : beta;
    if (self === null || host.status === null) return { ...host, status: null };
    return { ...host, status: { ...host.status, self: { ...host.status.self, ...self } } };
  });
  const facts = groupFacts(groupView({ ...from, hosts }), hosts, []);
  const [vm] = facts.view.vms;
  if (vm === undefined) throw new Error('no VM');
  return { facts, vm, live: liveWay(facts, vm, { from: 'alpha', to: 'beta' }) };
}
const able = { movesLive: true };

describe('a switchover of the running guest', () => {
  test('stands it still for about a second, and is there beside the shutdown', () => {
    const { facts, vm, live } = plan(able, able);
    expect(live).toMatchObject({ refused: null, expectedPauseMs: 1_000 });
    expect(live.steps.at(-1)).toContain('Nothing in it is restarted.');
    expect(switchOverPlan(facts, vm, 'beta', [])).toMatchObject({
      live,
      shutDown: { expectedPauseMs: 19_500 },
    });
  });

  test('is not offered where one of the two agents does not know it, and says which', () => {
    expect(plan(able, {}).live.refused).toBe(
      'The agent of beta is too old for that. Update it in the settings.',
    );
    expect(plan({}, able).live.refused).toContain('The agent of alpha is too old');
    expect(plan(able, null).live.refused).toContain('beta does not answer this app');
  });

  test('is not offered where a hypervisor has no such thing, and never in the demo group', () => {
    expect(plan({ movesLive: false }, able).live.refused).toBe("The hypervisor of alpha can't do that.");
    expect(plan({ movesLive: false }, { movesLive: false }, 'demo').live.refused).toBe(
      'A demo VM is a process on this computer: it can only be shut down and started.',
    );
  });

  test('is not offered where the hosts name what would stop it; the shutdown is', () => {
    const { facts, vm } = plan(able, able);
    const whole = switchOverPlan(facts, vm, 'beta', []);
    expect(withoutLive(whole, [])).toBe(whole);
    const against = [
      { code: 'vm.cpu-not-there', message: 'The processor of beta lacks something.' },
      { code: 'vm.bridge-not-there', message: 'beta has no bridge br1.' },
    ];
    expect(withoutLive(whole, against)).toMatchObject({
      mayBegin: true,
      shutDown: whole.shutDown,
      live: { refused: 'The processor of beta lacks something. beta has no bridge br1.' },
    });
  });

  test('is not offered where its memory does not fit', () => {
    expect(plan(able, { ...able, memoryFreeMiB: 17 }).live.refused).toMatch(
      /^beta has 17 MiB of memory left, and web-shop needs \d+ MiB\.$/,
    );
    expect(plan(able, { ...able, memoryFreeMiB: null }).live.refused).toBeNull();
  });
});
