import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { root } from './bundle.ts';
import { MUTANTS } from './catalogue.ts';
import { applyMutant } from './mutant.ts';

/** Vitest with one mutant in the code: its id is in the environment of this run, which the runner starts. */
const mutant = MUTANTS.find((one) => one.id === process.env['UNDERSTUDY_MUTANT']);
if (mutant === undefined) {
  throw new Error('UNDERSTUDY_MUTANT names no mutant');
}
const path = join(root, mutant.file);

export default defineConfig({
  plugins: [
    {
      name: 'mutate',
      enforce: 'pre',
      transform: (code, id) => (id === path ? applyMutant(mutant, code) : null),
    },
  ],
  test: { root, include: [...(mutant.units ?? [])], testTimeout: 20_000 },
});
