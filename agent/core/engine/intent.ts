import type { ProtectedVm } from '../../protocol/group.ts';
import { type Draft, patchVm, vmState } from './state.ts';

/** Writes down what the administrator wants; the note on the store follows. */
export function wantDesired(
  draft: Draft,
  vm: ProtectedVm,
  desired: 'running' | 'stopped',
  reason: string | null,
): void {
  const { wanted } = vmState(draft, vm.vm);
  if (wanted) patchVm(draft, vm.vm, { wanted: { ...wanted, note: { ...wanted.note, desired, reason } } });
}
