import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bundle } from '../../build/bundle.ts';
import { root } from '../../build/command.ts';
import type { BuilderOptions } from '../../build/electronBuilder.ts';
import { electronRuntime } from '../../build/electronRuntime.ts';
import { buildPackages } from '../../build/package.ts';
import { bundleForOlderRuntime } from '../electron/olderBundle.ts';

const UNPACK_DEADLINE_MS = 120_000;

/** A Debian package that was built just now, and the tree that it installs. */
export interface UnpackedPackage {
  /** Of the Electron inside. */
  readonly electronVersion: string;
  readonly control: string;
  readonly tree: string;
  /** The app's own folder in the tree. */
  readonly appFolder: string;
  remove(): void;
}

/** What a package takes of the older runtime: Electron itself, without what its own app left there. */
const isElectron = (name: string): boolean =>
  !['AppRun', 'usr', 'resources', 'understudy'].includes(name) && !/^\.|\.(?:desktop|png)$/.test(name);

/** Copies the older runtime as Electron's own archive holds it. */
function plainRuntime(executable: string, into: string): string {
  const source = dirname(executable);
  mkdirSync(into);
  for (const name of readdirSync(source).filter(isElectron))
    cpSync(join(source, name), join(into, name), { recursive: true });
  return into;
}

/**
 * Builds the Debian package and unpacks it: with the pinned Electron where it is here, else as a trial with the older
 * one of the electron tier. Throws with the reason when there is neither.
 */
export async function buildAndUnpack(): Promise<UnpackedPackage> {
  const runtime = electronRuntime(false);
  if (typeof runtime === 'string') throw new Error(runtime);
  await bundle({ allArchitectures: true });
  const work = mkdtempSync(join(tmpdir(), 'understudy-package-'));
  const remove = (): void => rmSync(work, { recursive: true, force: true });
  try {
    const trial: BuilderOptions['trial'] =
      runtime.kind === 'own'
        ? null
        : {
            electronDist: plainRuntime(runtime.executable, join(work, 'electron')),
            electronVersion: runtime.version,
            main: (await bundleForOlderRuntime()).slice(root.length),
          };
    const [outcome] = await buildPackages(['deb'], { output: join(work, 'dist'), trial });
    const file = outcome?.files.find((name) => name.endsWith('.deb'));
    if (file === undefined) throw new Error(`The package was not built: ${outcome?.why ?? 'no file'}`);
    const tree = join(work, 'tree');
    const run = (...args: readonly string[]): string =>
      execFileSync('dpkg-deb', args, { timeout: UNPACK_DEADLINE_MS, encoding: 'utf8' });
    run('--extract', file, tree);
    const control = run('--field', file);
    rmSync(join(work, 'dist'), { recursive: true });
    return {
      electronVersion: runtime.version,
      control,
      tree,
      appFolder: join(tree, 'opt/Understudy'),
      remove,
    };
  } catch (fault) {
    remove();
    throw fault;
  }
}

/** Electron marks the place of its fuses with this; a version and a length come before the fuses themselves. */
const FUSE_MARK = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const INSPECT_FUSE = 3;

function fusesOf(binary: Buffer): Buffer {
  const at = binary.indexOf(FUSE_MARK);
  if (at < 0) throw new Error('This executable has no fuses.');
  const wire = binary.subarray(at + FUSE_MARK.length);
  return wire.subarray(2, 2 + (wire[1] ?? 0));
}

/** Electron's fuses, as they stand in the executable: '1' on, '0' off, in the order of their wire. */
export function readFuses(executable: string): string {
  return fusesOf(readFileSync(executable)).toString('latin1');
}

/** A copy of the installed app's executable, beside it, that lets a test look inside: all is the same but that fuse. */
export function openToTests({ appFolder }: UnpackedPackage): string {
  const binary = readFileSync(join(appFolder, 'understudy'));
  fusesOf(binary).write('1', INSPECT_FUSE, 'latin1');
  const executable = join(appFolder, 'understudy-open-to-tests');
  writeFileSync(executable, binary, { mode: 0o755 });
  return executable;
}

interface AsarFolder {
  readonly files?: Readonly<Record<string, AsarFolder>>;
}

/** Paths of all files in an archive: its header is JSON behind four lengths, the last of which is its own. */
export function listArchive(path: string): readonly string[] {
  const archive = readFileSync(path);
  const header = archive.subarray(16, 16 + archive.readUInt32LE(12)).toString('utf8');
  const list = ({ files = {} }: AsarFolder, at: string): readonly string[] =>
    Object.entries(files).flatMap(([name, entry]) =>
      entry.files === undefined ? [`${at}/${name}`] : list(entry, `${at}/${name}`),
    );
  return list(JSON.parse(header) as AsarFolder, '');
}
