import { mkdir, open, readdir, readFile, truncate, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { LogEvent } from '../protocol/event.ts';

/** A ring of this many files of this size: weeks of a lively group, and never more than 8 MiB of a host's disk. */
const SEGMENTS = 8;
const SEGMENT_BYTES = 1_048_576;
const SEGMENT_NAME = /^events-([0-9]{8})\.jsonl$/;
/** Every line begins with its number, so that finding a place does not mean parsing the lines before it. */
const LINE_START = /^\{"seq":([0-9]{1,15}),/;
const NEWLINE = 10;

interface Segment {
  readonly number: number;
  readonly path: string;
  /** Of its first readable line; 0: it has none. */
  firstSeq: number;
}

export interface SegmentSizes {
  readonly segments: number;
  readonly segmentBytes: number;
}

export interface Segments {
  /** Greatest event number found on disk when it was opened; 0 when there was none. */
  readonly lastSeq: number;
  /** Number of the oldest event kept; 0 when there is none. */
  firstSeq(): number;
  /** Appends whole lines and waits until they are on the disk. `firstSeq` is the number of the first. */
  write(lines: string, firstSeq: number): Promise<void>;
  /** Events after `afterSeq`, oldest first. Lines that can't be read are left out. */
  readAfter(afterSeq: number, limit: number): Promise<LogEvent[]>;
  /** The newest events, oldest first. */
  readNewest(limit: number): Promise<LogEvent[]>;
  close(): Promise<void>;
}

const nameOf = (number: number): string => `events-${String(number).padStart(8, '0')}.jsonl`;
const seqOf = (line: string): number => Number(LINE_START.exec(line)?.[1] ?? 0);

function parseLine(line: string): LogEvent | null {
  try {
    const parsed = LogEvent.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    // A damaged line (zeros after a crash, a bad sector) costs that line, never the rest of the story.
    return null;
  }
}

/** Lines of a segment; one that can't be read is as good as empty. */
async function readLines(
  path: string,
): Promise<{ readonly lines: readonly string[]; readonly data: Buffer }> {
  const data = await readFile(path).catch(() => Buffer.alloc(0));
  return { lines: data.toString('utf8').split('\n'), data };
}

async function findSegments(dir: string): Promise<Segment[]> {
  const names = await readdir(dir);
  return names
    .flatMap((name): Segment[] => {
      const number = SEGMENT_NAME.exec(name)?.[1];
      return number === undefined ? [] : [{ number: Number(number), path: join(dir, name), firstSeq: 0 }];
    })
    .toSorted((a, b) => a.number - b.number);
}

/**
 * The files of the event log: `events-00000001.jsonl` and so on, one event a line. A crash may tear the last line; it
 * is dropped on opening. Every write is followed by fdatasync; the journal writes what has gathered meanwhile in one
 * go, so that a storm of events costs few syncs.
 */
export async function openSegments(
  dir: string,
  sizes: SegmentSizes = { segments: SEGMENTS, segmentBytes: SEGMENT_BYTES },
): Promise<Segments> {
  await mkdir(dir, { recursive: true, mode: 0o750 });
  const segments = await findSegments(dir);
  let lastSeq = 0;
  let bytes = 0;
  for (const segment of segments) {
    const { lines, data } = await readLines(segment.path);
    const numbers = lines.map(seqOf).filter((seq) => seq > 0);
    segment.firstSeq = numbers[0] ?? 0;
    lastSeq = numbers.reduce((greatest, seq) => Math.max(greatest, seq), lastSeq);
    bytes = data.lastIndexOf(NEWLINE) + 1;
    if (segment === segments.at(-1) && bytes < data.length) await truncate(segment.path, bytes);
  }
  return new SegmentRing(dir, sizes, segments, lastSeq, bytes);
}

class SegmentRing implements Segments {
  readonly lastSeq: number;
  readonly #dir: string;
  readonly #sizes: SegmentSizes;
  readonly #segments: Segment[];
  #bytes: number;
  #file: FileHandle | null = null;
  /** A write failed half-way: the next one begins on a line of its own. */
  #torn = false;

  constructor(dir: string, sizes: SegmentSizes, segments: Segment[], lastSeq: number, bytes: number) {
    this.#dir = dir;
    this.#sizes = sizes;
    this.#segments = segments;
    this.lastSeq = lastSeq;
    this.#bytes = bytes;
  }

  firstSeq(): number {
    return this.#segments.find((segment) => segment.firstSeq > 0)?.firstSeq ?? 0;
  }

  async write(lines: string, firstSeq: number): Promise<void> {
    const data = Buffer.from(this.#torn ? `\n${lines}` : lines, 'utf8');
    if (this.#segments.length === 0 || this.#bytes + data.length > this.#sizes.segmentBytes)
      await this.#startSegment();
    const segment = this.#segments.at(-1);
    if (segment === undefined) return;
    this.#bytes += data.length;
    try {
      this.#file ??= await open(segment.path, 'a', 0o640);
      await this.#file.appendFile(data);
      await this.#file.datasync();
    } catch (error) {
      this.#torn = true;
      throw error;
    }
    this.#torn = false;
    if (segment.firstSeq === 0) segment.firstSeq = firstSeq;
  }

  async #startSegment(): Promise<void> {
    const number = (this.#segments.at(-1)?.number ?? 0) + 1;
    await this.close();
    this.#segments.push({ number, path: join(this.#dir, nameOf(number)), firstSeq: 0 });
    this.#bytes = 0;
    this.#torn = false;
    for (const old of this.#segments.splice(0, this.#segments.length - this.#sizes.segments))
      await unlink(old.path).catch(() => undefined);
  }

  async readAfter(afterSeq: number, limit: number): Promise<LogEvent[]> {
    const events: LogEvent[] = [];
    for (const [index, { path }] of [...this.#segments].entries()) {
      const next = this.#segments[index + 1];
      if (next !== undefined && next.firstSeq > 0 && next.firstSeq <= afterSeq + 1) continue;
      for (const line of (await readLines(path)).lines) {
        if (seqOf(line) <= afterSeq) continue;
        const event = parseLine(line);
        if (event !== null) events.push(event);
        if (events.length >= limit) return events;
      }
    }
    return events;
  }

  async readNewest(limit: number): Promise<LogEvent[]> {
    let events: LogEvent[] = [];
    for (const { path } of this.#segments.toReversed()) {
      const lines = (await readLines(path)).lines.filter((line) => seqOf(line) > 0);
      const newest = lines.slice(-(limit - events.length)).map(parseLine);
      events = [...newest.filter((event) => event !== null), ...events];
      if (events.length >= limit) break;
    }
    return events;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }
}
