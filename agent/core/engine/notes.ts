import type { HolderNote } from '../../protocol/store.ts';

/** The note of a VM that never had one. */
export function firstNote(generation: number, desired: HolderNote['desired']): HolderNote {
  return {
    generation,
    desired,
    released: false,
    releasedTo: null,
    notTakeable: false,
    reason: null,
    restarts: 0,
    failedOn: [],
    definition: null,
  };
}

/** Why a VM was given up that is to come back when the maintenance of its preferred host is over. */
export const COMES_BACK = 'host.maintenance-comes-back';

/** The note with which the next holder takes the token of `generation`: intent, failures and definition go on. */
export function takenNote(note: HolderNote, generation: number): HolderNote {
  return {
    ...note,
    generation: generation + 1,
    released: false,
    releasedTo: null,
    notTakeable: false,
    reason: note.reason === COMES_BACK ? COMES_BACK : null,
    restarts: 0,
  };
}
