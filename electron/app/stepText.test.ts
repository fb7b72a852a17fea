import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { stepText } from './stepText.ts';

/** The names of all steps, as the engine's types list them. */
function steps(): readonly string[] {
  const source = readFileSync(new URL('../../agent/core/engine/activity.ts', import.meta.url), 'utf8');
  const unions = [...source.matchAll(/(?:type \w+Step =|Step<)([^;>]+)[;>]/g)].map(([, union = '']) => union);
  return [...unions.join('|').matchAll(/'(\w+)'/g)].map(([, name = '']) => name);
}

test('every step that the engine can name has a sentence for people', () => {
  const names = steps();
  expect(names).toContain('awaitTaker');
  const bare = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
  expect(names.filter((name) => stepText(name) === bare(name))).toEqual([]);
});

test('a step of a newer agent is shown as it came', () => {
  expect(stepText('teleport')).toBe('Teleport');
});
