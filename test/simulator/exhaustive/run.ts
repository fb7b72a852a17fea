import { CHECKS, type Check } from './models.ts';
import type { Found } from './search.ts';

/** A search that does not end by itself below this has outgrown its bounds: that is an error of the model. */
const MAX_STATES = 5_000_000;

/** Runs every search; true when all are complete and nothing was found. Prints each as it ends, through `out`. */
export async function runExhaustive(out: (text: string) => void): Promise<boolean> {
  let isWell = true;
  let states = 0;
  const beganMs = performance.now();
  for (const check of CHECKS) {
    const checkBeganMs = performance.now();
    const found = check.run(MAX_STATES);
    states += found.states;
    isWell &&= found.complete && found.violation === null;
    out(`${report(check, found, performance.now() - checkBeganMs)}\n`);
    // Lets what was printed go out before the next search takes the processor for itself.
    await Promise.resolve();
  }
  const seconds = ((performance.now() - beganMs) / 1000).toFixed(0);
  const verdict = isWell ? 'no violation' : 'NOT all well';
  out(`${CHECKS.length} searches, ${states.toLocaleString('en')} states, ${seconds} s: ${verdict}\n`);
  return isWell;
}

export function report(check: Check, found: Found, tookMs: number): string {
  const count = `${found.states.toLocaleString('en')} states, ${found.transitions.toLocaleString('en')} steps`;
  const lines = [
    `${check.id}: ${check.covers}`,
    `  bounds: ${check.bounds}`,
    `  ${count}, ${(tookMs / 1000).toFixed(1)} s: ${verdict(found)}`,
  ];
  const path = found.violation?.path.map((label) => `    ${label}`) ?? [];
  return [...lines, ...path].join('\n');
}

function verdict({ violation, complete }: Found): string {
  if (violation !== null) {
    return `VIOLATION ${violation.what}, after:`;
  }
  return complete ? 'complete, no violation' : 'NOT COMPLETE: stopped at the limit of states';
}
