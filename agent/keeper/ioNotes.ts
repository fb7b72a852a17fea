import { closeSync, openSync, readdirSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { IoOutcome } from '../core/keeper/types.ts';
import type { ProcessId } from './procfs.ts';

/**
 * What a store-io child is doing, kept in /run by the child itself: `<keeper pid>-<child pid>.io`. It notes before it
 * begins, and what came of it before it answers; it gets its next request only when its answer was received. So the
 * note, together with whether the child lives, says of every write whether it can still land (docs/safety.md, rule 13).
 * A child that is told to go home removes its note.
 */
export type IoState =
  /** It waits for a request, or has one in its pipe that it has not taken yet. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'reading' }
  | { readonly kind: 'writing'; readonly id: number }
  | { readonly kind: 'written'; readonly id: number }
  | { readonly kind: 'failed'; readonly id: number };

export interface IoNote {
  readonly keeperPid: number;
  readonly child: ProcessId;
  readonly state: IoState;
}

/** Every note has this length, so that one written over another leaves nothing of it. */
const NOTE_BYTES = 64;

const noteName = (keeperPid: number, childPid: number): string => `${keeperPid}-${childPid}.io`;

/** The child's own side. Throws when /run can't be written: such a child must not write to the store. */
export class IoNoteWriter {
  readonly #path: string;
  readonly #fd: number;
  readonly #startTicks: number;

  constructor(ioDir: string, keeperPid: number, self: ProcessId) {
    this.#path = join(ioDir, noteName(keeperPid, self.pid));
    this.#startTicks = self.startTicks;
    this.#fd = openSync(this.#path, 'w', 0o600);
    this.note({ kind: 'idle' });
  }

  note(state: IoState): void {
    const text = `${this.#startTicks} ${state.kind} ${'id' in state ? state.id : 0}`;
    writeSync(this.#fd, text.padEnd(NOTE_BYTES - 1).concat('\n'), 0);
  }

  remove(): void {
    closeSync(this.#fd);
    unlinkSync(this.#path);
  }
}

/** All notes in the folder. One that can't be read counts as some write under way. */
export function readIoNotes(ioDir: string): readonly IoNote[] {
  return readdirSync(ioDir).flatMap((name) => {
    const parts = /^(\d{1,10})-(\d{1,10})\.io$/.exec(name);
    return parts === null ? [] : [readIoNote(ioDir, Number(parts[1]), Number(parts[2]))];
  });
}

/** The note of one child; one that is not there or can't be read counts as some write under way. */
export function readIoNote(ioDir: string, keeperPid: number, childPid: number): IoNote {
  try {
    const text = readFileSync(join(ioDir, noteName(keeperPid, childPid)), 'latin1');
    const parts = /^(\d{1,16}) (idle|reading|writing|written|failed) (\d{1,16}) *\n$/.exec(text);
    const child = { pid: childPid, startTicks: Number(parts?.[1] ?? 0) };
    return { keeperPid, child, state: stateOf(parts?.[2] ?? '', Number(parts?.[3] ?? 0)) };
  } catch {
    return { keeperPid, child: { pid: childPid, startTicks: 0 }, state: stateOf('', 0) };
  }
}

/** The id of a write of which only is known that it may be under way. */
export const UNKNOWN_WRITE = -1;

function stateOf(kind: string, id: number): IoState {
  switch (kind) {
    case 'idle':
    case 'reading':
      return { kind };
    case 'writing':
    case 'written':
    case 'failed':
      return { kind, id };
    default:
      return { kind: 'writing', id: UNKNOWN_WRITE };
  }
}

export function removeIoNote(ioDir: string, note: IoNote): void {
  try {
    unlinkSync(join(ioDir, noteName(note.keeperPid, note.child.pid)));
  } catch {
    // The child itself removed it in the meantime.
  }
}

/**
 * What became of a write of a keeper that is gone, or of a child that is: null while it may still be under way. `lives`
 * must have been asked before the notes were read.
 */
export function fateOf(
  id: number,
  notes: readonly IoNote[],
  lives: (note: IoNote) => boolean,
): IoOutcome | null {
  for (const { state } of notes) {
    if (state.kind === 'writing' && (state.id === id || state.id === UNKNOWN_WRITE)) return null;
    if (state.kind === 'written' && state.id === id) return { kind: 'written' };
  }
  // A child at work has nothing in its pipe; one that waits may have this very request there.
  const mayTakeIt = notes.some(
    (note) => note.state.kind !== 'reading' && note.state.kind !== 'writing' && lives(note),
  );
  return mayTakeIt ? null : { kind: 'failed', error: 'its process ended and it is not under way any more' };
}

/** For the parent of a child that is gone for certain: what its note says of the write it was given last. */
export function fateByNote(ioDir: string): (id: number, childPid: number) => IoOutcome | null {
  return (id, childPid) => {
    const note = readIoNote(ioDir, process.pid, childPid);
    const fate = fateOf(id, [note], () => false);
    if (note.state.kind !== 'writing') removeIoNote(ioDir, note);
    return fate;
  };
}
