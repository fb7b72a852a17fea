import { defineConfig } from 'vitest/config';

/** Builds a package, unpacks it, and runs what can be run of it here. */
export default defineConfig({
  test: {
    root: '.',
    include: ['test/package/**/*.package.test.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 600_000,
  },
});
