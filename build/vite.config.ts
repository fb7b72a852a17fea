import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { root } from './command.ts';

export default defineConfig({
  root: join(root, 'renderer'),
  base: './',
  plugins: [react()],
  build: { outDir: join(root, 'out/renderer'), emptyOutDir: true, target: 'chrome140' },
});
