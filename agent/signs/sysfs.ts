import { open, readdir } from 'node:fs/promises';

/** Attributes are one line; a few KiB are more than any has. */
const MAX_BYTES = 4096;
/** More entries than any host has sensors, controllers or cards. */
const MAX_ENTRIES = 512;

export async function textOf(path: string): Promise<string | null> {
  try {
    const file = await open(path, 'r');
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0);
      return buffer.toString('latin1', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}

export async function namesIn(folder: string): Promise<readonly string[]> {
  const names: readonly string[] = await readdir(folder).catch(() => []);
  return names.toSorted((a, b) => a.localeCompare(b)).slice(0, MAX_ENTRIES);
}
