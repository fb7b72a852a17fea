import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { MUTANTS } from './catalogue.ts';
import type { Kill, Trial } from './hunt.ts';
import { hunt, huntByUnits, wholeHunt } from './hunter.ts';
import type { Mutant } from './mutant.ts';

/** What killed each mutant last time: tried first. Without an entry, or when it kills no more, everything is tried. */
export type Hints = Readonly<Record<string, string>>;

const UNITS = 'units';
/** Each hunt is a process of its own that takes a processor for itself. */
const MOST_JOBS = 8;

export interface Killed {
  readonly mutant: Mutant;
  readonly kill: Kill | null;
  readonly hinted: boolean;
  readonly seconds: number;
}

export function readHints(): Hints {
  return JSON.parse(readFileSync(new URL('hints.json', import.meta.url), 'utf8')) as Hints;
}

/** Hunts every mutant; true when all are killed, and the code as it is passes all that killed one. */
export async function runMutants(
  out: (text: string) => void,
  hints: Hints = readHints(),
  mutants: readonly Mutant[] = MUTANTS,
): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-mutants-'));
  const beganMs = performance.now();
  try {
    const done = await huntAll(mutants, hints, folder, out);
    const innocent = await huntInnocent(done, folder);
    const survivors = done.filter(({ kill }) => kill === null);
    const seconds = ((performance.now() - beganMs) / 1000).toFixed(0);
    out(`${done.length - survivors.length} of ${done.length} mutants killed, ${seconds} s\n`);
    for (const { mutant } of survivors) {
      out(`SURVIVES ${mutant.id} (rule ${mutant.rule}): ${mutant.what}\n`);
    }
    if (innocent !== null) {
      out(`The code as it is fails too, so that this kills nobody: ${innocent.by}: ${innocent.detail}\n`);
    }
    return survivors.length === 0 && innocent === null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whatever has killed a mutant must find nothing in the code as it is. */
async function huntInnocent(done: readonly Killed[], folder: string): Promise<Kill | null> {
  const trials = new Set(done.flatMap(({ kill }) => (kill === null ? [] : trialOf(kill))));
  const byUnits = done.filter(({ kill }) => kill?.by === UNITS);
  const units = new Set(byUnits.flatMap(({ mutant }) => mutant.units ?? []));
  return (
    (await hunt(null, [...trials], folder)) ??
    (units.size === 0 ? null : await huntByUnits(null, [...units], folder))
  );
}

function trialOf({ by }: Kill): readonly Trial[] {
  return /^(scenario|search|seed) /u.test(by) ? [by] : [];
}

async function huntAll(
  mutants: readonly Mutant[],
  hints: Hints,
  folder: string,
  out: (text: string) => void,
): Promise<readonly Killed[]> {
  const waiting = [...mutants];
  const done: Killed[] = [];
  const worker = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const killed = await huntOne(mutant, hints[mutant.id] ?? null, folder);
      done.push(killed);
      out(`${describeKill(killed)}\n`);
    }
  };
  const jobs = Math.min(availableParallelism(), MOST_JOBS);
  await Promise.all(Array.from({ length: jobs }, worker));
  return done;
}

async function huntOne(mutant: Mutant, hint: string | null, folder: string): Promise<Killed> {
  const beganMs = performance.now();
  const ended = (kill: Kill | null, hinted: boolean): Killed => ({
    mutant,
    kill,
    hinted,
    seconds: (performance.now() - beganMs) / 1000,
  });
  if (hint !== null) {
    const kill =
      hint === UNITS
        ? await huntByUnits(mutant, mutant.units ?? [], folder)
        : await hunt(mutant, [hint], folder);
    if (kill !== null) {
      return ended(kill, true);
    }
  }
  const kill = isInWorld(mutant) ? await hunt(mutant, wholeHunt(), folder) : null;
  return ended(
    kill ?? (mutant.units === undefined ? null : await huntByUnits(mutant, mutant.units, folder)),
    false,
  );
}

/** The shells, the watchdog's device and the installer are not part of the simulated world. */
function isInWorld(mutant: Mutant): boolean {
  return mutant.file.startsWith('agent/core/');
}

export function describeKill({ mutant, kill, hinted, seconds }: Killed): string {
  const took = `${seconds.toFixed(1)} s${hinted ? '' : ', all tried'}`;
  const end = kill === null ? 'NOTHING NOTICES' : `${kill.by}: ${kill.detail}`;
  return `rule ${mutant.rule} ${mutant.id} (${took}): ${end}`;
}
