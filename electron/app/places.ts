import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unpackCarriedNode } from '../demo/carriedNode.ts';
import type { DemoPrograms } from '../demo/demoMaker.ts';

/** Put in by the bundler; absent when the source is run as it is. */
declare const __UNDERSTUDY_VERSION__: string;
export const appVersion = (): string =>
  typeof __UNDERSTUDY_VERSION__ === 'string' ? __UNDERSTUDY_VERSION__ : 'dev';

/** The folder of the built parts: this module runs bundled from `out/web` or `out/app`, or from its source. */
const outFolder = import.meta.url.endsWith('.ts')
  ? fileURLToPath(new URL('../../out/', import.meta.url))
  : fileURLToPath(new URL('../', import.meta.url));
const root = dirname(outFolder);
/** An installed app lies in an archive that only Electron can read into; what others run or copy lies beside it. */
const isInstalled = basename(root) === 'app.asar';

export const rendererFolder = join(outFolder, 'renderer');
export const preloadFile = join(outFolder, 'app', 'preload.cjs');
/** The agent's builds for the hosts' processors, and the agent as one script. */
export const agentFolder = isInstalled ? join(dirname(root), 'agent') : join(outFolder, 'agent');

/** One folder an architecture with the agent that is installed on hosts. */
export const agentBundles = join(outFolder, 'agent');

/** Agent and Node for the demo group. Electron can't stand in for Node: its run-as-node fuse is off. */
export function demoPrograms(): DemoPrograms {
  const agent = join(agentFolder, 'agent.cjs');
  const packed = join(agentFolder, process.arch, 'node.gz');
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  if (isInstalled) {
    const node = (): Promise<string> => unpackCarriedNode(agentFolder, machine, cacheFolder());
    return { agent, node, hasNode: existsSync(packed) };
  }
  const carried = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  const node = existsSync(carried) || 'electron' in process.versions ? carried : process.execPath;
  return { agent, node: async () => node, hasNode: existsSync(node) };
}

function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'understudy');
}

export function preferencesPath(env: NodeJS.ProcessEnv = process.env): string {
  return join(env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'understudy', 'preferences.json');
}
