import type { ProtectedVm } from '../../protocol/group.ts';
import type { Failure } from '../../protocol/failure.ts';
import { withReturn } from './notes.ts';
import { type Draft, type EngineState, patchVm, vmState } from './state.ts';

/** QEMU has stopped the guest because a disk failed it: it can't shut down, and goes on when the store does. */
export function isPausedByDisk(state: Pick<EngineState, 'domains'>, vm: ProtectedVm): boolean {
  const fact = state.domains.get(vm.vm);
  return fact?.state === 'paused' && fact.reason === 'io-error';
}

export const pausedByDisk = (vm: ProtectedVm): Failure => ({
  code: 'vm.paused',
  message: `${vm.name} is paused because its disk answered with an error, so it can't shut down.`,
  meaning: 'It goes on by itself when the store does.',
  fix: 'Wait for that, then ask again.',
});

/** Writes down what the administrator wants; the note on the store follows. It belongs where it is from then on. */
export function wantDesired(
  draft: Draft,
  vm: ProtectedVm,
  desired: 'running' | 'stopped',
  reason: string | null,
): void {
  const { wanted } = vmState(draft, vm.vm);
  if (!wanted) return;
  const stoppedGeneration = desired === 'stopped' ? wanted.generation : 0;
  patchVm(draft, vm.vm, {
    wanted: { ...wanted, note: withReturn({ ...wanted.note, desired, reason }, null) },
    stoppedGeneration,
  });
}
