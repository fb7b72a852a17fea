import { expect, test } from 'vitest';
import { sampleStatus } from '../control/testing/sampleStatus.ts';
import { Status } from './control.ts';
import { readTolerantly } from './tolerant.ts';

test('fields that a newer agent says more are left out, at every depth', () => {
  const newer = structuredClone(sampleStatus) as unknown as {
    moon: string;
    self: { mood: string };
    hosts: { age: number }[];
  };
  newer.moon = 'full';
  newer.self.mood = 'good';
  for (const host of newer.hosts) host.age = 3;
  const read = readTolerantly(Status, newer);
  expect(read.success && read.data).toEqual(sampleStatus);
  expect(newer.moon).toBe('full');
});

test('an agent of the version before, which lacks what is new, is understood', () => {
  const { pauses: _, ...older } = { ...sampleStatus, controlVersion: 1 };
  expect(readTolerantly(Status, older).success).toBe(true);
});

test.each<[string, unknown]>([
  ['a field of another type', { ...sampleStatus, nowMs: 'now', more: 1 }],
  ['a missing field', { ...sampleStatus, hosts: undefined }],
  ['no object', 7],
  ['nothing', null],
])('%s is refused as ever', (_what, value) => {
  expect(readTolerantly(Status, value).success).toBe(false);
});

test('names of the language’s own are no way out', () => {
  const value: unknown = JSON.parse(
    JSON.stringify(sampleStatus).replace('{', '{"__proto__":{"polluted":true},"constructor":1,'),
  );
  expect(readTolerantly(Status, value).success).toBe(true);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});
