import { expect, test } from 'vitest';
import { scenarioFiles } from './scenarioFiles.ts';

const files = scenarioFiles();
/** docs/simulator.md: the sourced complaints about the field's products that this project started from. */
const FIELD_FAILURES = 30;

test('there are at least 60 scenarios, each with a sentence on what it is for', () => {
  expect(files.length).toBeGreaterThanOrEqual(60);
  expect(files.filter(({ scenario }) => scenario.for === undefined).map(({ name }) => name)).toEqual([]);
});

test('every one of the thirty field failures has a scenario', () => {
  const numbers = files.flatMap(({ scenario }) =>
    [...(scenario.for ?? '').matchAll(/Field failures? ([\d, and]+)/gu)].flatMap(([, list]) =>
      (list?.match(/\d+/gu) ?? []).map(Number),
    ),
  );
  const all = Array.from({ length: FIELD_FAILURES }, (_, index) => index + 1);
  expect(all.filter((number) => !numbers.includes(number))).toEqual([]);
});

test('a file that is not there, or is no file, is refused by its name', () => {
  expect(() => scenarioFiles(['no-such.json'])).toThrow('no-such.json: there is no such file');
  expect(() => scenarioFiles(['/'])).toThrow('/: not a file');
});
