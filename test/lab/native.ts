import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir, contentKey, sourceDir, sourceText } from './layout.ts';
import { mustRun } from './run.ts';

interface Program {
  readonly name: string;
  readonly sources: readonly string[];
  readonly headers: readonly string[];
  readonly usesFuse: boolean;
}

const programs = {
  labfs: {
    name: 'labfs',
    sources: ['native/labfs.c', 'native/storeFault.c'],
    headers: ['native/storeFault.h'],
    usesFuse: true,
  },
  labwd: { name: 'labwd', sources: ['native/labwd.c'], headers: [], usesFuse: true },
  witness: { name: 'witness', sources: ['guest/witness.c'], headers: [], usesFuse: false },
} as const satisfies Record<string, Program>;

export type ProgramName = keyof typeof programs;

function pathOf(program: Program): string {
  const key = contentKey(...[...program.sources, ...program.headers].map(sourceText));
  return join(cacheDir, 'bin', `${program.name}-${key}`);
}

export function programPath(name: ProgramName): string {
  return pathOf(programs[name]);
}

/** Compiles what is missing or stale. */
export async function buildPrograms(): Promise<void> {
  mkdirSync(join(cacheDir, 'bin'), { recursive: true });
  const fuse = (await mustRun('pkg-config', ['--cflags', '--libs', 'fuse3'])).trim().split(/\s+/);
  await Promise.all(
    Object.values<Program>(programs).map(async (program) => {
      const path = pathOf(program);
      if (existsSync(path)) return;
      const draft = `${path}.${process.pid}`;
      const sources = program.sources.map((source) => join(sourceDir, source));
      const libraries = program.usesFuse ? [...fuse, '-lpthread'] : ['-static', '-pthread'];
      const flags = ['-O2', '-Wall', '-Wextra', '-Werror', '-D_FILE_OFFSET_BITS=64'];
      await mustRun('gcc', [...flags, '-o', draft, ...sources, ...libraries], { deadlineMs: 120_000 });
      renameSync(draft, path);
    }),
  );
}
