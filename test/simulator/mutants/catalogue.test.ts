import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from './bundle.ts';
import { MUTANTS } from './catalogue.ts';
import { applyMutant } from './mutant.ts';

const RULES = 24;
const LEAST_MUTANTS = 40;

describe('every mutant still fits the code', () => {
  test.each(MUTANTS.map((mutant) => [mutant.id, mutant] as const))('%s', (_, mutant) => {
    const text = readFileSync(join(root, mutant.file), 'utf8');
    expect(applyMutant(mutant, text)).not.toBe(text);
    expect((mutant.units ?? []).filter((unit) => !existsSync(join(root, unit)))).toEqual([]);
  });
});

test('every rule has a mutant, and no two share a name', () => {
  expect(new Set(MUTANTS.map((mutant) => mutant.rule)).size).toBe(RULES);
  expect(new Set(MUTANTS.map((mutant) => mutant.id)).size).toBe(MUTANTS.length);
  expect(MUTANTS.length).toBeGreaterThanOrEqual(LEAST_MUTANTS);
});

test('a mutant whose text has gone, or stands there twice, is refused by name', () => {
  const mutant = { id: 'm', rule: 1, what: '', file: 'f.ts', find: 'a', replace: 'b' };
  expect(() => applyMutant(mutant, 'ccc')).toThrow('m: its text stands 0 times in f.ts, not once');
  expect(() => applyMutant(mutant, 'aa')).toThrow('m: its text stands 2 times in f.ts, not once');
});
