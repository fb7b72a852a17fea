import type { IoOutcome } from '../../../agent/core/keeper/types.ts';
import type { RunFile } from '../../../agent/protocol/keeperLink.ts';
import type { IoNotes } from './lane.ts';

const LOOK_EVERY_MS = 1000;

/** Finds out what became of the writes that an earlier keeper of this boot had out (agent/keeper/unreturnedReports.ts). */
export class Reports {
  readonly #notes: IoNotes;
  readonly #awaited: Set<number>;
  #lookAtMs: number;

  constructor(notes: IoNotes, runFile: RunFile | null, nowMs: number) {
    this.#notes = notes;
    this.#awaited = new Set(runFile?.unreturned.map((write) => write.id) ?? []);
    this.#lookAtMs = nowMs;
  }

  /** Each write once; one whose child was killed in the middle of it never. */
  collect(nowMs: number, tell: (id: number, outcome: IoOutcome) => void): void {
    if (this.#awaited.size === 0 || nowMs < this.#lookAtMs) return;
    this.#lookAtMs = nowMs + LOOK_EVERY_MS;
    for (const id of this.#awaited) {
      const fate = this.#notes.get(id);
      if (fate === null) continue;
      this.#awaited.delete(id);
      this.#notes.delete(id);
      tell(id, fate ?? { kind: 'failed', error: 'it was never begun' });
    }
  }
}
