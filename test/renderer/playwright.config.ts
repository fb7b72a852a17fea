import { fileURLToPath } from 'node:url';
import { defineConfig } from '@playwright/test';

const root = fileURLToPath(new URL('../..', import.meta.url));
const executablePath = process.env['CHROMIUM'];

/** The built window in any Chromium, with a fake app made from the contract. */
export default defineConfig({
  testDir: '.',
  outputDir: `${root}/test-results/renderer`,
  workers: 2,
  // A loaded machine needs ten times what an idle one does.
  timeout: 90_000,
  expect: { timeout: 20_000 },
  forbidOnly: true,
  use: {
    baseURL: 'http://127.0.0.1:4179',
    reducedMotion: 'reduce',
    launchOptions: executablePath === undefined ? {} : { executablePath, args: ['--no-sandbox'] },
  },
  webServer: {
    command: 'vite preview -c build/vite.config.ts --port 4179 --strictPort --host 127.0.0.1',
    cwd: root,
    url: 'http://127.0.0.1:4179',
    reuseExistingServer: false,
  },
});
