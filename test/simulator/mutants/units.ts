import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { bundleUnit, root } from './bundle.ts';
import type { Kill } from './hunt.ts';
import type { Mutant } from './mutant.ts';
import { runNode } from './runNode.ts';

/** Hunts by unit tests: of every mutant its own copies of the test files, all in one run of vitest. */

/** A mutant may make a test loop for ever; all of them together take half a minute. */
const TOGETHER_DEADLINE_MS = 300_000;
const ALONE_DEADLINE_MS = 60_000;
/** Stands in the place of a mutant for the code as it is. */
const INNOCENT = 'the code as it is';

export interface UnitHunt {
  /** By the mutant's id. */
  readonly kills: ReadonlyMap<string, Kill>;
  /** What the code as it is fails; then the tests kill nobody. */
  readonly innocent: Kill | null;
}

/** Runs the mutants' unit tests on them, and on the code as it is. */
export async function huntByUnits(mutants: readonly Mutant[], folder: string): Promise<UnitHunt> {
  const copies = mutants.flatMap((mutant) => (mutant.units ?? []).map((unit) => ({ mutant, unit })));
  const units = [...new Set(copies.map(({ unit }) => unit))];
  const place = (id: string, unit: string): string => join(folder, id, `${basename(unit, '.ts')}.mjs`);
  await Promise.all([
    ...copies.map(({ mutant, unit }) => bundleUnit(mutant, unit, place(mutant.id, unit))),
    ...units.map((unit) => bundleUnit(null, unit, place(INNOCENT, unit))),
  ]);
  const ids = [...mutants.map(({ id }) => id), INNOCENT];
  const kills = (await runTogether(folder)) ?? (await runAlone(folder, ids));
  const innocent = kills.get(INNOCENT) ?? null;
  kills.delete(INNOCENT);
  return { kills, innocent };
}

/** Null: some test never came to its end. */
async function runTogether(folder: string): Promise<Map<string, Kill> | null> {
  return (await runVitest(folder, TOGETHER_DEADLINE_MS)) === null ? null : readReport(folder);
}

async function runAlone(folder: string, ids: readonly string[]): Promise<Map<string, Kill>> {
  const kills = new Map<string, Kill>();
  for (const id of ids) {
    const place = join(folder, id);
    if ((await runVitest(place, ALONE_DEADLINE_MS)) === null) {
      kills.set(id, { by: 'units', detail: 'they never come to an end' });
      continue;
    }
    for (const kill of readReport(place).values()) kills.set(id, kill);
  }
  return kills;
}

const reportOf = (folder: string): string => join(folder, 'report.json');

function runVitest(folder: string, deadlineMs: number): Promise<string | null> {
  const config = join(root, 'test/simulator/mutants/units.config.ts');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const report = ['--reporter', 'json', '--outputFile', reportOf(folder)];
  return runNode([vitest, 'run', '--config', config, ...report], { UNDERSTUDY_UNITS: folder }, deadlineMs);
}

/** What is used of vitest's JSON report. */
interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** By the name of the folder that a test file lies in: the first test that failed. */
function readReport(folder: string): Map<string, Kill> {
  const { testResults } = JSON.parse(readFileSync(reportOf(folder), 'utf8')) as VitestReport;
  const kills = new Map<string, Kill>();
  for (const file of testResults) {
    const failed = file.assertionResults.filter((one) => one.status === 'failed');
    const broken = file.assertionResults.length === 0 ? file.message : null;
    const detail = failed[0]?.fullName ?? broken;
    const id = basename(dirname(file.name));
    if (detail === null || kills.has(id)) continue;
    const more = failed.length > 1 ? ` (and ${failed.length - 1} more)` : '';
    kills.set(id, { by: 'units', detail: `${detail}${more}` });
  }
  return kills;
}
