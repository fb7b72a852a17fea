import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Plugin, build } from 'esbuild';
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

/** Bundles the hunt with the mutant in it, or with none. */
export async function bundleHunt(mutant: Mutant | null, outfile: string): Promise<void> {
  await build({
    entryPoints: [join(root, 'test/simulator/mutants/hunt.ts')],
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    logLevel: 'silent',
    outfile,
    plugins: mutant === null ? [] : [mutate(mutant)],
  });
}
