import { defineConfig } from 'vitest/config';

/** On the lab's hosts; one file after the other, because they share the lab. */
export default defineConfig({
  test: {
    root: '.',
    include: ['test/lab/**/*.lab.test.ts'],
    exclude: ['test/lab/var/**', '**/node_modules/**'],
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
