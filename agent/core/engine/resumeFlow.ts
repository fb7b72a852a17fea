import type { ProtectedVm } from '../../protocol/group.ts';
import type { ResumeActivity } from './activity.ts';
import { askHypervisor, askKeeper, type Draft, patchVm, tell } from './state.ts';
import type { OperationOutcome } from './types.ts';

const MAY_CONTINUE_DEADLINE_MS = 5000;
const RESUME_DEADLINE_MS = 35_000;
/** A guest whose disk fails it again at once is not woken more often than this. */
const RESUME_PAUSE_MS = 10_000;

/** Lets a guest that stands still, by an I/O error or a move that broke off, go on, after asking the keeper. */
export function beginResume(
  draft: Draft,
  vm: ProtectedVm,
  generation: number,
  why = 'its disk answers again',
): void {
  const operation = askKeeper(
    draft,
    { kind: 'mayContinue', token: vm.token, generation },
    MAY_CONTINUE_DEADLINE_MS,
  );
  const activity: ResumeActivity = {
    kind: 'resume',
    why,
    step: 'mayContinue',
    generation,
    sinceMs: draft.nowMs,
    stepSinceMs: draft.nowMs,
    operation,
    deadlineMs: draft.nowMs + MAY_CONTINUE_DEADLINE_MS,
  };
  patchVm(draft, vm.vm, { activity });
}

export function advanceResume(
  draft: Draft,
  vm: ProtectedVm,
  activity: ResumeActivity,
  outcome: OperationOutcome | null,
): void {
  if (outcome === null) return;
  if (outcome.kind === 'done' && activity.step === 'mayContinue') {
    const operation = askHypervisor(draft, { kind: 'resume', vm: vm.vm }, RESUME_DEADLINE_MS);
    patchVm(draft, vm.vm, {
      activity: {
        ...activity,
        step: 'resume',
        stepSinceMs: draft.nowMs,
        operation,
        deadlineMs: draft.nowMs + RESUME_DEADLINE_MS,
      },
    });
    return;
  }
  patchVm(draft, vm.vm, { activity: null, ioErrorSinceMs: null, retryAtMs: draft.nowMs + RESUME_PAUSE_MS });
  if (outcome.kind === 'failed') return;
  patchVm(draft, vm.vm, { said: [] });
  tell(draft, {
    code: 'vm.resumed',
    level: 'notice',
    vm: vm.name,
    text: `${vm.name} goes on: ${activity.why}.`,
  });
}
