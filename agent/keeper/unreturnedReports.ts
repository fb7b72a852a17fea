import type { IoOutcome } from '../core/keeper/types.ts';
import type { RunFile } from '../protocol/keeperLink.ts';
import { fateOf, type IoNote, readIoNotes, removeIoNote } from './ioNotes.ts';
import type { ProcFs } from './procfs.ts';
import type { Log } from './stderrLog.ts';

const LOOK_EVERY_MS = 1000;

export interface UnreturnedReport {
  readonly id: number;
  readonly outcome: IoOutcome;
}

/**
 * Finds out what became of the writes that an earlier keeper of this boot had out when it ended, from the notes that
 * its store-io children keep. A write whose child was killed in the middle of it may land at any time: it stays out
 * until the next boot. Every other write is certainly over: it was never begun, or it came back.
 */
export class UnreturnedReports {
  readonly #ioDir: string;
  readonly #proc: ProcFs;
  readonly #log: Log;
  /** By id: the keeper that had it. */
  readonly #awaited: Map<number, number>;
  #lookAtMs = Number.NEGATIVE_INFINITY;

  constructor(ioDir: string, runFile: RunFile | null, proc: ProcFs, log: Log) {
    this.#ioDir = ioDir;
    this.#proc = proc;
    this.#log = log;
    this.#awaited = new Map((runFile?.unreturned ?? []).map((write) => [write.id, write.storeIoPid]));
  }

  /** What is known since the last call, each write once. Looks into the folder at most once a second. */
  collect(nowMs: number): readonly UnreturnedReport[] {
    const first = this.#lookAtMs === Number.NEGATIVE_INFINITY;
    if (!first && (this.#awaited.size === 0 || nowMs - this.#lookAtMs < LOOK_EVERY_MS)) return [];
    this.#lookAtMs = nowMs;
    try {
      return this.#look();
    } catch (error) {
      this.#log('keeper.io-reports-failed', { error: String(error) });
      return [];
    }
  }

  #look(): readonly UnreturnedReport[] {
    // One that ends between the two looks has noted its last word before.
    const living = new Set(
      readIoNotes(this.#ioDir)
        .filter((note) => this.#proc.lives(note.child))
        .map(keyOf),
    );
    const lives = (note: IoNote): boolean => living.has(keyOf(note));
    const notes = readIoNotes(this.#ioDir);
    const reports: UnreturnedReport[] = [];
    for (const [id, keeperPid] of this.#awaited) {
      const ofKeeper = notes.filter((note) => note.keeperPid === keeperPid);
      const outcome = fateOf(id, ofKeeper, lives);
      if (outcome === null) continue;
      this.#awaited.delete(id);
      reports.push({ id, outcome });
    }
    for (const note of notes) {
      if (!lives(note) && !this.#stillMatters(note)) removeIoNote(this.#ioDir, note);
    }
    return reports;
  }

  /** Of the dead, only a child that was killed in the middle of a write has still something to say. */
  #stillMatters(note: IoNote): boolean {
    return note.state.kind === 'writing' && [...this.#awaited.values()].includes(note.keeperPid);
  }
}

function keyOf(note: IoNote): string {
  return `${note.keeperPid}-${note.child.pid}`;
}
