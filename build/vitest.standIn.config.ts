import { defineConfig } from 'vitest/config';

/** The shipped main bundle against a stand-in for Electron. */
export default defineConfig({
  test: { root: '.', include: ['test/electron/**/*.standin.test.ts'], testTimeout: 30_000 },
});
