import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { hostPaths, lunFile, lunSizeBytes, runDir, storeSource, type HostName } from './layout.ts';
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
const privatePidFile = (host: HostName): string => join(hostPaths(host).dir, 'labfs-private.pid');

async function mountLabfs(source: string, at: string, control: string, pid: string): Promise<void> {
  mkdirSync(at, { recursive: true });
  writeFileSync(control, 'ok\n');
  startDaemon(programPath('labfs'), [source, at, control], { log: `${control}.log`, pid });
  await waitFor(`${at} to be mounted`, 5_000, () => isMountPoint(at));
}

/** Mounts the store for a host, without faults, and attaches its own device for the LUN to the same faulty path. */
export async function attachStore(host: HostName): Promise<void> {
  const paths = hostPaths(host);
  await detachStore(host);
  mkdirSync(paths.privateFiles, { recursive: true });
  await Promise.all([
    mountLabfs(storeSource, paths.store, paths.storeControl, pidFile(host)),
    mountLabfs(paths.privateFiles, paths.privateStore, paths.privateControl, privatePidFile(host)),
  ]);
  const device = await mustRun('losetup', ['--direct-io=on', '--show', '-f', join(paths.store, lunFile)]);
  writeFileSync(paths.lunDevice, device.trim());
}

/** Takes the store away. Whatever hangs in it ends with an error, and nothing of it lands later. */
export async function detachStore(host: HostName): Promise<void> {
  const paths = hostPaths(host);
  await Promise.all([stopDaemon(pidFile(host)), stopDaemon(privatePidFile(host))]);
  const device = existsSync(paths.lunDevice) ? readFileSync(paths.lunDevice, 'utf8') : '';
  if (device !== '') await run('losetup', ['-d', device]);
  rmSync(paths.lunDevice, { force: true });
  await unmount(paths.store);
  await unmount(paths.privateStore);
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

/** The folders of the store whose content a rollback brings back; the guests' kernel stays. */
function storeContents(): readonly string[] {
  return readdirSync(storeSource, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(storeSource, join(entry.parentPath, entry.name)))
    .filter((path) => !path.startsWith('files/boot/'));
}

/**
 * Keeps a copy of the whole store, LUN included. The function that it resolves to puts it back, into the same files and
 * under running hosts, as when somebody restores a snapshot on the NAS.
 */
export async function snapshotStore(): Promise<() => Promise<void>> {
  const copy = join(runDir, `snapshot-${Date.now()}`);
  const paths = storeContents();
  for (const path of paths) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    await mustRun('cp', ['--sparse=always', join(storeSource, path), join(copy, path)]);
  }
  return async () => {
    for (const path of storeContents().filter((name) => !paths.includes(name)))
      rmSync(join(storeSource, path));
    for (const path of paths) {
      const [from, to] = [join(copy, path), join(storeSource, path)];
      await mustRun('dd', [`if=${from}`, `of=${to}`, 'bs=1M', 'conv=notrunc', 'status=none']);
      truncateSync(to, statSync(from).size);
    }
    rmSync(copy, { recursive: true, force: true });
  };
}
