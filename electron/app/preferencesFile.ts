import * as z from 'zod/mini';
import { readBoundedFile } from '../backend/boundedFile.ts';
import { writeFileAtomically } from '../backend/inventory/atomicFile.ts';
import type { Settings } from '../ipc/daily/views.ts';
import type { Theme } from '../ipc/views.ts';

/** A few hundred bytes; more is not ours. */
const MAX_FILE_BYTES = 65_536;

const Notifications = z.strictObject({ failover: z.boolean(), protection: z.boolean(), links: z.boolean() });
const Stored = z.strictObject({
  version: z.literal(1),
  theme: z.enum(['system', 'light', 'dark', 'contrast']),
  closeToTray: z.optional(z.boolean()),
  notifications: z.optional(Notifications),
  remindOfUpdates: z.optional(z.boolean()),
});

/** What people have chosen for this app on this computer. */
export interface ChosenPreferences {
  readonly theme: Theme;
  readonly closeToTray: boolean;
  readonly notifications: Settings['notifications'];
  readonly remindOfUpdates: boolean;
}

const DEFAULTS: ChosenPreferences = {
  theme: 'system',
  closeToTray: true,
  notifications: { failover: true, protection: true, links: true },
  remindOfUpdates: true,
};

/** The file of preferences. An absent, damaged or foreign one is the same as none: nothing in it is worth an error. */
export class PreferencesFile {
  readonly #path: string;
  #chosen: ChosenPreferences;

  constructor(path: string) {
    this.#path = path;
    this.#chosen = read(path);
  }

  get chosen(): ChosenPreferences {
    return this.#chosen;
  }

  /** Throws what the system says when the file can't be written; the change then counts until the app ends. */
  change(change: Partial<ChosenPreferences>): void {
    this.#chosen = { ...this.#chosen, ...change };
    writeFileAtomically(this.#path, `${JSON.stringify({ version: 1, ...this.#chosen })}\n`);
  }
}

function read(path: string): ChosenPreferences {
  try {
    const { version: _, ...stored } = Stored.parse(
      JSON.parse(readBoundedFile(path, MAX_FILE_BYTES).toString('utf8')),
    );
    return {
      theme: stored.theme,
      closeToTray: stored.closeToTray ?? DEFAULTS.closeToTray,
      notifications: stored.notifications ?? DEFAULTS.notifications,
      remindOfUpdates: stored.remindOfUpdates ?? DEFAULTS.remindOfUpdates,
    };
  } catch {
    return DEFAULTS;
  }
}
