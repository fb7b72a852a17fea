import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Paths } from '../paths.ts';
import { type IoState, IoNoteWriter, readIoNote } from './ioNotes.ts';
import { ProcFs } from './procfs.ts';
import { AREA_ID, emptyRunFile, temporaryPaths } from './testSupport.ts';
import { UnreturnedReports } from './unreturnedReports.ts';

/** The keeper that is gone, and one of its children. */
const KEEPER = 41;
const CHILD = 60;

let paths: Paths;
let proc: string;

beforeEach(() => {
  paths = temporaryPaths();
  proc = join(paths.libDir, 'proc');
  for (const dir of [paths.ioDir, proc]) mkdirSync(dir, { recursive: true });
});
afterEach(() => {
  rmSync(paths.root ?? '', { recursive: true });
});

function child(pid: number, state: IoState, life: 'lives' | 'dead' | 'zombie'): IoNoteWriter {
  const note = new IoNoteWriter(paths.ioDir, KEEPER, { pid, startTicks: 4711 });
  note.note(state);
  rmSync(join(proc, String(pid)), { recursive: true, force: true });
  if (life === 'dead') return note;
  mkdirSync(join(proc, `${pid}/task/${pid}`), { recursive: true });
  const text = `${pid} (node) ${life === 'lives' ? 'D' : 'Z'} ${Array(18).fill('0').join(' ')} 4711 0\n`;
  for (const name of [`${pid}/stat`, `${pid}/task/${pid}/stat`]) writeFileSync(join(proc, name), text);
  return note;
}

/** A keeper that starts again with these writes out. */
function restarted(...ids: number[]): UnreturnedReports {
  const write = { block: 300, class: 'exclusive', issuedAtMs: 1, storeIoPid: KEEPER } as const;
  const runFile = { ...emptyRunFile(AREA_ID), unreturned: ids.map((id) => ({ ...write, id })) };
  return new UnreturnedReports(paths.ioDir, runFile, new ProcFs(proc), () => undefined);
}

const failed = (id: number): object => ({ id, outcome: { kind: 'failed', error: expect.any(String) } });

describe('a write that an earlier keeper of this boot had out', () => {
  test('is over when no child of that keeper is left: it was never begun', () => {
    expect(restarted(7).collect(0)).toEqual([failed(7)]);
  });

  test('is over when its child noted that it came back', () => {
    child(CHILD, { kind: 'written', id: 7 }, 'dead');
    child(CHILD + 1, { kind: 'failed', id: 8 }, 'zombie');
    expect(restarted(7, 8).collect(0)).toEqual([{ id: 7, outcome: { kind: 'written' } }, failed(8)]);
    expect(readdirSync(paths.ioDir)).toEqual([]);
  });

  test('is out while its child is in it, and is heard of when that comes back', () => {
    const note = child(CHILD, { kind: 'writing', id: 7 }, 'lives');
    const reports = restarted(7);
    expect(reports.collect(0)).toEqual([]);
    note.note({ kind: 'written', id: 7 });
    expect(reports.collect(999)).toEqual([]);
    expect(reports.collect(1000)).toEqual([{ id: 7, outcome: { kind: 'written' } }]);
    expect(reports.collect(2000)).toEqual([]);
  });

  test('is out for the whole boot when its child was killed in the middle of it', () => {
    child(CHILD, { kind: 'writing', id: 7 }, 'dead');
    expect(restarted(7, 8).collect(0)).toEqual([failed(8)]);
    expect(restarted(7).collect(60_000)).toEqual([]);
  });

  test('is out while a child lives that may have it in its pipe', () => {
    for (const state of [{ kind: 'idle' }, { kind: 'written', id: 3 }] as const) {
      child(CHILD, state, 'lives');
      const reports = restarted(7);
      expect(reports.collect(0)).toEqual([]);
      child(CHILD, state, 'dead');
      expect(reports.collect(1000)).toEqual([failed(7)]);
    }
  });

  test('is over while all that live are at work on something else', () => {
    child(CHILD, { kind: 'reading' }, 'lives');
    child(CHILD + 1, { kind: 'writing', id: 8 }, 'lives');
    expect(restarted(7, 8).collect(0)).toEqual([failed(7)]);
  });

  test('is out when a note can not be read', () => {
    writeFileSync(join(paths.ioDir, `${KEEPER}-${CHILD}.io`), 'what');
    expect(restarted(7).collect(0)).toEqual([]);
  });

  test('is not judged by the children of another keeper', () => {
    new IoNoteWriter(paths.ioDir, KEEPER + 1, { pid: CHILD, startTicks: 4711 }).note({
      kind: 'writing',
      id: 7,
    });
    expect(restarted(7).collect(0)).toEqual([failed(7)]);
  });
});

test('a note written over a longer one leaves nothing of it', () => {
  const note = new IoNoteWriter(paths.ioDir, KEEPER, { pid: CHILD, startTicks: 4711 });
  note.note({ kind: 'writing', id: 123_456_789_012 });
  note.note({ kind: 'idle' });
  expect(readIoNote(paths.ioDir, KEEPER, CHILD)).toEqual({
    keeperPid: KEEPER,
    child: { pid: CHILD, startTicks: 4711 },
    state: { kind: 'idle' },
  });
  note.remove();
  expect(readdirSync(paths.ioDir)).toEqual([]);
});
