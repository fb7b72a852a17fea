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

/** The note of a VM whose next host an administrator chose, or nobody in particular. */
export function withPlace({ isPlaced: _before, ...note }: HolderNote, isPlaced: boolean): HolderNote {
  return isPlaced ? { ...note, isPlaced } : note;
}

/**
 * The note with which the next holder takes the token of `generation`: intent, return, failures and definition go on. That
 * an administrator chose the host counts for the host to which it was released.
 */
export function takenNote({ isPlaced, ...note }: HolderNote, generation: number): HolderNote {
  return {
    ...note,
    ...(note.released && isPlaced === true ? { isPlaced } : {}),
    generation: generation + 1,
    released: false,
    releasedTo: null,
    notTakeable: false,
    reason: null,
    restarts: 0,
  };
}
