import type { Mutant } from './mutant.ts';
import { aroundMutants } from './catalogue/around.ts';
import { identityMutants } from './catalogue/identity.ts';
import { stoppingMutants } from './catalogue/stopping.ts';
import { timingMutants } from './catalogue/timing.ts';
import { tokenMutants } from './catalogue/tokens.ts';

/** The rules of docs/safety.md taken out one at a time, in the order of the rules. */
export const MUTANTS: readonly Mutant[] = [
  ...timingMutants,
  ...identityMutants,
  ...stoppingMutants,
  ...tokenMutants,
  ...aroundMutants,
];
