import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { labMachinePackages } from './packages.ts';

/** Something that the machine lacks, and the command that brings it, if one does. */
export interface Missing {
  readonly what: string;
  readonly fix: string;
}

const tools: readonly (readonly [program: string, packageName: string])[] = [
  ['mmdebstrap', 'mmdebstrap'],
  ['systemd-nspawn', 'systemd-container'],
  ['ip', 'iproute2'],
  ['nft', 'nftables'],
  ['gcc', 'gcc'],
  ['fusermount3', 'fuse3'],
  ['pkg-config', 'pkg-config'],
  ['ipmi_sim', 'openipmi'],
  ['ssh', 'openssh-client'],
  ['xz', 'xz-utils'],
  ['flock', 'util-linux'],
  ['losetup', 'mount'],
];

const files: readonly (readonly [path: string, packageName: string])[] = [
  ['/usr/include/fuse3/fuse.h', 'libfuse3-dev'],
  ['/usr/include/stdlib.h', 'libc6-dev'],
];

/** Where these are modules of the kernel, not all of them load by themselves; where they are built in, there is no tool. */
const moduleLoader = 'modprobe';
const kernelModules = ['fuse', 'overlay', 'loop', 'tun', 'veth', 'bridge'];
const devices = ['/dev/fuse', '/dev/loop-control', '/dev/net/tun'];

function isProgram(name: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Everything that keeps the lab from running on this machine; empty when it can. */
export function findMissing(): readonly Missing[] {
  if (process.getuid?.() === 0)
    spawnSync(moduleLoader, ['--all', '--quiet', ...kernelModules], { timeout: 10_000 });
  const missing: Missing[] = [];
  const cannot = (what: string): void => {
    missing.push({ what, fix: 'This machine can not run the lab; a Debian VM with root can.' });
  };
  if (process.platform !== 'linux') cannot('The lab needs Linux.');
  if (process.getuid?.() !== 0) missing.push({ what: 'The lab needs root.', fix: 'Run it with sudo.' });
  if (!existsSync('/etc/debian_version')) cannot('The lab builds its hosts with the tools of Debian.');
  const lacking = [
    ...tools.filter(([program]) => !isProgram(program)),
    ...files.filter(([path]) => !existsSync(path)),
  ];
  for (const [what, packageName] of lacking) {
    missing.push({ what: `${what} is missing.`, fix: `apt-get install -y ${packageName}` });
  }
  for (const device of devices.filter((path) => !existsSync(path))) cannot(`${device} is missing.`);
  for (const name of ['fuse', 'overlay', 'cgroup2']) {
    if (!new RegExp(`\\b${name}$`, 'm').test(readFileSync('/proc/filesystems', 'utf8'))) {
      cannot(`The kernel knows no ${name} file system.`);
    }
  }
  if (!existsSync('/proc/self/ns/time')) cannot('The kernel has no time namespaces.');
  return missing;
}

/** What is missing, and the one command that installs all packages, as lines to print. */
export function describeMissing(missing: readonly Missing[]): readonly string[] {
  const lines = missing.map(({ what, fix }) => `${what} ${fix}`);
  const installs = missing.some(({ fix }) => fix.startsWith('apt-get'));
  return installs ? [...lines, `All of it: apt-get install -y ${labMachinePackages.join(' ')}`] : lines;
}
