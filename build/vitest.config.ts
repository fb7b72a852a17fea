import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: '.',
    include: ['{agent,electron,renderer,build,test}/**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', '**/*.{live,lab,package,standin}.test.ts', 'test/lab/var/**'],
    testTimeout: 20_000,
  },
});
