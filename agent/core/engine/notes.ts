import type { SwitchoverHow } from '../../protocol/group.ts';
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

/** The note of a VM that is to come back when the maintenance of its preferred host is over; null: of one that is not. */
export function withReturn(note: HolderNote, how: SwitchoverHow | null): HolderNote {
  const { comesBack: _before, ...rest } = note;
  return how === null ? rest : { ...rest, comesBack: how };
}

/** The note with which the next holder takes the token of `generation`: intent, return, failures and definition go on. */
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
