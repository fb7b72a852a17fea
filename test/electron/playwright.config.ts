import { fileURLToPath } from 'node:url';
import { defineConfig } from '@playwright/test';
import { runtime } from './launch.ts';

const { kind, version } = runtime();
if (process.env['TEST_WORKER_INDEX'] === undefined) {
  const note =
    kind === 'own'
      ? ''
      : ' (OLDER than the pinned one: main is bundled for it, compatibility.ts fills the gaps)';
  process.stdout.write(`Electron ${version}${note}\n`);
}

/** Main, preload and the desktop's side of the app in a real Electron, on a desktop of its own under Xvfb. */
export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  // It needs a door into main that only the bundle for an older runtime has.
  testIgnore: kind === 'own' ? 'keyRing.spec.ts' : [],
  outputDir: fileURLToPath(new URL('../../test-results/electron', import.meta.url)),
  workers: 1,
  // Limits for what hangs, many times what an idle machine takes: a busy one is slow, and that is no fault.
  timeout: 300_000,
  expect: { timeout: 60_000 },
  forbidOnly: true,
});
