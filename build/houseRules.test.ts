import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './command.ts';

const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const sources = tracked.filter((path) => /\.(ts|tsx|c|mjs)$/.test(path) && !path.endsWith('.generated.ts'));

test('no source file is longer than 300 lines', () => {
  const long = sources
    .map((path) => `${path} ${read(path).split('\n').length - 1}`)
    .filter((line) => Number(line.split(' ')[1]) > 300);
  expect(long).toEqual([]);
});

test('no unfinished or silenced work is committed', () => {
  const marks = new RegExp(
    [
      'TO' + 'DO',
      'FIX' + 'ME',
      'XX' + 'X',
      'HA' + 'CK',
      '@ts-' + '(ignore|expect-error|nocheck)',
      '(ox|es)lint-' + 'disable',
      '\\.(skip|only)\\(',
    ].join('|'),
  );
  const found = sources.flatMap((path) =>
    read(path)
      .split('\n')
      .flatMap((line, at) => (marks.test(line) ? [`${path}:${at + 1}`] : [])),
  );
  expect(found).toEqual([]);
});

test('every dependency has its line in docs/dependencies.md, and every line its dependency', () => {
  const manifest = JSON.parse(read('package.json')) as Record<
    'dependencies' | 'devDependencies' | 'optionalDependencies',
    Record<string, string>
  >;
  const declared = [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies].flatMap(
    (group) => Object.keys(group),
  );
  const documented = [...read('docs/dependencies.md').matchAll(/^\| `([^`]+)`\s*\|/gm)].map(
    (match) => match[1] ?? '',
  );
  expect(documented.toSorted()).toEqual(declared.toSorted());
});

test('every dependency is pinned to an exact version', () => {
  const manifest = JSON.parse(read('package.json')) as Record<
    'dependencies' | 'devDependencies' | 'optionalDependencies',
    Record<string, string>
  >;
  const loose = [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies]
    .flatMap((group) => Object.entries(group))
    .filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));
  expect(loose).toEqual([]);
});

test('ssh2 is imported only where host keys are pinned', () => {
  const importers = sources.filter(
    (path) =>
      /from 'ssh2'/.test(read(path)) &&
      !path.startsWith('electron/backend/ssh/') &&
      !path.endsWith('.test.ts'),
  );
  expect(importers).toEqual([]);
});

test('links between documents lead somewhere', () => {
  const broken = tracked
    .filter((path) => path.endsWith('.md'))
    .flatMap((path) =>
      [...read(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)]
        .map((match) => join(path, '..', match[1] ?? ''))
        .filter(
          (target) =>
            !tracked.some((known) => known === target || known.startsWith(`${target.replace(/\/$/, '')}/`)),
        )
        .map((target) => `${path} -> ${target}`),
    );
  expect(broken).toEqual([]);
});
