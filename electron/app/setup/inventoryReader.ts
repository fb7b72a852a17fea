import { statSync } from 'node:fs';
import { readInventory } from '../../backend/inventory/inventory.ts';
import type { Inventory } from '../../backend/inventory/schema.ts';

/** Reads the inventory anew only when its file is another one: it is looked at several times a second. */
export class InventoryReader {
  readonly #path: string;
  #known: { readonly mark: string; readonly inventory: Inventory } | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** Throws a FailureError when it can't be read. */
  read(): Inventory {
    const mark = this.#mark();
    if (this.#known === null || this.#known.mark !== mark) {
      this.#known = null;
      this.#known = { mark, inventory: readInventory(this.#path) };
    }
    return this.#known.inventory;
  }

  /** Every write makes a new file of that name. */
  #mark(): string {
    const found = statSync(this.#path, { throwIfNoEntry: false });
    return found === undefined ? 'none' : `${found.ino} ${found.mtimeMs} ${found.size}`;
  }
}
