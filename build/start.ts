import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './bundle.ts';
import { root } from './command.ts';

/** A first start fetches about 120 MB; without a network it fails at once. */
const ELECTRON_FETCH_DEADLINE_MS = 600_000;

/** The Electron executable if it is on this machine, or can be fetched; its npm package does not bring it along. */
function electronExecutable(): string | null {
  const override = process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  const folder = override ?? join(root, 'node_modules/electron/dist');
  const pathFile = join(root, 'node_modules/electron/path.txt');
  if (override === undefined && !existsSync(pathFile)) {
    const installer = join(root, 'node_modules/electron/install.js');
    spawnSync(process.execPath, [installer], { stdio: 'ignore', timeout: ELECTRON_FETCH_DEADLINE_MS });
  }
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8') : 'electron';
  const executable = join(folder, name);
  return existsSync(executable) ? executable : null;
}

await bundle({ allArchitectures: false });
const args = process.argv.slice(2);
const headless = args.includes('--smoke') || args.includes('--browser');
const electron = headless ? null : electronExecutable();
const useElectron = electron !== null;
if (!useElectron && !headless) {
  process.stdout.write(
    "Electron's runtime is not on this machine (npx electron fetches it); opening the same app in the browser.\n",
  );
}
const run = useElectron
  ? spawnSync(electron, [root, ...args], { stdio: 'inherit' })
  : spawnSync(
      process.execPath,
      [join(root, 'out/web/main.mjs'), ...args.filter((arg) => arg !== '--browser')],
      { stdio: 'inherit' },
    );
process.exitCode = run.status ?? 1;
