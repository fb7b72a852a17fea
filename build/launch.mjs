// Started by every npm script, with whatever Node the user has (20 or newer). It brings the locked dependencies and
// Node 24 from them, then runs the task there. Plain JavaScript without dependencies, because nothing is installed yet.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, 'node_modules', '.understudy-lock');
const tasks = {
  start: 'build/start.ts',
  test: 'build/test.ts',
  check: 'build/check.ts',
  bench: 'test/bench/run.ts',
  simulate: 'test/simulator/cli.ts',
  lab: 'test/lab/cli.ts',
  console: 'electron/console/main.ts',
  bundle: 'build/bundle.ts',
  package: 'build/package.ts',
  format: 'build/format.ts',
};

function lockHash() {
  const hash = createHash('sha256');
  for (const name of ['package.json', 'package-lock.json']) hash.update(readFileSync(join(root, name)));
  return hash.digest('hex');
}

function installIfStale() {
  const wanted = lockHash();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  process.stderr.write('Installing the locked dependencies (first run, or the lock has changed) ...\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  // Not `npm ci`: it refuses a lock whose registry lacked a build for some other platform (optional packages); this
  // installs exactly what the lock names as well, checks its hashes, and leaves the lock as it is.
  const run = spawnSync(
    npm,
    ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    },
  );
  if (run.status !== 0) {
    process.stderr.write(
      'The dependencies could not be installed: npm install failed, see above. Is the npm registry reachable?\n',
    );
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}

/** The locked Node 24 where npm ships one for this machine; otherwise the running Node if it is new enough. */
function node24() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const bundled = join(root, 'node_modules', `node-${platform}-${process.arch}`, 'bin', name);
  if (existsSync(bundled)) return bundled;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  process.stderr.write(
    `Node 24 is needed and npm ships none for ${process.platform} ${process.arch}: install Node 24, then run this again.\n`,
  );
  process.exit(1);
}

const [task, ...rest] = process.argv.slice(2);
const script = tasks[task];
if (script === undefined) {
  process.stderr.write(`Unknown task ${task}. Known: ${Object.keys(tasks).join(', ')}\n`);
  process.exit(2);
}
installIfStale();
const node = node24();
const bin = join(root, 'node_modules', '.bin');
const separator = process.platform === 'win32' ? ';' : ':';
const run = spawnSync(node, ['--disable-warning=ExperimentalWarning', join(root, script), ...rest], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PATH: `${join(node, '..')}${separator}${bin}${separator}${process.env.PATH ?? ''}` },
});
if (run.signal) process.kill(process.pid, run.signal);
process.exit(run.status ?? 1);
