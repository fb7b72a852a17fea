import type { ProtectedVm } from '../../protocol/group.ts';
import { type Draft, isActiveHere, tokenOf, vmState } from './state.ts';

/** The hypervisor says that it does not run here. */
export const isOff = (draft: Draft, vm: ProtectedVm): boolean =>
  draft.hypervisor.connected && (draft.domains.get(vm.vm)?.state ?? 'stopped') === 'stopped';

/** Good enough to go on: before the token is given up the keeper looks for itself. */
export function isGone(draft: Draft, vm: ProtectedVm): boolean {
  if (draft.hypervisor.connected) return isOff(draft, vm);
  return !isActiveHere(draft, vm.vm) && draft.view?.pendingStarts.includes(vm.token) === false;
}

/** The store has what the administrator wants. */
export function noteIsWritten(draft: Draft, vm: ProtectedVm): boolean {
  const token = tokenOf(draft, vm);
  const { wanted } = vmState(draft, vm.vm);
  return token?.note?.desired === wanted?.note.desired;
}
