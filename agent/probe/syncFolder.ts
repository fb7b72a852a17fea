import { closeSync, fsyncSync, openSync } from 'node:fs';

/** A new name must be on the store itself before another host looks for it. Throws what the system says. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
