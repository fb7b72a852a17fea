import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { writeFileAtomically } from '../backend/inventory/atomicFile.ts';
import type { Preferences } from '../ipc/views.ts';

const Stored = z.strictObject({ version: z.literal(1), theme: z.enum(['system', 'light', 'dark']) });

/** An absent, damaged or foreign file is the same as none: nothing in it is worth an error. */
export function readPreferences(path: string): Preferences {
  try {
    const { theme } = Stored.parse(JSON.parse(readFileSync(path, 'utf8')));
    return { theme };
  } catch {
    return { theme: 'system' };
  }
}

export function writePreferences(path: string, { theme }: Preferences): void {
  writeFileAtomically(path, `${JSON.stringify({ version: 1, theme })}\n`);
}
