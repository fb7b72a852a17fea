import type { ProtectedVm } from '../../protocol/group.ts';
import type { StartActivity, StartStep } from './activity.ts';
import { askDefinitions, askHypervisor, askKeeper, type Draft, tokenOf, vmState } from './state.ts';

/** What each step of a start asks of whom; null: nothing, it waits for facts. */
export function askForStep(
  draft: Draft,
  vm: ProtectedVm,
  activity: StartActivity,
  step: StartStep,
  deadlineMs: number,
): number | null {
  const { token } = vm;
  const { generation } = activity;
  const digest = vmState(draft, vm.vm).wanted?.note.definition ?? '';
  switch (step) {
    case 'acquire': {
      const [note, seen] = [activity.acquireWith, tokenOf(draft, vm)?.note ?? null];
      return note && askKeeper(draft, { kind: step, token, note, seen }, deadlineMs);
    }
    case 'fetch':
      return askDefinitions(draft, { kind: 'fetch', vm: vm.vm, token, digest }, deadlineMs);
    case 'place':
      return askDefinitions(draft, { kind: 'place', vm: vm.vm, digest, role: 'active' }, deadlineMs);
    case 'beginStart':
    case 'mayContinue':
      return askKeeper(draft, { kind: step, token, generation }, deadlineMs);
    case 'create':
      return askHypervisor(draft, { kind: 'createPaused', vm: vm.vm }, deadlineMs);
    case 'resume':
      return askHypervisor(draft, { kind: 'resume', vm: vm.vm }, deadlineMs);
    case 'endStart':
      return askKeeper(draft, { kind: 'endStart', token, outcome: 'running' }, deadlineMs);
    case 'undo':
      // Without a hypervisor the keeper ends what the start has brought: it needs nobody for that.
      return draft.hypervisor.connected
        ? askHypervisor(draft, { kind: 'destroy', vm: vm.vm }, deadlineMs)
        : askKeeper(draft, { kind: 'stop', token, generation }, deadlineMs);
    case 'endFailed':
      return askKeeper(draft, { kind: 'endStart', token, outcome: 'failed' }, deadlineMs);
    case 'undoWait':
      return null;
  }
}
