import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import * as z from 'zod/mini';
import type { NotifyMemory } from '../core/notify/types.ts';
import { LogEvent } from '../protocol/event.ts';
import { NotifySettings } from '../protocol/notify.ts';
import { NewestSave, writeWhole } from '../wholeFile.ts';

/** The settings, or null where there are none. Throws where there are some that can't be read. */
export function loadSettings(path: string): NotifySettings | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const parsed = NotifySettings.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  // Of a value in this file nothing may be quoted.
  throw new Error(`it is not valid at "${parsed.error.issues[0]?.path.join('.') ?? ''}"`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** They have the passwords of the mail server and the addresses of webhooks. Null takes the file away. */
export async function saveSettings(path: string, settings: NotifySettings | null): Promise<void> {
  if (settings === null) return rm(path, { force: true });
  await writeWhole(path, JSON.stringify(settings));
}

const About = z.enum(['host', 'vm', 'store', 'links', 'trouble', 'protection', 'weekly']);
const text = z.string().check(z.maxLength(20_000));
const Message = z.strictObject({
  incident: text,
  about: About,
  level: z.enum(['notice', 'warning', 'alarm']),
  group: text,
  host: text,
  startedAt: text,
  title: text,
  what: text,
  why: z.nullable(text),
  now: z.nullable(text),
  toDo: z.nullable(text),
  downMs: z.nullable(z.number()),
  vms: z.array(text).check(z.maxLength(64)),
  lines: z.array(text).check(z.maxLength(40)),
});
const Memory = z.strictObject({
  told: z.array(z.strictObject({ id: text, wallMs: z.number() })).check(z.maxLength(256)),
  incidents: z
    .array(
      z.strictObject({
        key: text,
        about: About,
        firstWallMs: z.number(),
        events: z.array(LogEvent).check(z.maxLength(40)),
        acted: z.boolean(),
        message: z.nullable(Message),
      }),
    )
    .check(z.maxLength(64)),
  deliveries: z.array(z.strictObject({ id: text, key: text, channel: text })).check(z.maxLength(1000)),
  weekly: z.nullable(text),
});

/** `/var/lib/understudy/notify.json`: what was told and what was not. Losing it costs a message told twice. */
export class NotifyMemoryFile {
  readonly #path: string;
  readonly #saves: NewestSave;

  constructor(path: string) {
    this.#path = path;
    this.#saves = new NewestSave(path);
  }

  load(): NotifyMemory | null {
    try {
      const parsed = Memory.safeParse(jsonOf(readFileSync(this.#path, 'utf8')));
      return parsed.success ? parsed.data : null;
    } catch {
      return null;
    }
  }

  save(memory: NotifyMemory): void {
    this.#saves.save(JSON.stringify(memory));
  }
}
