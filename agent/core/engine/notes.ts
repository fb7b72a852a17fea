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

/** The note with which the next holder takes the token of `generation`: intent, failures and definition go on. */
export function takenNote(note: HolderNote, generation: number): HolderNote {
  return {
    ...note,
    generation: generation + 1,
    released: false,
    releasedTo: null,
    notTakeable: false,
    reason: null,
    restarts: 0,
  };
}
