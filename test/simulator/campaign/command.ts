import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Options, SEEDS } from '../options.ts';
import { scenarioText } from '../scenario/parseScenario.ts';
import type { Terminal } from '../terminal.ts';
import { runCampaign } from './campaign.ts';
import { coverageText, measureCoverage } from './coverage.ts';
import { type GenerateOptions, generate } from './generate.ts';
import { firstFailure, runSeed } from './runSeed.ts';
import { shrink } from './shrink.ts';
import { progressText, summaryText } from './summary.ts';
import { count, emptyTally, type WorldFailure } from './tally.ts';

/** Of each kind of failure the first is made small; more of one kind are seldom another fault. */
const MOST_SHRUNK = 3;
/** Between two lines of progress, where a line can be written over and where not. */
const LIVELY_EVERY_MS = 500;
const PLAIN_EVERY_MS = 30_000;

/** Runs a campaign and tells of it. True when no world failed. */
export async function campaign(
  options: Extract<Options, { kind: 'campaign' }>,
  { out, error, lively }: Terminal,
): Promise<boolean> {
  out(`campaign of ${options.worlds} worlds from seed ${options.seed} on\n`);
  if (options.coverage) return coverageCampaign(options, out);
  let toldMs = 0;
  let toldFailures = 0;
  const result = await runCampaign({ ...options, options }, (tally, elapsedMs) => {
    for (const { seed, invariant, detail } of tally.failures.slice(toldFailures)) {
      error(`${lively ? '\r\x1b[K' : ''}violation of ${invariant} in the world of seed ${seed}: ${detail}\n`);
    }
    toldFailures = tally.failures.length;
    if (elapsedMs - toldMs < (lively ? LIVELY_EVERY_MS : PLAIN_EVERY_MS)) return;
    toldMs = elapsedMs;
    const text = progressText(tally, options.worlds, elapsedMs);
    error(lively ? `\r\x1b[K${text}` : `${text}\n`);
  });
  if (lively) error('\r\x1b[K');
  out(summaryText(result));
  tellFailures(result.tally.failures, options, out);
  return result.tally.failedWorlds === 0;
}

/** In this process and slower than without: V8 counts every block that runs. */
async function coverageCampaign(
  options: Extract<Options, { kind: 'campaign' }>,
  out: (text: string) => void,
): Promise<boolean> {
  const tally = emptyTally();
  const cover = (key: string): void => count(tally.covered, key);
  const files = await measureCoverage(() => {
    for (let index = 0; index < options.worlds; index += 1) {
      runSeed((options.seed + index) % SEEDS, options, tally, { cover });
    }
  });
  out(coverageText(files, tally.covered));
  tellFailures(tally.failures, options, out);
  return tally.failedWorlds === 0;
}

function tellFailures(
  failures: readonly WorldFailure[],
  options: GenerateOptions & { readonly out: string },
  out: (text: string) => void,
): void {
  const shrunk = new Set<string>();
  for (const failure of failures) {
    const fixed = [
      options.hosts === null ? '' : ` --hosts ${options.hosts}`,
      options.minutes === null ? '' : ` --minutes ${options.minutes}`,
    ].join('');
    out(`\nVIOLATION ${failure.invariant} in the world of seed ${failure.seed}: ${failure.detail}\n`);
    out(`  again: npm run simulate -- --campaign 1 --seed ${failure.seed}${fixed}\n`);
    if (shrunk.has(failure.invariant) || shrunk.size >= MOST_SHRUNK) continue;
    shrunk.add(failure.invariant);
    writeShrunk(failure, options, out);
  }
}

function writeShrunk(
  { seed, invariant, at }: WorldFailure,
  options: GenerateOptions & { readonly out: string },
  out: (text: string) => void,
): void {
  const stillFails = (candidate: ReturnType<typeof generate>): boolean =>
    firstFailure(candidate, seed)?.invariant === invariant;
  const first = generate(seed, options);
  if (!stillFails(first)) {
    out('  it does not fail when it is run again in this process: the run depends on more than its seed\n');
    return;
  }
  const { scenario, tries } = shrink(first, at, stillFails);
  const path = join(options.out, `${invariant}-${seed}.json`);
  mkdirSync(options.out, { recursive: true });
  writeFileSync(path, scenarioText({ ...scenario, name: `${invariant}, made small from seed ${seed}` }));
  const sizes = `${first.steps.length} steps, ${first.vms.length} VMs, ${first.hosts.length} hosts`;
  const now = `${scenario.steps.length}, ${scenario.vms.length}, ${scenario.hosts.length}`;
  out(
    `  made small in ${tries} tries (${sizes} -> ${now}): npm run simulate -- ${path} --seed ${seed} --trace\n`,
  );
}
