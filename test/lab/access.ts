import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostAddress, hostCgroup, type HostName } from './layout.ts';
import { sshKey } from './provision.ts';
import { LabError, run, waitFor, type RunOptions, type RunResult } from './run.ts';

/** Commands on hosts end after this, unless told otherwise. */
const commandDeadlineMs = 60_000;
/** From power on to an answering sshd it takes 1 to 3 s; a busy machine gets more. */
const bootDeadlineMs = 60_000;

const sshOptions = [
  'StrictHostKeyChecking=no',
  'UserKnownHostsFile=/dev/null',
  'LogLevel=ERROR',
  'BatchMode=yes',
  'IdentitiesOnly=yes',
  'ConnectTimeout=3',
  'ServerAliveInterval=2',
  'ServerAliveCountMax=3',
].flatMap((option) => ['-o', option]);

/** Arguments with which OpenSSH's client, from anywhere on this machine, logs in to a host. */
export function sshArguments(host: HostName, user = 'root'): readonly string[] {
  return [...sshOptions, '-i', sshKey, `${user}@${hostAddress(host)}`];
}

/** Runs a shell command on a host over its network, as the product would. */
export async function ssh(
  host: HostName,
  command: string,
  options: RunOptions & { readonly user?: string } = {},
): Promise<RunResult> {
  const args = [...sshArguments(host, options.user), command];
  return run('ssh', args, { deadlineMs: commandDeadlineMs, ...options });
}

/** The host's PID 1, as this machine numbers it; null when the host is off or has not got so far. */
export function initPid(host: HostName): number | null {
  try {
    const file = join(hostCgroup(host), 'payload/init.scope/cgroup.procs');
    const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
    return pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

/**
 * Runs a shell command on a host as if at its keyboard: without its network, and in milliseconds. The command is part
 * of the host: it freezes with it, and dies with its power.
 */
export async function onConsole(
  host: HostName,
  command: string,
  options: RunOptions = {},
): Promise<RunResult> {
  const pid = initPid(host);
  if (pid === null) throw new LabError('host-off', `${host} is off.`);
  const keyboard = join(hostCgroup(host), 'keyboard');
  const enterCgroup = `mkdir -p '${keyboard}'; echo $$ > '${keyboard}/cgroup.procs'; exec "$@"`;
  const enter = ['nsenter', '--target', String(pid), '--all', '--root', '--wd'];
  const environment = [
    'env',
    '-i',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'HOME=/root',
  ];
  return run('sh', ['-c', enterCgroup, 'sh', ...enter, ...environment, 'sh', '-c', command], {
    deadlineMs: commandDeadlineMs,
    ...options,
  });
}

/** Waits until a host has booted so far that sshd and libvirt answer. */
export async function waitForBoot(host: HostName): Promise<void> {
  const isUp = async (): Promise<boolean> => {
    if (initPid(host) === null) return false;
    const check = 'systemctl is-active -q ssh.service libvirtd.socket && virsh -q list >/dev/null';
    return (await onConsole(host, check, { deadlineMs: 10_000 })).code === 0;
  };
  await waitFor(`${host} to boot`, bootDeadlineMs, isUp, 100);
}
