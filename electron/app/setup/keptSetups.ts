import { FailureError } from '../../../agent/protocol/failure.ts';
import { updateInventory } from '../../backend/inventory/inventory.ts';
import type { SavedSetup } from '../../backend/inventory/schema.ts';

/** Set-ups that were begun and left; more than that is a habit, and the oldest is forgotten. */
const MAX_SAVED = 8;

/** Keeps how far a set-up came. One without hosts is nothing to go on with, and one that is done neither. */
export function keepSetup(inventoryPath: string, setup: SavedSetup): void {
  const kept = setup.hosts.length > 0 && setup.stage !== 'done' ? [setup] : [];
  updateInventory(inventoryPath, (present) => {
    const others = present.setups.filter(({ id }) => id !== setup.id);
    return { ...present, setups: [...others, ...kept].slice(-MAX_SAVED) };
  });
}

export function discardSetup(inventoryPath: string, id: string): void {
  updateInventory(inventoryPath, (present) => {
    if (!present.setups.some((setup) => setup.id === id)) throw noSuchSetup();
    return { ...present, setups: present.setups.filter((setup) => setup.id !== id) };
  });
}

export const noSuchSetup = (): Error =>
  new FailureError({ code: 'setup.unknown', message: 'There is no such set-up any more.', field: 'resume' });
