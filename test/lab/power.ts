import { randomUUID } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  rmdirSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { baseDir } from './baseImage.ts';
import {
  cgroupMount,
  cgroupRoot,
  hostCgroup,
  hostNetns,
  hostPaths,
  lunPath,
  machineName,
  privatePath,
  sourceDir,
  storePath,
  type HostName,
} from './layout.ts';
import { withLock } from './lock.ts';
import { isMountPoint, unmount } from './mounts.ts';
import { plugIn, silence } from './network.ts';
import { provision, wipeDisk } from './provision.ts';
import { LabError, mustRun, startDaemon, waitFor } from './run.ts';
import { attachStore, detachStore } from './store.ts';
import { attachWatchdog, detachWatchdog, watchdogAttributes, watchdogPath } from './watchdog.ts';

/** Who changed a host's power. `self` is the host: its own reboot or power-off. */
export type PowerCause = 'test' | 'watchdog' | 'bmc' | 'self';

export interface PowerEvent {
  readonly what: 'on' | 'off' | 'reset';
  readonly cause: PowerCause;
  /** This machine's wall clock, milliseconds. */
  readonly atMs: number;
}

/** Longer than a power change ever takes on a busy machine. */
const powerLockWaitMs = 180_000;

/** It takes a tenth of a second; with seven processes waiting for each core, more than ten seconds were seen. */
const changeWithinMs = 60_000;

const withPower = <T>(host: HostName, work: () => Promise<T>): Promise<T> => {
  mkdirSync(hostPaths(host).dir, { recursive: true });
  return withLock(hostPaths(host).powerLock, powerLockWaitMs, work);
};

function note(host: HostName, what: PowerEvent['what'], cause: PowerCause): void {
  const event: PowerEvent = { what, cause, atMs: Date.now() };
  appendFileSync(hostPaths(host).powerLog, `${JSON.stringify(event)}\n`);
}

/** Every change of this host's power since `up`. */
export function powerEvents(host: HostName): readonly PowerEvent[] {
  const file = hostPaths(host).powerLog;
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as PowerEvent);
}

/** Whether any process of the host exists. */
export function isOn(host: HostName): boolean {
  try {
    return readFileSync(join(hostCgroup(host), 'cgroup.events'), 'utf8').includes('populated 1');
  } catch {
    return false;
  }
}

export function isFrozen(host: HostName): boolean {
  try {
    return readFileSync(join(hostCgroup(host), 'cgroup.events'), 'utf8').includes('frozen 1');
  } catch {
    return false;
  }
}

/** Mounts the machine's one cgroup v2 hierarchy once more, and makes the lab's own branch in it. */
export async function makeCgroup(): Promise<void> {
  mkdirSync(cgroupMount, { recursive: true });
  if (!isMountPoint(cgroupMount)) await mustRun('mount', ['-t', 'cgroup2', 'none', cgroupMount]);
  mkdirSync(cgroupRoot, { recursive: true });
}

/** Removes an empty branch of cgroups. */
export function removeCgroup(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeCgroup(join(folder, entry.name));
  }
  rmdirSync(folder);
}

const launchFile = (host: HostName): string => join(hostPaths(host).dir, 'launch');

