import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Names and places of the lab. Whatever carries one of these names was made by the lab and may be removed by it. */

export const hostNames = ['h1', 'h2', 'h3'] as const;
export type HostName = (typeof hostNames)[number];

/** Two separate networks join the hosts: the LAN, with guests, BMCs and the tests on it, and a cable of their own. */
export const linkNames = ['lan', 'cable'] as const;
export type LinkName = (typeof linkNames)[number];

export const sourceDir = import.meta.dirname;
/** Everything that the lab keeps: `cache` survives, `run` goes away with `down`. */
export const labDir = resolve(process.env['UNDERSTUDY_LAB_DIR'] ?? join(sourceDir, 'var'));
export const cacheDir = join(labDir, 'cache');
export const runDir = join(labDir, 'run');
/** Machine-wide, because namespaces and addresses are: the lock, and which folder's lab is up. */
export const machineDir = '/run/understudy-lab';

export const netns = 'ulab';
export const outsideInterface = 'ulab-lan';
export const subnets: Readonly<Record<LinkName, string>> = { lan: '10.219.77', cable: '10.219.78' };
/** This machine's own address on the LAN: tests reach hosts and guests from it, and guests acknowledge to it. */
export const labAddress = `${subnets.lan}.1`;

export const cgroupMount = join(runDir, 'cgroup');
export const cgroupRoot = join(cgroupMount, 'understudy-lab');

export const storeSource = join(runDir, 'shared');
/** Where each host sees the shared directory and the shared LUN. */
export const storePath = '/srv/store';
export const lunPath = '/dev/lun0';
/** A folder that says it is of the same shared kind and is every host's own: for the proof of sharing to find out. */
export const privatePath = '/srv/private';
/** The LUN's content, beside the shared directory and not in it. */
export const lunFile = 'lun.img';
export const lunSizeBytes = 256 * 1024 * 1024;

export function numberOf(host: HostName): number {
  return hostNames.indexOf(host) + 1;
}

export function hostAddress(host: HostName, link: LinkName = 'lan'): string {
  return `${subnets[link]}.${10 + numberOf(host)}`;
}

export function bmcAddress(host: HostName): string {
  return `${subnets.lan}.${20 + numberOf(host)}`;
}

/** Address of the guest with this number, 1 to 100. */
export function guestAddress(number: number): string {
  return `${subnets.lan}.${100 + number}`;
}

export function hostNetns(host: HostName): string {
  return `${netns}-${host}`;
}

/** The host's name to systemd-nspawn. */
export function machineName(host: HostName): string {
  return `${netns}-${host}`;
}

/** The switch's end of a host's link, inside the lab's network namespace. */
export function portName(host: HostName, link: LinkName): string {
  return `${host}-${link}`;
}

export function hostCgroup(host: HostName): string {
  return join(cgroupRoot, host);
}

/** Places of one host. `upper` is its disk: it survives power cuts, and goes with `down` or `wipe`. */
export interface HostPaths {
  readonly dir: string;
  readonly root: string;
  readonly upper: string;
  readonly work: string;
  readonly store: string;
  readonly storeControl: string;
  readonly privateStore: string;
  readonly privateControl: string;
  readonly privateFiles: string;
  readonly watchdog: string;
  readonly bmc: string;
  readonly consoleLog: string;
  readonly powerLog: string;
  readonly powerLock: string;
  readonly lunDevice: string;
}

export function hostPaths(host: HostName): HostPaths {
  const dir = join(runDir, host);
  const at = (name: string): string => join(dir, name);
  return {
    dir,
    root: at('root'),
    upper: at('upper'),
    work: at('work'),
    store: at('store'),
    storeControl: at('store.control'),
    privateStore: at('private'),
    privateControl: at('private.control'),
    privateFiles: at('private.files'),
    watchdog: at('watchdog'),
    bmc: at('bmc'),
    consoleLog: at('console.log'),
    powerLog: at('power.log'),
    powerLock: at('power.lock'),
    lunDevice: at('lun.device'),
  };
}

export function isHostName(text: string): text is HostName {
  return (hostNames as readonly string[]).includes(text);
}

/** A short name for content, so that a cache is used only for what it was built from. */
export function contentKey(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 12);
}

export function sourceText(name: string): string {
  return readFileSync(join(sourceDir, name), 'utf8');
}
