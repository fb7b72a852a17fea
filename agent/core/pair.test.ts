import { expect, test } from 'vitest';
import { nextWrite, readPair } from './pair.ts';
import type { Decoded } from './record.ts';

type Numbered = { writeSeq: number };
const record = (writeSeq: number): Decoded<Numbered> => ({ kind: 'record', value: { writeSeq } });
const empty: Decoded<Numbered> = { kind: 'empty' };
const torn: Decoded<Numbered> = { kind: 'unreadable', reason: 'torn' };
const newer: Decoded<Numbered> = { kind: 'newer', version: 9 };

test('the greater valid half counts, and the other one is written next', () => {
  const pair = readPair(record(4), record(5));
  expect(pair).toEqual({ kind: 'record', value: { writeSeq: 5 }, half: 1 });
  expect(nextWrite(pair, 0)).toEqual({ half: 0, writeSeq: 6 });
  expect(nextWrite(readPair(record(7), record(6)), 0)).toEqual({ half: 1, writeSeq: 8 });
});

test('a torn half leaves the other in force, and is itself written again', () => {
  const pair = readPair(record(4), torn);
  expect(pair).toEqual({ kind: 'record', value: { writeSeq: 4 }, half: 0 });
  expect(nextWrite(pair, 5)).toEqual({ half: 1, writeSeq: 6 });
});

test('rule 12: no valid half, though something was written, is unreadable and not empty', () => {
  expect(readPair(torn, torn)).toMatchObject({ kind: 'unreadable', neverAcknowledged: false });
  expect(readPair(torn, empty)).toMatchObject({ kind: 'unreadable', neverAcknowledged: true });
  expect(readPair(empty, torn)).toMatchObject({ kind: 'unreadable', neverAcknowledged: true });
  expect(readPair(empty, empty)).toEqual({ kind: 'empty' });
});

test('an owner may start over after its first write was torn, and only then', () => {
  expect(nextWrite(readPair(torn, empty), 0)).toEqual({ half: 0, writeSeq: 1 });
  expect(nextWrite(readPair(torn, empty), 1)).toBeNull();
  expect(nextWrite(readPair(torn, torn), 0)).toBeNull();
});

test('a newer half hides the whole pair', () => {
  expect(readPair(record(3), newer)).toEqual({ kind: 'newer', version: 9 });
  expect(nextWrite(readPair(newer, record(3)), 0)).toBeNull();
});

test('the number of a write grows over what memory says, even after a roll-back', () => {
  expect(nextWrite(readPair(record(4), empty), 9)).toEqual({ half: 1, writeSeq: 10 });
});
