import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { root } from './bundle.ts';
import { MUTANTS } from './catalogue.ts';
import { applyMutant } from './mutant.ts';

/**
 * Vitest with one mutant in the code, or none: the id and the test files are in the environment of this run, which the
 * runner starts.
 */
const id = process.env['UNDERSTUDY_MUTANT'] ?? '';
const mutant = MUTANTS.find((one) => one.id === id) ?? null;
if (mutant === null && id !== '') {
  throw new Error(`UNDERSTUDY_MUTANT names no mutant: ${id}`);
}
const path = mutant === null ? null : join(root, mutant.file);

export default defineConfig({
  plugins: [
    {
      name: 'mutate',
      enforce: 'pre',
      transform: (code, file) => (mutant !== null && file === path ? applyMutant(mutant, code) : null),
    },
  ],
  test: {
    root,
    include: (process.env['UNDERSTUDY_UNITS'] ?? '').split(','),
    testTimeout: 20_000,
    // Kept transforms would bring one mutant into the run of another.
    fsModuleCache: false,
  },
});
