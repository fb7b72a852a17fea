import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Put in by the bundler; absent when the source is run as it is. */
declare const __UNDERSTUDY_VERSION__: string;
export const appVersion = (): string =>
  typeof __UNDERSTUDY_VERSION__ === 'string' ? __UNDERSTUDY_VERSION__ : 'dev';

/** The folder of the built parts: this module runs bundled from `out/web` or `out/app`, or from its source. */
const outFolder = import.meta.url.endsWith('.ts')
  ? fileURLToPath(new URL('../../out/', import.meta.url))
  : fileURLToPath(new URL('../', import.meta.url));

export const rendererFolder = join(outFolder, 'renderer');
export const preloadFile = join(outFolder, 'app', 'preload.cjs');

/** Agent and Node for the demo group. Electron can't stand in for Node: its run-as-node fuse is off. */
export function demoPrograms(): { readonly node: string; readonly agent: string } {
  const carried = join(dirname(outFolder), 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  const node = existsSync(carried) || 'electron' in process.versions ? carried : process.execPath;
  return { node, agent: join(outFolder, 'agent', 'agent.cjs') };
}

export function preferencesPath(env: NodeJS.ProcessEnv = process.env): string {
  return join(env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'understudy', 'preferences.json');
}
