import { execFile } from 'node:child_process';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundleHunt, root } from './bundle.ts';
import type { Kill, Trial } from './hunt.ts';
import type { Mutant } from './mutant.ts';

/** One process with one mutant in it. It ends itself long before, but for a mutant that loops for ever. */
const HUNT_DEADLINE_MS = 600_000;
const UNITS_DEADLINE_MS = 120_000;
const MAX_OUTPUT_BYTES = 4_000_000;

/** Small searches that end soon: of the large ones the first states. */
const SEARCHES: readonly Trial[] = [
  'search standing 100000',
  'search paxos-2 60000',
  'search paxos-damage 60000',
  'search generations 3000',
  'search core-points 6000',
  'search hold 3000',
];
/** Two faults at once: it takes half a minute. */
const PAIRS: Trial = 'search core-pairs 60000';
/** Worlds of the campaign, from seed 1 on, some at a time. */
const SEEDS = 240;
const SEEDS_AT_ONCE = 10;

/** All that a mutant without a hint is put through. */
export function wholeHunt(): readonly Trial[] {
  const scenarios = readdirSync(join(root, 'test/scenarios'))
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => `scenario test/scenarios/${name}`);
  const seeds = Array.from(
    { length: SEEDS / SEEDS_AT_ONCE },
    (_, index) => `seeds ${index * SEEDS_AT_ONCE + 1} ${(index + 1) * SEEDS_AT_ONCE}`,
  );
  return [...SEARCHES, ...scenarios, ...seeds, PAIRS];
}

/** Tries these on a mutant, or on the code as it is; null when nothing goes wrong. */
export async function hunt(
  mutant: Mutant | null,
  trials: readonly Trial[],
  folder: string,
): Promise<Kill | null> {
  const outfile = join(folder, `${mutant?.id ?? 'nothing'}.mjs`);
  await bundleHunt(mutant, outfile);
  try {
    const { stdout, ended } = await run([outfile, JSON.stringify(trials)], {}, HUNT_DEADLINE_MS);
    return ended ? (JSON.parse(stdout) as Kill | null) : { by: 'deadline', detail: 'it loops for ever' };
  } finally {
    rmSync(outfile, { force: true });
  }
}

/** Runs test files on a mutant, or on the code as it is; null when all of them pass. */
export async function huntByUnits(
  mutant: Mutant | null,
  units: readonly string[],
  folder: string,
): Promise<Kill | null> {
  const config = join(root, 'test/simulator/mutants/units.config.ts');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const outputFile = join(folder, `${mutant?.id ?? 'nothing'}.json`);
  const args = [vitest, 'run', '--config', config, '--reporter', 'json', '--outputFile', outputFile];
  const environment = { UNDERSTUDY_MUTANT: mutant?.id ?? '', UNDERSTUDY_UNITS: units.join() };
  const { ended } = await run(args, environment, UNITS_DEADLINE_MS);
  if (!ended) {
    return { by: 'units', detail: 'they never come to an end' };
  }
  const report = JSON.parse(readFileSync(outputFile, 'utf8')) as VitestReport;
  const failed = report.testResults.flatMap((file) =>
    file.assertionResults.filter((one) => one.status === 'failed').map((one) => one.fullName),
  );
  const more = failed.length > 1 ? ` (and ${failed.length - 1} more)` : '';
  return failed.length === 0 ? null : { by: 'units', detail: `${failed[0]}${more}` };
}

/** What is used of vitest's JSON report. */
interface VitestReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

function run(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  timeout: number,
): Promise<{ readonly stdout: string; readonly ended: boolean }> {
  const options = {
    cwd: root,
    timeout,
    killSignal: 'SIGKILL',
    maxBuffer: MAX_OUTPUT_BYTES,
    env: { ...process.env, ...environment },
  } as const;
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      const ended = error?.killed !== true;
      if (ended && stdout.trim() === '') {
        reject(new Error(`the hunt printed nothing: ${stderr.slice(0, 2000)}`));
      } else {
        resolve({ stdout, ended });
      }
    });
  });
}
