import { open, rename, rm } from 'node:fs/promises';

/** What agents write is read by root alone: some of it has passwords, and the rest is nobody else's business. */
const ROOT_ONLY = 0o600;

/**
 * Writes the file whole or not at all: on disk under another name first, and never readable by others, not even for a
 * moment. One writer for each path. Rejects with the system's error; the file is as it was then.
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  const fresh = `${path}.new`;
  await rm(fresh, { force: true });
  const file = await open(fresh, 'wx', ROOT_ONLY);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(fresh, path);
}

/** Saves what changes often into one file: one save at a time, and of the texts that wait only the newest counts. */
export class NewestSave {
  readonly #path: string;
  #next: string | null = null;
  #isSaving = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Returns at once. A save that fails is forgotten: the next change is another attempt. */
  save(text: string): void {
    this.#next = text;
    if (!this.#isSaving) void this.#work();
  }

  async #work(): Promise<void> {
    this.#isSaving = true;
    for (let text = this.#next; text !== null; text = this.#next) {
      this.#next = null;
      await writeWhole(this.#path, text).catch(() => undefined);
    }
    this.#isSaving = false;
  }
}
