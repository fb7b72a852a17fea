import { expect, test } from 'vitest';
import { readOptions, UsageError } from './options.ts';

test('a scenario file, with what goes with it', () => {
  expect(readOptions(['f.json'])).toEqual({ kind: 'file', file: 'f.json', seed: 1, trace: false });
  expect(readOptions(['--seed', '7', 'f.json', '--trace'])).toMatchObject({ seed: 7, trace: true });
});

test('a campaign has a new seed unless one is named', () => {
  expect(
    readOptions(['--campaign', '10', '--seed', '3', '--hosts', '3', '--minutes', '2', '--jobs', '2']),
  ).toEqual({
    kind: 'campaign',
    worlds: 10,
    seed: 3,
    hosts: 3,
    minutes: 2,
    jobs: 2,
    out: 'out/simulator',
    coverage: false,
  });
  const seeds = [1, 2, 3, 4].map(() => readOptions(['--campaign', '1']));
  expect(new Set(seeds.map((one) => (one.kind === 'campaign' ? one.seed : 0))).size).toBeGreaterThan(1);
});

test.each([
  [[], 'Name a scenario file, or say what to run.'],
  [['--campain', '5'], "Unknown option '--campain'"],
  [['--campaign', 'many'], '--campaign wants a whole number from 1 to 1000000000, not "many".'],
  [['--campaign', '0'], '--campaign wants a whole number from 1'],
  [['--campaign', '5', '--hosts', '5'], '--hosts wants a whole number from 2 to 4, not "5".'],
  [['--campaign', '5', '--jobs', '1.5'], '--jobs wants a whole number from 1 to 64, not "1.5".'],
  [['f.json', '--seed', '-1'], "Option '--seed' argument is ambiguous"],
  [['f.json', '--seed', '99999999999'], '--seed wants a whole number'],
  [['f.json', 'g.json'], 'One scenario at a time, not also "g.json"'],
  [['f.json', '--jobs', '2'], 'A scenario file does not go with --jobs. Known: --seed, --trace.'],
  [['--campaign', '5', '--trace'], '--campaign does not go with --trace. Known: --seed, --hosts'],
  [['--campaign', '5', 'f.json'], '--campaign does not take "f.json".'],
  [['--exhaustive', '--mutants'], '--exhaustive and --mutants do not go together.'],
  [['--mutants', '--seed', '2'], '--mutants does not go with --seed.'],
])('wrong usage %j is refused with what to change', (argv, told) => {
  expect(() => readOptions(argv)).toThrow(UsageError);
  expect(() => readOptions(argv)).toThrow(told);
});
