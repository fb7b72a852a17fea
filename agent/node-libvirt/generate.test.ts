import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { codecText, proceduresText, readFacts } from './generate.ts';

const committed = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

test('the generated modules are those that the facts give', () => {
  const facts = readFacts();
  expect(committed('codec.generated.ts')).toBe(codecText(facts));
  expect(committed('procedures.generated.ts')).toBe(proceduresText(facts));
});

test('a type that is named but not described is an error that names it', () => {
  const facts = readFacts();
  const broken = { ...facts, types: { ...facts.types } };
  Reflect.deleteProperty(broken.types, 'remote_domain');
  expect(() => codecText(broken)).toThrow('remote_domain');
});
