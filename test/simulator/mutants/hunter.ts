import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundleHunt, root } from './bundle.ts';
import type { Kill, Trial } from './hunt.ts';
import type { Mutant } from './mutant.ts';
import { runNode } from './runNode.ts';

/** One process with one mutant in it. It ends itself long before, but for a mutant that loops for ever. */
const HUNT_DEADLINE_MS = 600_000;

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
    const printed = await runNode([outfile, JSON.stringify(trials)], {}, HUNT_DEADLINE_MS);
    return printed === null
      ? { by: 'deadline', detail: 'it loops for ever' }
      : (JSON.parse(printed) as Kill | null);
  } finally {
    rmSync(outfile, { force: true });
  }
}
