import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostCgroup, hostPaths, netns, sourceDir, type HostName } from './layout.ts';
import { isMountPoint, unmount } from './mounts.ts';
import { silenceCommands } from './network.ts';
import { programPath } from './native.ts';
import { startDaemon, stopDaemon, waitFor } from './run.ts';

export interface WatchdogState {
  readonly armed: boolean;
  /** Whether a process of the host holds the device open. */
  readonly open: boolean;
  /** Whether it was told never to fire. */
  readonly fails: boolean;
  readonly timeoutS: number;
  readonly leftMs: number;
  /** Everything that petted it since the host was switched on: opening, closing, writing, setting the timeout. */
  readonly pets: number;
  /** How often it fired since the host was switched on; `powerEvents` has the whole history. */
  readonly expired: number;
}

const pidFile = (host: HostName): string => join(hostPaths(host).dir, 'labwd.pid');

/** The device as the host sees it, and the folder with its attributes as in /sys/class/watchdog. */
export const watchdogPath = '/dev/watchdog';
export const watchdogAttributes = '/run/labwd';

/**
 * What the watchdog does when it fires: the reset line itself, in milliseconds, without Node; then the lab notes why
 * and switches the host on again.
 */
function resetCommand(host: HostName, launched: string): string {
  const cut = silenceCommands(host).map((command) => `ip -n ${netns} ${command}`);
  const kill = `echo 1 > '${hostCgroup(host)}/cgroup.kill'`;
  const again = `exec '${process.execPath}' '${join(sourceDir, 'cli.ts')}' fired watchdog ${host} '${launched}'`;
  return [...cut, kill, again].join('; ');
}

/** Gives the host a new, unarmed watchdog for the power-on that `launched` names, as hardware is after a reset. */
export async function attachWatchdog(host: HostName, launched: string): Promise<void> {
  const { dir, watchdog } = hostPaths(host);
  await detachWatchdog(host);
  mkdirSync(watchdog, { recursive: true });
  // Like hardware it must fire on time on a busy machine, hence the real-time priority, which its children don't inherit.
  const program = [programPath('labwd'), watchdog, 'sh', '-c', resetCommand(host, launched)];
  startDaemon('chrt', ['--reset-on-fork', '-f', '50', ...program], {
    log: join(dir, 'labwd.log'),
    pid: pidFile(host),
  });
  await waitFor(`the watchdog of ${host}`, 5_000, () => isMountPoint(watchdog));
}

export async function detachWatchdog(host: HostName): Promise<void> {
  await stopDaemon(pidFile(host));
  await unmount(hostPaths(host).watchdog);
}

export function watchdogState(host: HostName): WatchdogState {
  return JSON.parse(readFileSync(join(hostPaths(host).watchdog, 'status'), 'utf8')) as WatchdogState;
}

/** Makes the watchdog one that never fires, or one that works again; a power cycle brings a working one. */
export function setWatchdogFails(host: HostName, fails: boolean): void {
  writeFileSync(join(hostPaths(host).watchdog, 'control'), fails ? 'fail' : 'work');
}
