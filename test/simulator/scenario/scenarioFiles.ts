import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MAX_SCENARIO_BYTES, parseScenario, ScenarioError } from './parseScenario.ts';
import type { Scenario } from './scenario.ts';

const folder = fileURLToPath(new URL('../../scenarios', import.meta.url));

export interface ScenarioFile {
  readonly name: string;
  readonly scenario: Scenario;
  /** The golden log beside it; there may be none yet. */
  readonly goldenPath: string;
}

/** The scenarios of test/scenarios in the order of their names, or the files that are named. */
export function scenarioFiles(named: readonly string[] = []): readonly ScenarioFile[] {
  const paths =
    named.length > 0
      ? named.map(findFile)
      : readdirSync(folder)
          .filter((name) => name.endsWith('.json'))
          .toSorted()
          .map((name) => join(folder, name));
  return paths.map((path) => ({
    name: basename(path, '.json'),
    scenario: readScenarioFile(path),
    goldenPath: path.replace(/\.json$/u, '.log'),
  }));
}

/** Throws a `ScenarioError` also for a file that is not there, is no file, or is too large to be looked at. */
export function readScenarioFile(name: string): Scenario {
  const path = findFile(name);
  const refuse = (text: string): never => {
    throw new ScenarioError(name, [{ path: [], text }], null);
  };
  const facts = existsSync(path) ? statSync(path) : refuse('there is no such file');
  if (!facts.isFile()) return refuse('not a file');
  if (facts.size > MAX_SCENARIO_BYTES) return refuse(`larger than ${MAX_SCENARIO_BYTES} bytes`);
  return parseScenario(readFileSync(path, 'utf8'), name);
}

/** npm runs its scripts in the project's root: a name means first what it means where the user typed it. */
function findFile(name: string): string {
  const typedIn = process.env['INIT_CWD'];
  const there = typedIn === undefined ? name : resolve(typedIn, name);
  return existsSync(there) ? there : resolve(name);
}