/** Names one power-on of a host, so that what that one still has to report is not taken for the next. */
export function currentLaunch(host: HostName): string {
  const file = launchFile(host);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function launch(host: HostName): void {
  const paths = hostPaths(host);
  const lun = readFileSync(paths.lunDevice, 'utf8');
  const nspawn = [
    'systemd-nspawn',
    '--quiet',
    '--boot',
    '--register=no',
    '--keep-unit',
    `--network-namespace-path=/run/netns/${hostNetns(host)}`,
    `--directory=${paths.root}`,
    `--machine=${machineName(host)}`,
    `--hostname=${host}`,
    '--capability=all',
    '--kill-signal=SIGRTMIN+3',
    '--console=pipe',
    '--bind=/dev/fuse',
    '--bind=/dev/net/tun',
    `--bind=${lun}:${lunPath}`,
    `--bind=${join(paths.store, 'files')}:${storePath}`,
    `--bind=${paths.privateStore}:${privatePath}`,
    `--bind=${join(paths.watchdog, 'watchdog')}:${watchdogPath}`,
    `--bind-ro=${paths.watchdog}:${watchdogAttributes}`,
  ];
  // The shell shares the host's cgroup, so cutting the power takes it along; it survives only a shutdown from inside,
  // with status 133 for a reboot. The host's boot-time clock starts at 0, in a time namespace of its own.
  const script = `
    echo $$ > '${hostCgroup(host)}/cgroup.procs'
    uptime=$(cut -d. -f1 /proc/uptime)
    unshare --time --fork --boottime "-$uptime" --monotonic "-$uptime" "$@"
    status=$?
    echo $$ > '${cgroupMount}/cgroup.procs'
    exec '${process.execPath}' '${join(sourceDir, 'cli.ts')}' fired self ${host} '${currentLaunch(host)}' $status`;
  // libvirt sets up its networks below /proc/sys/net, which nspawn hides from containers otherwise.
  const env = [
    'env',
    'SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1',
    'SYSTEMD_NSPAWN_API_VFS_WRITABLE=network',
    'SYSTEMD_LOG_LEVEL=warning',
  ];
  // Entered already here, so that /sys shows the host's own interfaces.
  const network = ['nsenter', `--net=/run/netns/${hostNetns(host)}`];
  startDaemon('sh', ['-c', script, 'sh', ...network, ...env, ...nspawn], {
    log: paths.consoleLog,
    pid: join(paths.dir, 'launcher.pid'),
  });
}

async function start(host: HostName): Promise<void> {
  const paths = hostPaths(host);
  await provision(host);
  mkdirSync(hostCgroup(host), { recursive: true });
  writeFileSync(join(hostCgroup(host), 'cgroup.freeze'), '0');
  mkdirSync(paths.work, { recursive: true });
  if (!isMountPoint(paths.root)) {
    const layers = `lowerdir=${baseDir},upperdir=${paths.upper},workdir=${paths.work}`;
    await mustRun('mount', ['-t', 'overlay', `understudy-lab-${host}`, '-o', layers, paths.root]);
  }
  writeFileSync(launchFile(host), randomUUID());
  await Promise.all([attachStore(host), attachWatchdog(host, currentLaunch(host)), plugIn(host)]);
  launch(host);
  await waitFor(`${host} to start`, changeWithinMs, () => isOn(host));
}

async function stop(host: HostName): Promise<void> {
  rmSync(launchFile(host), { force: true });
  if (!existsSync(hostCgroup(host))) return;
  await silence(host);
  writeFileSync(join(hostCgroup(host), 'cgroup.kill'), '1');
  // A process that hangs in the store or the watchdog can't die before they are gone.
  await detachStore(host);
  await detachWatchdog(host);
  await waitFor(`the processes of ${host} to end`, changeWithinMs, () => !isOn(host));
  removeCgroup(hostCgroup(host));
  await unmount(hostPaths(host).root);
}

/** The power button. Disks persist; nothing else does. Each resolves when it is done, `on` before the host has booted. */
export const power = {
  on: (host: HostName, cause: PowerCause = 'test'): Promise<void> =>
    withPower(host, async () => {
      if (isOn(host)) return;
      await start(host);
      note(host, 'on', cause);
    }),
  off: (host: HostName, cause: PowerCause = 'test'): Promise<void> =>
    withPower(host, async () => {
      if (isOn(host)) note(host, 'off', cause);
      await stop(host);
    }),
  reset: (host: HostName, cause: PowerCause = 'test'): Promise<void> =>
    withPower(host, async () => {
      note(host, 'reset', cause);
      await stop(host);
      await start(host);
    }),
  /** Stops every process of the host where it is, its watchdog excepted. */
  async freeze(host: HostName): Promise<void> {
    if (!isOn(host)) throw new LabError('host-off', `${host} is off.`);
    writeFileSync(join(hostCgroup(host), 'cgroup.freeze'), '1');
    await waitFor(`${host} to freeze`, 5_000, () => isFrozen(host));
  },
  thaw(host: HostName): void {
    writeFileSync(join(hostCgroup(host), 'cgroup.freeze'), '0');
  },
  /** Switches the host off and gives it an empty disk. */
  async wipe(host: HostName): Promise<void> {
    await power.off(host);
    await unmount(hostPaths(host).root);
    wipeDisk(host);
    rmSync(hostPaths(host).consoleLog, { force: true });
  },
};

/**
 * Goes on after a host lost its power without a command of ours: by its watchdog, or from inside, where systemd-nspawn
 * ends with status 133 when the host wants to boot again. When the power was changed again meanwhile it is only noted.
 */
export async function afterPowerLoss(
  host: HostName,
  cause: 'watchdog' | 'self',
  launched: string,
  status: number,
): Promise<void> {
  const restarts = cause === 'watchdog' || status === 133;
  await withPower(host, async () => {
    note(host, restarts ? 'reset' : 'off', cause);
    if (currentLaunch(host) !== launched) return;
    await stop(host);
    if (restarts) await start(host);
  });
}
