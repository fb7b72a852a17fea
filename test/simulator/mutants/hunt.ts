import { CHECKS } from '../exhaustive/models.ts';
import { firstFailure } from '../campaign/runSeed.ts';
import { generate } from '../campaign/generate.ts';
import { judge } from '../scenario/judge.ts';
import { readScenarioFile } from '../scenario/scenarioFiles.ts';
import { runWorld } from '../world/runWorld.ts';

/**
 * Runs in a process of its own, bundled with one mutant: goes through what it is told to try, in order, and ends at the
 * first broken invariant. Prints one line of JSON.
 */

/** `scenario PATH`, `search ID STATES`, `seed N` or `seeds FROM TO`. */
export type Trial = string;

export interface Kill {
  readonly by: string;
  readonly detail: string;
  /** Nothing unsafe was done: something went otherwise than a scenario expects, or a VM did not come back. */
  readonly isWeak?: boolean;
}

const CAMPAIGN = { hosts: null, minutes: null };

function attempt(trial: Trial): Kill | null {
  const [kind = '', first = '', second = ''] = trial.split(' ');
  switch (kind) {
    case 'scenario':
      return scenarioFails(first);
    case 'search':
      return searchFails(first, Number(second));
    case 'seed':
      return seedsFail(Number(first), Number(first));
    default:
      return seedsFail(Number(first), Number(second));
  }
}

function scenarioFails(path: string): Kill | null {
  const scenario = readScenarioFile(path);
  const by = `scenario ${path}`;
  let verdict: ReturnType<typeof judge>;
  try {
    verdict = judge(scenario, runWorld(scenario, 1));
  } catch (error) {
    return { by, detail: `threw ${String(error).slice(0, 200)}` };
  }
  const [violation] = verdict.violations;
  if (violation !== undefined) {
    const isWeak = violation.invariant === 'live';
    return { by, detail: `${violation.invariant} ${violation.detail}`, isWeak };
  }
  const [missed] = verdict.failedExpectations;
  return missed === undefined ? null : { by, detail: `not as expected: ${missed.saw}`, isWeak: true };
}

function searchFails(id: string, maxStates: number): Kill | null {
  const found = CHECKS.find((check) => check.id === id)?.run(maxStates);
  const what = found?.violation?.what;
  return what === undefined ? null : { by: `search ${id} ${maxStates}`, detail: what };
}

function seedsFail(from: number, to: number): Kill | null {
  for (let seed = from; seed <= to; seed += 1) {
    const failure = firstFailure(generate(seed, CAMPAIGN), seed);
    if (failure !== null) {
      const isWeak = failure.invariant === 'live';
      return { by: `seed ${seed}`, detail: `${failure.invariant} ${failure.detail}`, isWeak };
    }
  }
  return null;
}

/** Processor time after which a hunt gives up, in seconds: a mutant that lives this long counts as a survivor. */
const MAX_BUSY_S = 60;
const MICROS = 1e6;

/** A broken invariant if there is any, else the first thing that is not as expected. */
function hunt(trials: readonly Trial[]): Kill | null {
  let weak: Kill | null = null;
  for (const trial of trials) {
    const kill = attempt(trial);
    if (kill !== null && kill.isWeak !== true) {
      return kill;
    }
    weak ??= kill;
    if (process.cpuUsage().user / MICROS > MAX_BUSY_S) {
      break;
    }
  }
  return weak;
}

process.stdout.write(`${JSON.stringify(hunt(JSON.parse(process.argv[2] ?? '[]') as Trial[]))}\n`);
