import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { withoutNativeAddons } from '../../build/bundle.ts';
import { root } from '../../build/command.ts';

/**
 * Bundles main for a runtime that is older than the pinned one: CommonJS, its syntax made older, and what its library
 * lacks put in before. Preload and window stay those of the product. The system's cipher is handed to the test, which
 * can't reach into main else. Returns the app's folder.
 */
export async function bundleForOlderRuntime(): Promise<string> {
  const folder = join(root, 'out/electronTest');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "understudy", "main": "main.cjs" }\n');
  await build({
    bundle: true,
    platform: 'node',
    target: 'node18',
    format: 'cjs',
    logLevel: 'warning',
    plugins: [withoutNativeAddons],
    external: ['electron'],
    stdin: {
      contents: `import './compatibility.ts';
        import '../../electron/main/index.ts';
        import { systemCipher } from '../../electron/main/vault.ts';
        Object.assign(globalThis, { systemCipher });`,
      resolveDir: join(root, 'test/electron'),
      loader: 'ts',
    },
    outfile: join(folder, 'main.cjs'),
    define: {
      'import.meta.url': '__url',
      'import.meta.dirname': '__dirname',
      __UNDERSTUDY_VERSION__: '"test"',
    },
    banner: { js: "const __url = require('node:url').pathToFileURL(__filename).href;" },
  });
  return folder;
}

/** The script that fills the same gaps of the language in the window's page. */
export async function languageGapsScript(): Promise<string> {
  const { outputFiles } = await build({
    bundle: true,
    format: 'iife',
    target: 'chrome114',
    write: false,
    entryPoints: [join(root, 'test/electron/languageGaps.ts')],
  });
  return outputFiles[0]?.text ?? '';
}
