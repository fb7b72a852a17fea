import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  ftruncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { hostPaths, lunFile, lunSizeBytes, storeSource, type HostName } from './layout.ts';
import { isMountPoint, unmount } from './mounts.ts';
import { programPath } from './native.ts';
import { mustRun, run, signalDaemon, startDaemon, stopDaemon, waitFor } from './run.ts';

/** What one host's path to the store does; `native/labfs.c` says exactly what each means. */
export type StoreFault =
  | 'ok'
  | 'ro'
  | 'eio'
  | 'eio-write'
  | 'stall'
  | 'stall-detached'
  | 'torn'
  | { readonly delayMs: number };

export interface StoreState {
  readonly fault: string;
  /** Requests that hang. */
  readonly waiting: number;
  /** Writes of killed processes that will land when the stall ends. */
  readonly detached: number;
}

/** The folder that all hosts share. `files` is what they see; the LUN's content lies beside it. */
export const storeFiles = join(storeSource, 'files');

export function makeStore(): void {
  mkdirSync(join(storeFiles, 'images'), { recursive: true });
  mkdirSync(join(storeFiles, 'boot'), { recursive: true });
  const file = join(storeSource, lunFile);
  if (existsSync(file)) return;
  const descriptor = openSync(file, 'w');
  ftruncateSync(descriptor, lunSizeBytes);
  closeSync(descriptor);
}

const pidFile = (host: HostName): string => join(hostPaths(host).dir, 'labfs.pid');

/** Mounts the store for a host, without faults, and attaches its own device for the LUN to the same faulty path. */
export async function attachStore(host: HostName): Promise<void> {
  const paths = hostPaths(host);
  await detachStore(host);
  mkdirSync(paths.store, { recursive: true });
  writeFileSync(paths.storeControl, 'ok\n');
  startDaemon(programPath('labfs'), [storeSource, paths.store, paths.storeControl], {
    log: join(paths.dir, 'labfs.log'),
    pid: pidFile(host),
  });
  await waitFor(`the store of ${host}`, 5_000, () => isMountPoint(paths.store));
  const device = await mustRun('losetup', ['--direct-io=on', '--show', '-f', join(paths.store, lunFile)]);
  writeFileSync(paths.lunDevice, device.trim());
}

/** Takes the store away. Whatever hangs in it ends with an error, and nothing of it lands later. */
export async function detachStore(host: HostName): Promise<void> {
  const paths = hostPaths(host);
  await stopDaemon(pidFile(host));
  const device = existsSync(paths.lunDevice) ? readFileSync(paths.lunDevice, 'utf8') : '';
  if (device !== '') await run('losetup', ['-d', device]);
  rmSync(paths.lunDevice, { force: true });
  await unmount(paths.store);
}

function wordFor(fault: StoreFault): string {
  return typeof fault === 'string' ? fault : `delay ${fault.delayMs}`;
}

export function storeState(host: HostName): StoreState {
  const text = readFileSync(`${hostPaths(host).storeControl}.applied`, 'utf8');
  const [fault = '', waiting = '', detached = ''] = text.split('\n');
  return { fault, waiting: Number(waiting.split(' ')[1]), detached: Number(detached.split(' ')[1]) };
}

/** Changes what the store does for one host; resolves when it is in force. A power cycle makes it ok again. */
export async function setStoreFault(host: HostName, fault: StoreFault): Promise<void> {
  const word = wordFor(fault);
  writeFileSync(hostPaths(host).storeControl, `${word}\n`);
  signalDaemon(pidFile(host), 'SIGUSR1');
  await waitFor(`the store of ${host} to be ${word}`, 2_000, () => storeState(host).fault === word);
}
