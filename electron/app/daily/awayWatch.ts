import * as z from 'zod/mini';
import { HostName, Uuid } from '../../../agent/protocol/ids.ts';
import { readBoundedFile } from '../../backend/boundedFile.ts';
import { writeFileAtomically } from '../../backend/inventory/atomicFile.ts';
import type { AwayView, IncidentKind, IncidentStory } from '../../ipc/daily/views.ts';
import type { EventView } from '../../ipc/views.ts';
import { count } from '../../ipc/words.ts';

/** The marker is written at most this often: it only has to be near the truth. */
const WRITE_EVERY_MS = 15_000;
/** Missed events remembered; more were lost to the page of events anyway. */
const MAX_MISSED = 1000;
/** Groups and hosts with a number each; more is not ours. */
const MAX_FILE_BYTES = 1_048_576;
/** Changes that somebody asked for are no news. */
const WORTH_TELLING: ReadonlySet<IncidentKind> = new Set(['host-lost', 'vm-failed', 'store', 'protection']);

const Stored = z.strictObject({
  version: z.literal(1),
  groups: z.record(
    Uuid,
    z.strictObject({
      seenAt: z.string().check(z.maxLength(40)),
      hosts: z.record(HostName, z.int().check(z.nonnegative())),
    }),
  ),
});
type Marks = Map<string, { seenAt: string; readonly hosts: Map<string, number> }>;

export interface AwayWatchOptions {
  readonly path: string;
  /** Milliseconds of a clock that never jumps. */
  readonly nowMs: () => number;
  readonly wallTime: () => string;
  readonly onFault: (fault: unknown) => void;
}

/**
 * Remembers, across starts of the app, up to which event of each host it was watching. What the hosts tell beyond that
 * when it comes back happened while it was away. Hosts number their events, so no clock is compared with another.
 */
export class AwayWatch {
  readonly #options: AwayWatchOptions;
  readonly #marks: Marks;
  readonly #missed = new Set<string>();
  #since: string | null = null;
  #wroteMs = Number.NEGATIVE_INFINITY;
  #isDirty = false;

  constructor(options: AwayWatchOptions) {
    this.#options = options;
    this.#marks = read(options.path);
  }

  /** Keys of events that happened unseen. */
  get missed(): ReadonlySet<string> {
    return this.#missed;
  }

  /** Events as they come in. `live`: the host told them as they happened; else the app asked what it had missed. */
  heard(groupId: string, events: readonly EventView[], live: boolean): void {
    const known = this.#marks.get(groupId);
    const mark = known ?? { seenAt: this.#options.wallTime(), hosts: new Map<string, number>() };
    this.#marks.set(groupId, mark);
    const before = new Map(mark.hosts);
    for (const { host, seq, key } of events) {
      const seen = before.get(host);
      // A host that was never watched has no "meanwhile".
      if (!live && seen !== undefined && seq > seen && this.#missed.size < MAX_MISSED) {
        this.#since ??= mark.seenAt;
        this.#missed.add(key);
      }
      mark.hosts.set(host, Math.max(mark.hosts.get(host) ?? 0, seq));
    }
    this.#isDirty ||= events.length > 0;
  }

  /** Once a second, with the groups of which some host answers: this app sees them now. */
  watching(groupIds: readonly string[]): void {
    for (const id of groupIds) {
      const mark = this.#marks.get(id);
      if (mark !== undefined) mark.seenAt = this.#options.wallTime();
    }
    if (this.#options.nowMs() - this.#wroteMs >= WRITE_EVERY_MS) this.write();
  }

  /** Forgets what was missed: it has been read. */
  dismiss(): void {
    this.#missed.clear();
    this.#since = null;
  }

  forget(groupId: string): void {
    this.#marks.delete(groupId);
    this.#isDirty = true;
  }

  write(): void {
    this.#wroteMs = this.#options.nowMs();
    if (!this.#isDirty) return;
    this.#isDirty = false;
    const groups = [...this.#marks].map(([id, { seenAt, hosts }]) => [
      id,
      { seenAt, hosts: Object.fromEntries(hosts) },
    ]);
    try {
      const text = JSON.stringify({ version: 1, groups: Object.fromEntries(groups) });
      writeFileAtomically(this.#options.path, `${text}\n`);
    } catch (fault) {
      this.#options.onFault(fault);
    }
  }

  summary(stories: readonly IncidentStory[]): AwayView | null {
    const since = this.#since;
    if (since === null) return null;
    const told = stories.filter(({ kind, whileAway }) => whileAway && WORTH_TELLING.has(kind));
    if (told.length === 0) return null;
    const ranked = told.toSorted((a, b) => weight(b) - weight(a) || b.startedAt.localeCompare(a.startedAt));
    const [gravest] = ranked;
    const more = ranked.length - 1;
    const sentence = `${gravest?.title ?? ''}. ${gravest?.outcome ?? ''}${more === 0 ? '' : ` And ${count(more, 'thing')} more.`}`;
    return { since, sentence, incidents: ranked.map(({ id }) => id) };
  }
}

const WEIGHTS: Readonly<Partial<Record<IncidentStory['word'], number>>> = {
  'not-protected': 3,
  working: 2,
  'at-risk': 1,
};
const weight = ({ word, kind }: IncidentStory): number =>
  (WEIGHTS[word] ?? 0) * 2 + (kind === 'host-lost' ? 1 : 0);

/** An absent or damaged file is the same as none: then nothing counts as missed. */
function read(path: string): Marks {
  try {
    const { groups } = Stored.parse(JSON.parse(readBoundedFile(path, MAX_FILE_BYTES).toString('utf8')));
    return new Map(
      Object.entries(groups).map(([id, { seenAt, hosts }]) => [
        id,
        { seenAt, hosts: new Map(Object.entries(hosts)) },
      ]),
    );
  } catch {
    return new Map();
  }
}
