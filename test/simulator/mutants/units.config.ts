import { defineConfig } from 'vitest/config';

/** Bundled copies of test files, each with one mutant in it, in a folder that the runner names. */
export default defineConfig({
  test: {
    root: process.env['UNDERSTUDY_UNITS'] ?? '',
    include: ['**/*.test.mjs'],
    testTimeout: 60_000,
    // Each copy brings the code along that it tests, so that there is nothing they could share by mistake.
    isolate: false,
    fsModuleCache: false,
  },
});
