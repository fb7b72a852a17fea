import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { DefinitionFact } from '../core/engine/types.ts';
import { MAX_VMS, Uuid } from '../protocol/ids.ts';
import { writeWhole } from '../wholeFile.ts';

const Digest = z.string().check(z.regex(/^[0-9a-f]{64}$/));
const Entry = z.strictObject({
  vm: Uuid,
  cached: z.nullable(Digest),
  placed: z.nullable(Digest),
  role: z.enum(['active', 'standby']),
  text: z.nullable(z.string()),
});
export type CacheEntry = z.infer<typeof Entry>;

/** Definitions of more VMs than a group can protect, so that some that are leaving fit beside all others. */
const MAX_ENTRIES = MAX_VMS * 2;

/** This host's own copies: /var/lib/understudy/definitions, one file a VM, for the time when the store is away. */
export class DefinitionCache {
  readonly #folder: string;
  readonly #entries = new Map<string, CacheEntry>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** A file that is damaged counts as not there: it is fetched again. */
  static async open(libDir: string): Promise<DefinitionCache> {
    const cache = new DefinitionCache(join(libDir, 'definitions'));
    await mkdir(cache.#folder, { recursive: true, mode: 0o700 });
    const names = (await readdir(cache.#folder))
      .filter((name) => name.endsWith('.json'))
      .slice(0, MAX_ENTRIES);
    for (const name of names) {
      const entry = await readEntry(join(cache.#folder, name));
      if (entry !== null) cache.#entries.set(entry.vm, entry);
    }
    return cache;
  }

  facts(): readonly DefinitionFact[] {
    return [...this.#entries.values()].map(({ vm, cached, placed, role }) => ({ vm, cached, placed, role }));
  }

  get(vm: string): CacheEntry | undefined {
    return this.#entries.get(vm);
  }

  async put(entry: CacheEntry): Promise<void> {
    if (!this.#entries.has(entry.vm) && this.#entries.size >= MAX_ENTRIES) {
      throw new Error(`${MAX_ENTRIES} definitions are kept already`);
    }
    await writeWhole(join(this.#folder, `${entry.vm}.json`), JSON.stringify(entry));
    this.#entries.set(entry.vm, entry);
  }

  async remove(vm: string): Promise<void> {
    await rm(join(this.#folder, `${vm}.json`), { force: true });
    this.#entries.delete(vm);
  }
}

async function readEntry(path: string): Promise<CacheEntry | null> {
  try {
    const parsed = Entry.safeParse(JSON.parse(await readFile(path, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
