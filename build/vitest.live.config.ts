import { defineConfig } from 'vitest/config';

/** Against a real libvirtd with QEMU, started and owned by the tests. */
export default defineConfig({
  test: {
    root: '.',
    include: ['agent/**/*.live.test.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
