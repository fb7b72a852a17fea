import type { ProtectedVm } from '../../protocol/group.ts';
import type { HolderNote } from '../../protocol/store.ts';
import { askKeeper, configOf, type Draft, freshView, patchVm, tokenOf, vmState } from './state.ts';

const NOTE_DEADLINE_MS = 15_000;
/** A note that could not be written is tried again after this time: the store may be away. */
const NOTE_RETRY_MS = 2000;

/** Brings the holder's note on the store to what it should be, one write a VM at a time. */
export function syncNotes(draft: Draft): void {
  const view = freshView(draft, draft.nowMs);
  if (view?.phase !== 'alive') return;
  for (const vm of configOf(draft)?.vms ?? []) syncNote(draft, vm);
}

function syncNote(draft: Draft, vm: ProtectedVm): void {
  const state = vmState(draft, vm.vm);
  const token = tokenOf(draft, vm);
  const { activity, wanted } = state;
  // A token has one operation at a time: an activity's own come first, except while it waits for its note.
  const mayWrite = activity === null || (activity.kind === 'stop' && activity.step === 'note');
  if (!mayWrite || wanted === null || token?.mine !== true || wanted.generation !== token.generation) return;
  if (state.noteOperation !== null || draft.nowMs < state.noteRetryAtMs) return;
  if (token.note !== null && isSameNote(token.note, wanted.note)) return;
  const operation = askKeeper(draft, { kind: 'note', token: vm.token, note: wanted.note }, NOTE_DEADLINE_MS);
  patchVm(draft, vm.vm, {
    noteOperation: { operation, deadlineMs: draft.nowMs + NOTE_DEADLINE_MS },
    // The view that shows the note comes a moment after the reply.
    noteRetryAtMs: draft.nowMs + NOTE_RETRY_MS,
  });
}

/** The outcome of a note's write, good or bad: the next view shows what is on the store. */
export function noteWritten(draft: Draft, operation: number): boolean {
  for (const [vm, state] of draft.vms) {
    if (state.noteOperation?.operation !== operation) continue;
    patchVm(draft, vm, { noteOperation: null });
    return true;
  }
  return false;
}

/** Writes whose answer never came: the keeper's view decides, a new write may be asked for. */
export function dropLateNotes(draft: Draft): void {
  for (const [vm, state] of draft.vms) {
    if (state.noteOperation !== null && draft.nowMs >= state.noteOperation.deadlineMs) {
      patchVm(draft, vm, { noteOperation: null });
    }
  }
}

function isSameNote(a: HolderNote, b: HolderNote): boolean {
  return (
    a.desired === b.desired &&
    a.reason === b.reason &&
    a.restarts === b.restarts &&
    a.definition === b.definition &&
    a.notTakeable === b.notTakeable &&
    a.comesBack === b.comesBack &&
    a.isPlaced === b.isPlaced &&
    a.failedOn.length === b.failedOn.length &&
    a.failedOn.every((slot, index) => slot === b.failedOn[index])
  );
}
