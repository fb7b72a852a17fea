import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Arch, build, Platform } from 'electron-builder';
import { bundle } from './bundle.ts';
import { root } from './command.ts';
import { type BuilderOptions, builderConfig, type PackageTarget } from './electronBuilder.ts';
import { whyNotBuilt } from './packageReason.ts';

const usage = `Usage: npm run package -- [TARGET ...]
  TARGET  deb, AppImage, tar.gz (Linux), nsis (Windows), dmg (macOS); without one: all

Builds what this computer can build into dist/, and says for the rest why it can't.
`;

const platforms: Readonly<Record<PackageTarget, Platform>> = {
  deb: Platform.LINUX,
  AppImage: Platform.LINUX,
  'tar.gz': Platform.LINUX,
  nsis: Platform.WINDOWS,
  dmg: Platform.MAC,
};
const isTarget = (name: string): name is PackageTarget => Object.hasOwn(platforms, name);

interface Outcome {
  readonly target: PackageTarget;
  readonly files: readonly string[];
  /** null: it was built. */
  readonly why: string | null;
}

/** What this computer can't do whatever it downloads. */
function impossible(target: PackageTarget): string | null {
  if (target === 'dmg' && process.platform !== 'darwin') return 'a disk image is built on macOS only';
  if (target === 'deb' && process.platform === 'linux' && !existsSync('/usr/bin/dpkg-deb'))
    return 'dpkg-deb is missing: sudo apt-get install -y dpkg-dev';
  return null;
}

/** Where electron-builder puts Electron together before it makes a package of it; a file of it that is always there. */
const unpacked: Readonly<Partial<Record<PackageTarget, string>>> = {
  deb: 'linux-unpacked/icudtl.dat',
  AppImage: 'linux-unpacked/icudtl.dat',
  'tar.gz': 'linux-unpacked/icudtl.dat',
  nsis: 'win-unpacked/icudtl.dat',
};

function hasElectron(target: PackageTarget, output: string): boolean {
  const file = unpacked[target];
  return file !== undefined && existsSync(join(output, file));
}

function pinnedElectron(): string {
  const manifest = readFileSync(join(root, 'node_modules/electron/package.json'), 'utf8');
  return (JSON.parse(manifest) as { readonly version: string }).version;
}

async function buildTarget(target: PackageTarget, options: BuilderOptions): Promise<Outcome> {
  const why = impossible(target);
  if (why !== null) return { target, files: [], why };
  // What an earlier build left there would speak for this one.
  for (const folder of ['linux-unpacked', 'win-unpacked'])
    rmSync(join(options.output, folder), { recursive: true, force: true });
  try {
    const files = await build({
      projectDir: root,
      targets: platforms[target].createTarget(target, Arch.x64),
      config: builderConfig(options),
    });
    return { target, files, why: null };
  } catch (fault) {
    const electronVersion = options.trial?.electronVersion ?? pinnedElectron();
    const failed = { target, electronVersion, hasElectron: hasElectron(target, options.output), fault };
    return { target, files: [], why: whyNotBuilt(failed) };
  }
}

/**
 * Builds the targets one after another: each stands for itself, so that a download that is not to be had for one of
 * them stops no other.
 */
export async function buildPackages(
  targets: readonly PackageTarget[],
  options: BuilderOptions,
): Promise<readonly Outcome[]> {
  // Debian's own tool instead of a download; electron-builder calls it as it would call fpm.
  if (process.platform === 'linux') process.env['CUSTOM_FPM_PATH'] ??= join(root, 'build/debPackage.ts');
  const outcomes: Outcome[] = [];
  for (const target of targets) outcomes.push(await buildTarget(target, options));
  return outcomes;
}

function report({ target, files, why }: Outcome): string {
  if (why !== null) return `not built  ${target}: ${why}`;
  return `built      ${target}: ${files.map((file) => file.slice(root.length)).join(', ')}`;
}

async function main(): Promise<number> {
  const names = process.argv.slice(2);
  const targets = names.length === 0 ? Object.keys(platforms).filter(isTarget) : names.filter(isTarget);
  if (names.some((name) => !isTarget(name))) {
    process.stderr.write(usage);
    return 2;
  }
  await bundle({ allArchitectures: true });
  const outcomes = await buildPackages(targets, { output: join(root, 'dist'), trial: null });
  process.stdout.write(`\n${outcomes.map(report).join('\n')}\n`);
  return outcomes.some(({ why }) => why === null) ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main();
