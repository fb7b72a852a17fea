import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { root } from './bundle.ts';
import { MUTANTS } from './catalogue.ts';
import type { Kill, Trial } from './hunt.ts';
import { hunt, wholeHunt } from './hunter.ts';
import type { Mutant } from './mutant.ts';
import { huntByUnits } from './units.ts';

/** What killed each mutant last time: tried first. Without an entry, or when it kills no more, everything is tried. */
export type Hints = Readonly<Record<string, string>>;

const UNITS = 'units';
/** Each hunt is a process of its own that takes a processor for itself. */
const MOST_JOBS = 8;

export interface Killed {
  readonly mutant: Mutant;
  readonly kill: Kill | null;
  readonly hinted: boolean;
  /** Null: in one run with others. */
  readonly seconds: number | null;
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
  // Below the project: the copies of test files find vitest from there.
  mkdirSync(join(root, 'out'), { recursive: true });
  const folder = mkdtempSync(join(root, 'out', 'mutants-'));
  const beganMs = performance.now();
  try {
    const units = await huntByUnits(
      mutants.filter(({ id }) => hints[id] === UNITS),
      folder,
    );
    const done = mutants.flatMap((mutant): Killed[] => {
      const kill = units.kills.get(mutant.id);
      return kill === undefined ? [] : [{ mutant, kill, hinted: true, seconds: null }];
    });
    for (const killed of done) out(`${describeKill(killed)}\n`);
    const left = mutants.filter(({ id }) => !units.kills.has(id));
    done.push(...(await huntAll(left, hints, folder, out)));
    const trials = new Set(done.flatMap(({ kill }) => (kill === null ? [] : trialOf(kill))));
    const innocent = units.innocent ?? (await hunt(null, [...trials], folder));
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
  const wasHunted = hint === UNITS;
  if (hint !== null && !wasHunted) {
    const kill = await hunt(mutant, [hint], folder);
    if (kill !== null) return ended(kill, true);
  }
  const kill = isInWorld(mutant) ? await hunt(mutant, wholeHunt(), folder) : null;
  if (kill !== null || wasHunted || mutant.units === undefined) return ended(kill, false);
  const { kills, innocent } = await huntByUnits([mutant], join(folder, `alone-${mutant.id}`));
  return ended(innocent === null ? (kills.get(mutant.id) ?? null) : null, false);
}

/** The shells, the watchdog's device and the installer are not part of the simulated world. */
function isInWorld(mutant: Mutant): boolean {
  return mutant.file.startsWith('agent/core/');
}

export function describeKill({ mutant, kill, hinted, seconds }: Killed): string {
  const took = seconds === null ? 'with others' : `${seconds.toFixed(1)} s${hinted ? '' : ', all tried'}`;
  const end = kill === null ? 'NOTHING NOTICES' : `${kill.by}: ${kill.detail}`;
  return `rule ${mutant.rule} ${mutant.id} (${took}): ${end}`;
}
