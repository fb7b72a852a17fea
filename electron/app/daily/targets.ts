import type { Failure } from '../../../agent/protocol/failure.ts';
import type { VmView } from '../../ipc/views.ts';
import { type GroupFacts, hostOf, isInMaintenance } from './facts.ts';

/** Why a VM can't be switched over at all now; null: it can. The agents have the last word. */
function cannotLeave({ view }: GroupFacts, vm: VmView): Failure | null {
  if (view.disarmed) {
    return {
      code: 'group.disarmed',
      message: 'The group is disarmed: its agents move nothing.',
      fix: 'Arm the group.',
    };
  }
  if (vm.activity !== null) {
    return { code: 'vm.busy', message: `Something is being done with ${vm.name} already.` };
  }
  if (vm.place.kind === 'running') return null;
  return { code: 'vm.not-running', message: `${vm.name} does not run now.`, fix: 'Start it first.' };
}

/** Each other host of a VM, with the reason why it can't go there now. Pure. */
export function targetsOf(
  facts: GroupFacts,
  vm: VmView,
): readonly { readonly host: string; readonly refused: Failure | null }[] {
  const here = hostOf(vm) ?? vm.holder;
  const general = cannotLeave(facts, vm);
  return vm.hosts
    .filter((host) => host !== here)
    .map((host) => ({ host, refused: general ?? refusal(facts, vm, host) }));
}

function refusal(facts: GroupFacts, vm: VmView, name: string): Failure | null {
  const host = facts.view.hosts.find((each) => each.name === name);
  if (isInMaintenance(facts, name)) {
    const message = `${name} is in maintenance: it is given no VM.`;
    return { code: 'vm.target-in-maintenance', message, fix: 'End its maintenance first.' };
  }
  if (host?.state !== 'alive') {
    const message = `${name} does not renew its lease: it could not run ${vm.name}.`;
    return { code: 'vm.target-not-alive', message, fix: `Bring ${name} back.` };
  }
  return null;
}
