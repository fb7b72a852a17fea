import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { SCENARIO_SEED } from '../options.ts';
import { runWorld } from '../world/runWorld.ts';
import { diffLines } from './diffLines.ts';
import { judge, type Verdict } from './judge.ts';
import type { ScenarioFile } from './scenarioFiles.ts';
import type { Scenario } from './scenario.ts';
import { traceLine } from './traceLine.ts';

/**
 * Runs scenarios, each twice, and compares what happened with the golden logs, or writes them anew. True when every
 * verdict is good, every log is as it was, and both runs were the same.
 */
export function checkScenarios(
  files: readonly ScenarioFile[],
  rewrite: boolean,
  out: (text: string) => void,
): boolean {
  let failed = 0;
  for (const file of files) {
    const wrong = checkScenario(file, rewrite);
    if (wrong.length > 0) failed += 1;
    out(`${wrong.length === 0 ? 'ok    ' : 'FAILED'} ${file.name}\n`);
    for (const text of wrong) out(text.replace(/^/gmu, '       ').trimEnd().concat('\n'));
  }
  out(`${files.length} scenarios, ${failed} failed\n`);
  return failed === 0;
}

/** What is wrong with one scenario's run; nothing when all is as it should be. */
export function checkScenario(
  { name, scenario, goldenPath }: ScenarioFile,
  rewrite = false,
): readonly string[] {
  const first = runWithLog(scenario);
  const wrong: string[] = [];
  if (runWithLog(scenario).log !== first.log) wrong.push('the same seed gave two different runs');
  if (!first.verdict.ok) {
    const { violations, failedExpectations } = first.verdict;
    wrong.push(...violations.map(({ invariant, at, detail }) => `${invariant} at ${at} s: ${detail}`));
    wrong.push(
      ...failedExpectations.map(({ expected, saw }) => `expected ${JSON.stringify(expected)}, but ${saw}`),
    );
  }
  if (rewrite) {
    writeFileSync(goldenPath, first.log);
  } else if (!existsSync(goldenPath)) {
    wrong.push(`there is no golden log ${name}.log: --rewrite writes it`);
  } else {
    const difference = diffLines(readFileSync(goldenPath, 'utf8'), first.log);
    if (difference !== '') wrong.push(`not as in ${name}.log (- golden, + now):\n${difference}`);
  }
  return wrong;
}

function runWithLog(scenario: Scenario): { readonly verdict: Verdict; readonly log: string } {
  const lines: string[] = [`# ${scenario.name}\n`];
  if (scenario.for !== undefined) lines.push(`# ${scenario.for}\n`);
  const trace = (atMs: number, line: string): void => void lines.push(traceLine(atMs, line));
  const verdict = judge(scenario, runWorld(scenario, SCENARIO_SEED, { trace }));
  lines.push(...endLines(verdict));
  return { verdict, log: lines.join('') };
}

function endLines({ vms, resets, endedAt }: Verdict): readonly string[] {
  const where = Object.entries(vms).map(
    ([name, { host, downtime }]) =>
      `${name} ${host === null ? 'does not run' : `runs on ${host}`}, was down ${downtime} s`,
  );
  const counts = Object.entries(resets).map(([host, count]) => `${host} ${count}`);
  return [...where, `resets: ${counts.join(', ')}`].map((line) => traceLine(endedAt * 1000, `end: ${line}`));
}
