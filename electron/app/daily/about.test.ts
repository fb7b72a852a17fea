import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { about } from './about.ts';

test('the libraries named are those that are shipped, in their versions', () => {
  const root = join(import.meta.dirname, '../../..');
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const named = about('1', '1').parts.map(({ name, version }) => [name, version]);
  expect(Object.fromEntries(named)).toEqual(dependencies);
});
