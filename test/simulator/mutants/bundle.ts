import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, type Plugin, build } from 'esbuild';
import { type Mutant, applyMutant } from './mutant.ts';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Changes the source as it is read: nothing in the code itself can switch a mutant on. */
function mutate(mutant: Mutant): Plugin {
  const path = join(root, mutant.file);
  return {
    name: 'mutate',
    setup(plugin) {
      plugin.onLoad({ filter: /\.ts$/ }, (args) =>
        args.path === path
          ? { contents: applyMutant(mutant, readFileSync(path, 'utf8')), loader: 'ts' }
          : undefined,
      );
    },
  };
}

async function bundle(mutant: Mutant | null, options: BuildOptions): Promise<void> {
  await build({
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    logLevel: 'silent',
    plugins: mutant === null ? [] : [mutate(mutant)],
    ...options,
  });
}

/** Bundles the hunt with the mutant in it, or with none. */
export function bundleHunt(mutant: Mutant | null, outfile: string): Promise<void> {
  return bundle(mutant, { entryPoints: [join(root, 'test/simulator/mutants/hunt.ts')], outfile });
}

/** A test file with the mutant in the code that it tests; packages stay outside, vitest among them. */
export function bundleUnit(mutant: Mutant | null, unit: string, outfile: string): Promise<void> {
  return bundle(mutant, { entryPoints: [join(root, unit)], outfile, packages: 'external' });
}
