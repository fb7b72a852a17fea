import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: '.',
    include: ['{agent,electron,renderer,build,test}/**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', '**/*.{live,lab,package,standin}.test.ts', 'test/lab/var/**'],
    // Ten times what the slowest takes on an idle machine: a limit for what hangs, not for what is slow.
    testTimeout: 60_000,
  },
});
