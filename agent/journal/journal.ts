import type { LogEvent } from '../protocol/event.ts';
import { FailureError } from '../protocol/failure.ts';
import { eventLine, makeEvent, type NewEvent } from './event.ts';
import { readReservation, RESERVED_AT_ONCE, writeReservation } from './reservation.ts';
import { openSegments, type Segments, type SegmentSizes } from './segments.ts';

/** Events kept in memory: what consoles ask for, without touching the disk. */
const TAIL_EVENTS = 512;
/** Lines that wait for a slow disk. More are lost on disk (and counted), not in memory. */
const MAX_QUEUED = 1024;
/** Reads of older events that wait for the disk at the same time. */
const MAX_READS = 8;
/** A disk that does not answer within this time at the start or the end does not keep the agent from either. */
const DISK_WITHIN_MS = 5_000;
/** A burst of this many events, then so many a second: a component gone wild must not flush out the story. */
const BURST_EVENTS = 500;
const EVENTS_PER_SECOND = 20;

export interface JournalOptions {
  readonly dir: string;
  readonly host: string;
  readonly bootId: string;
  /** Boot clock. */
  readonly nowMs: () => number;
  /** ISO 8601 UTC. */
  readonly wallTime: () => string;
  /** Each event as a line for the host's own journal. */
  readonly print: (line: string) => void;
  /** Begin lines with syslog's priority, for journald. */
  readonly withPriority?: boolean;
  readonly sizes?: SegmentSizes;
}

export interface EventPage {
  readonly events: LogEvent[];
  readonly firstSeq: number;
  readonly lastSeq: number;
}

export interface Journal {
  /**
   * Numbers an event, keeps, prints and passes it on. Never throws and never waits. Null: lost, because there were too
   * many at once, or the disk has refused so long that no numbers are left; the loss is told by a later event.
   */
  append(event: NewEvent): LogEvent | null;
  /** Events after `afterSeq`, or the newest for null, oldest first. Rejects with a FailureError. */
  read(afterSeq: number | null, limit: number): Promise<EventPage>;
  /** Calls with each event from now on; returns how to stop it. The listener must not throw. */
  subscribe(listener: (event: LogEvent) => void): () => void;
  /** Writes what waits and gives back unused numbers. */
  close(): Promise<void>;
}

/**
 * The event log of a host. It outlives restarts, and crashes at any byte; a number is never given out twice, unless
 * the disk refused all writes in the whole life of one agent and of the next. A disk that fails or hangs costs the
 * events on disk, never the agent: all disk work goes one after another, so a hung disk holds a single thread.
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { dir, sizes } = options;
  let segments: Segments | null = null;
  let first = 0;
  let tail: LogEvent[] = [];
  let problem: string | null = null;
  try {
    const opened = await answered(openSegments(dir, sizes));
    first = Math.max(opened.lastSeq, await answered(readReservation(dir)));
    segments = opened;
    await answered(writeReservation(dir, first + RESERVED_AT_ONCE));
    tail = await answered(opened.readNewest(TAIL_EVENTS));
  } catch (error) {
    // Not asked again after the first failure: each call into a hung disk would cost one more thread for ever.
    problem = error instanceof Error ? error.message : String(error);
  }
  const journal = new EventJournal(options, segments, tail, first, first + RESERVED_AT_ONCE);
  if (problem !== null) journal.diskFailed(problem);
  return journal;
}

/** Rejects when the disk does not answer: a call into a hung file system can't be cancelled, only left behind. */
async function answered<Result>(work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`the disk does not answer within ${DISK_WITHIN_MS / 1000} s`)),
      DISK_WITHIN_MS,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

class EventJournal implements Journal {
  readonly #options: JournalOptions;
  readonly #segments: Segments | null;
  #tail: LogEvent[];
  #lastSeq: number;
  #reservedTo: number;
  #reserving = false;
  #queue: { readonly seq: number; readonly line: string }[] = [];
  #writing = false;
  /** The end of the chain of all disk work. */
  #disk: Promise<unknown> = Promise.resolve();
  #reads = 0;
  readonly #listeners = new Set<(event: LogEvent) => void>();
  #allowance = BURST_EVENTS;
  #allowanceAtMs: number;
  #lost = 0;
  #lostOnDisk = 0;
  #diskProblem: string | null = null;

  constructor(
    options: JournalOptions,
    segments: Segments | null,
    tail: LogEvent[],
    lastSeq: number,
    reservedTo: number,
  ) {
    this.#options = options;
    this.#segments = segments;
    this.#tail = tail;
    this.#lastSeq = lastSeq;
    this.#reservedTo = reservedTo;
    this.#allowanceAtMs = options.nowMs();
  }

  append(event: NewEvent): LogEvent | null {
    const nowMs = this.#options.nowMs();
    const earned = ((nowMs - this.#allowanceAtMs) / 1000) * EVENTS_PER_SECOND;
    this.#allowance = Math.min(BURST_EVENTS, this.#allowance + Math.max(0, earned));
    this.#allowanceAtMs = nowMs;
    // An event that tells of a loss needs a number too.
    if (this.#allowance < 2 || this.#lastSeq + 2 > this.#reservedTo) {
      this.#lost += 1;
      return null;
    }
    if (this.#lost > 0) {
      const lost = this.#lost;
      this.#lost = 0;
      this.#add({
        code: 'journal.lost',
        level: 'warning',
        text: `${lost} events came too fast to be written down and are lost.`,
        facts: { lost },
      });
    }
    return this.#add(event);
  }

