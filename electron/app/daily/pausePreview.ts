import type { Failure } from '../../../agent/protocol/failure.ts';
import type { PausePreview, PauseScope, VmStay } from '../../ipc/daily/views.ts';
import type { VmView } from '../../ipc/views.ts';
import { duration } from '../../ipc/words.ts';
import { type GroupFacts, hostOf, isInMaintenance, takersOf } from './facts.ts';
import { switchOverPlan } from './switchOverPlan.ts';

const until = (forMs: number | null): string =>
  forMs === null ? 'until somebody ends it' : `for ${duration(forMs)}`;

/** What a disarm of the group, or a maintenance of one host, would do now. Pure. */
export function pausePreview(facts: GroupFacts, scope: PauseScope, forMs: number | null): PausePreview {
  return scope.kind === 'group' ? ofGroup(facts, forMs) : ofHost(facts, scope.host, forMs);
}

function ofGroup({ view, config }: GroupFacts, forMs: number | null): PausePreview {
  const consequences = [
    `No VM is restarted, moved or taken over ${until(forMs)}. A VM or host that fails meanwhile stays down.`,
    'VMs that run go on running, and guests that are shut down from inside stay off.',
    'A host that loses the store still stops its VMs: that is what keeps a VM from running twice.',
    'Afterwards every VM that should run and does not is started.',
  ];
  const refused: Failure | null =
    config === null ? { code: 'app.group-not-known', message: 'No host of the group answers.' } : null;
  return {
    refused,
    consequences: view.vms.length === 0 ? consequences.slice(0, 1) : consequences,
    moves: [],
    stays: [],
  };
}

function refusalOf(facts: GroupFacts, host: string): Failure | null {
  const { view, config } = facts;
  if (config === null) return { code: 'app.group-not-known', message: 'No host of the group answers.' };
  if (!config.hosts.some(({ name }) => name === host)) {
    return { code: 'host.unknown', message: `The group has no host ${host}.`, field: 'host' };
  }
  if (view.disarmed) {
    const message = 'The group is disarmed: its agents move nothing, so no host can be emptied.';
    return { code: 'group.disarmed', message, fix: 'Arm the group first.' };
  }
  const others = config.hosts.filter(({ name }) => name !== host && !isInMaintenance(facts, name));
  if (others.length > 0) return null;
  return {
    code: 'group.no-host-left',
    message: `With ${host} in maintenance no host would be left to run the VMs.`,
    fix: 'End the maintenance of another host first.',
  };
}

function ofHost(facts: GroupFacts, host: string, forMs: number | null): PausePreview {
  const here = facts.view.vms
    .filter((vm) => hostOf(vm) === host && vm.desired === 'running')
    .toSorted((a, b) => a.policy.order - b.policy.order || a.token - b.token);
  const movable = here.filter((vm) => takersOf(facts, vm, host).length > 0);
  const stays = here.filter((vm) => !movable.includes(vm)).map(stay);
  const moves = movable.flatMap((vm) => {
    const [to] = takersOf(facts, vm, host);
    if (to === undefined) return [];
    const { shutDown, live } = switchOverPlan(facts, vm, to, []);
    return [{ vmName: vm.name, to, expectedPauseMs: shutDown.expectedPauseMs, liveRefused: live.refused }];
  });
  const consequences = [
    moves.length === 0
      ? `${host} runs nothing that has to be moved.`
      : 'Its VMs move to another host in start order.',
    `${host} takes nothing over ${until(forMs)}. VMs that only it could take over are not protected meanwhile.`,
    'Afterwards VMs stay where they are, unless they prefer this host and you ask for them back here.',
  ];
  return { refused: refusalOf(facts, host), consequences, moves, stays };
}

const stay = (vm: VmView): VmStay => ({
  vmId: vm.id,
  vmName: vm.name,
  why: `No other host is ready to run ${vm.name}: it stays, and stops when the host is switched off.`,
  fix: 'Bring one of its other hosts back first, or shut the VM down.',
});