  #add(event: NewEvent): LogEvent {
    const { bootId, host, nowMs, wallTime, print, withPriority } = this.#options;
    this.#allowance -= 1;
    this.#lastSeq += 1;
    const stamp = { seq: this.#lastSeq, bootId, atBootMs: nowMs(), wallTime: wallTime(), host };
    const made = makeEvent(event, stamp);
    this.#tail = [...this.#tail.slice(1 - TAIL_EVENTS), made];
    print(eventLine(made, withPriority ?? false));
    if (this.#segments !== null && this.#queue.length < MAX_QUEUED)
      this.#queue.push({ seq: made.seq, line: `${JSON.stringify(made)}\n` });
    else this.#lostOnDisk += 1;
    if (this.#reservedTo - this.#lastSeq < RESERVED_AT_ONCE / 2) this.#reserve();
    this.#flush();
    for (const listener of this.#listeners) listener(made);
    return made;
  }

  /** Puts disk work at the end of the chain. */
  #onDisk<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#disk.then(work);
    this.#disk = done.catch(() => undefined);
    return done;
  }

  #reserve(): void {
    if (this.#reserving || this.#segments === null) return;
    this.#reserving = true;
    const upTo = this.#lastSeq + RESERVED_AT_ONCE;
    void this.#onDisk(() => writeReservation(this.#options.dir, upTo))
      .then(() => {
        this.#reservedTo = upTo;
      }, this.#onDiskError)
      .finally(() => {
        this.#reserving = false;
      });
  }

  #flush(): void {
    if (this.#writing) return;
    this.#writing = true;
    void this.#onDisk(() => this.#writeQueue()).finally(() => {
      this.#writing = false;
      // After a failure the next event tries again; retrying by itself would spin on a full disk.
      if (this.#diskProblem === null && this.#queue.length > 0) this.#flush();
    });
  }

  /** Writes all that waits, as one piece. Never rejects. */
  async #writeQueue(): Promise<void> {
    const batch = this.#queue;
    const [first] = batch;
    if (first === undefined || this.#segments === null) return;
    this.#queue = [];
    try {
      await this.#segments.write(batch.map(({ line }) => line).join(''), first.seq);
      this.#diskWorks();
    } catch (error) {
      this.#lostOnDisk += batch.length;
      this.#onDiskError(error);
    }
  }

  #diskWorks(): void {
    const lost = this.#lostOnDisk;
    this.#diskProblem = null;
    this.#lostOnDisk = 0;
    if (lost === 0) return;
    this.append({
      code: 'journal.disk-back',
      level: 'notice',
      text: `The event log is written to disk again. ${lost} events are missing there.`,
      facts: { lost },
    });
  }

  readonly #onDiskError = (error: unknown): void =>
    this.diskFailed(error instanceof Error ? error.message : String(error));

  /** Tells once that events are not reaching the disk. */
  diskFailed(problem: string): void {
    const known = this.#diskProblem !== null;
    this.#diskProblem = problem;
    if (known) return;
    this.append({
      code: 'journal.disk-failed',
      level: 'warning',
      text: `The event log can't be written to ${this.#options.dir}: ${problem}. Failover goes on; events are kept in memory only.`,
      facts: { problem },
    });
  }

  async read(afterSeq: number | null, limit: number): Promise<EventPage> {
    const oldest = this.#tail[0]?.seq ?? this.#lastSeq + 1;
    const kept = this.#tail.filter(({ seq }) => afterSeq === null || seq > afterSeq);
    const inMemory = afterSeq === null ? this.#tail.length >= limit : afterSeq >= oldest - 1;
    const segments = this.#segments;
    const firstOnDisk = segments?.firstSeq() ?? 0;
    const firstSeq = firstOnDisk === 0 ? oldest : Math.min(firstOnDisk, oldest);
    const page = (events: LogEvent[]): EventPage => ({ events, firstSeq, lastSeq: this.#lastSeq });
    const newest = (events: LogEvent[]): LogEvent[] =>
      afterSeq === null ? events.slice(-limit) : events.slice(0, limit);
    if (inMemory || segments === null) return page(newest(kept));
    if (this.#reads >= MAX_READS)
      throw new FailureError({
        code: 'journal.busy',
        message: 'The event log is being read by too many at once.',
        meaning: 'The disk of this host may be slow or hung. Failover does not depend on it.',
        fix: 'Ask again in a moment.',
      });
    this.#reads += 1;
    try {
      const onDisk = await this.#onDisk(async () => {
        await this.#writeQueue();
        return await (afterSeq === null ? segments.readNewest(limit) : segments.readAfter(afterSeq, limit));
      });
      const older = onDisk.filter(({ seq }) => seq < oldest);
      return page(newest([...older, ...kept]));
    } finally {
      this.#reads -= 1;
    }
  }

  subscribe(listener: (event: LogEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    const segments = this.#segments;
    // A log that was never opened knows nothing of the numbers given out before.
    if (segments === null) return;
    const last = this.#onDisk(async () => {
      await this.#writeQueue();
      await segments.close();
      await writeReservation(this.#options.dir, this.#lastSeq);
    });
    // Whatever the disk says or does not say: the agent ends.
    await answered(last).catch(() => undefined);
  }
}
