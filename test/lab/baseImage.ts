import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { cacheDir, contentKey } from './layout.ts';
import { LabError, mustRun, run } from './run.ts';

/** What a host of the lab has. No Python, no Node, no compiler: the product may not assume them. */
const hostPackages: readonly string[] = [
  'systemd',
  'systemd-sysv',
  'systemd-container',
  'dbus',
  'libpam-systemd',
  'openssh-server',
  'sudo',
  'ca-certificates',
  'iproute2',
  'iputils-ping',
  'procps',
  'kmod',
  'less',
  'libvirt-daemon-system',
  'libvirt-daemon-driver-qemu',
  'libvirt-clients',
  'dnsmasq-base',
  'qemu-system-x86',
  'qemu-utils',
  'ipmitool',
  'swtpm',
  'swtpm-tools',
  'ovmf',
];

/** Units that reach for hardware, kernel modules or the internet, which a host of the lab has not. */
const maskedUnits: readonly string[] = [
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'fstrim.timer',
  'modprobe@.service',
  'nftables.service',
  'openipmi.service',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'systemd-modules-load.service',
  'systemd-pstore.service',
  'systemd-timesyncd.service',
];

/** root, and users with sudo without a password, with one, and without sudo; the password of all is `lab`. */
export const labPassword = 'lab';
export const labUsers = { passwordless: 'ops', withPassword: 'admin', withoutSudo: 'plain' } as const;

/**
 * Every VM is told which host runs it: the product starts the same XML on any host, so the host has to add its own
 * name. The real emulator stays beside /usr/bin, because it looks for its files relative to its own place.
 */
const emulatorDir = '/usr/lab';
const emulatorName = 'qemu-system-x86_64';
const emulator = `#!/bin/sh
case "$*" in
  *"-machine none"* | *"-machine help"* | *"-version"*) exec ${emulatorDir}/${emulatorName} "$@" ;;
esac
exec ${emulatorDir}/${emulatorName} "$@" -fw_cfg "name=opt/lab.host,string=$(cat /etc/hostname)"
`;

const sshdConfig = `PermitRootLogin yes
PasswordAuthentication yes
KbdInteractiveAuthentication yes
UseDNS no
`;

/** QEMU runs as root without confinement, because the hosts share one kernel and have no security module. */
const qemuConf = `user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
swtpm_user = "root"
swtpm_group = "root"
max_core = 0
vnc_listen = "0.0.0.0"
`;

/**
 * libvirt gives every VM its own systemd scope only where cgroup v2 offers a controller. On a machine whose controllers
 * all belong to cgroup v1 none is left for the hosts, although freezing and killing, which need no controller, work. So
 * libvirt is shown one, that it does not use.
 */
const machineScopes = `[Unit]
Description=Machine scopes for VMs on a lab machine with cgroup v1
DefaultDependencies=no
After=local-fs.target
Before=basic.target
ConditionFileNotEmpty=!/sys/fs/cgroup/cgroup.controllers

[Service]
Type=oneshot
ExecStart=/bin/mount --bind ${emulatorDir}/controllers /sys/fs/cgroup/cgroup.controllers

[Install]
WantedBy=basic.target
`;

const recipe = contentKey(
  hostPackages.join(),
  maskedUnits.join(),
  emulator,
  machineScopes,
  sshdConfig,
  qemuConf,
  JSON.stringify(labUsers),
);

export const baseDir = join(cacheDir, `base-${recipe}`);

function codename(): string {
  const name = /^VERSION_CODENAME=(\S+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  if (name === undefined) throw new LabError('not-debian', 'The lab builds its hosts from Debian packages.');
  return name;
}

/** The machine's own Debian package sources, without those of other vendors. */
function debianSources(): readonly string[] {
  const folder = '/etc/apt/sources.list.d';
  const candidates = ['/etc/apt/sources.list', ...readdirSync(folder).map((name) => join(folder, name))];
  return candidates.filter(
    (file) =>
      /\.(list|sources)$/.test(file) &&
      existsSync(file) &&
      /\/debian(-security)?\b/.test(readFileSync(file, 'utf8')),
  );
}

async function bootstrap(into: string): Promise<void> {
  const excluded = ['man', 'doc', 'locale', 'info'].map(
    (part) => `--dpkgopt=path-exclude=/usr/share/${part}/*`,
  );
  await mustRun(
    'mmdebstrap',
    [
      '--mode=root',
      '--variant=minbase',
      '--format=directory',
      '--aptopt=APT::Install-Recommends "false"',
      '--aptopt=Acquire::Languages "none"',
      '--dpkgopt=force-unsafe-io',
      ...excluded,
      `--include=${hostPackages.join(',')}`,
      codename(),
      into,
      ...debianSources(),
    ],
    { deadlineMs: 900_000 },
  );
}

async function addUsers(root: string): Promise<void> {
  const sudoers: string[] = [];
  for (const name of Object.values(labUsers)) {
    const groups = name === labUsers.withoutSudo ? [] : ['-G', 'libvirt'];
    await mustRun('chroot', [root, 'useradd', '-m', '-s', '/bin/bash', ...groups, name]);
  }
  sudoers.push(
    `${labUsers.passwordless} ALL=(ALL) NOPASSWD:ALL`,
    `${labUsers.withPassword} ALL=(ALL) ALL`,
    '',
  );
  const everyone = ['root', ...Object.values(labUsers)];
  await mustRun('chroot', [root, 'chpasswd'], {
    input: everyone.map((name) => `${name}:${labPassword}\n`).join(''),
  });
  writeFileSync(join(root, 'etc/sudoers.d/lab'), sudoers.join('\n'), { mode: 0o440 });
}

function wrapEmulator(root: string): void {
  mkdirSync(join(root, emulatorDir), { recursive: true });
  const visible = join(root, 'usr/bin', emulatorName);
  renameSync(visible, join(root, emulatorDir, emulatorName));
  writeFileSync(visible, emulator);
  chmodSync(visible, 0o755);
}

async function configure(root: string): Promise<void> {
  await addUsers(root);
  wrapEmulator(root);
  writeFileSync(join(root, emulatorDir, 'controllers'), 'hugetlb\n');
  writeFileSync(join(root, 'etc/systemd/system/lab-machine-scopes.service'), machineScopes);
  await mustRun('chroot', [root, 'systemctl', 'enable', '-q', 'lab-machine-scopes.service']);
  writeFileSync(join(root, 'etc/ssh/sshd_config.d/lab.conf'), sshdConfig);
  writeFileSync(join(root, 'etc/libvirt/qemu.conf'), qemuConf);
  writeFileSync(join(root, 'etc/machine-id'), '');
  for (const key of readdirSync(join(root, 'etc/ssh')).filter((name) => name.startsWith('ssh_host_'))) {
    rmSync(join(root, 'etc/ssh', key));
  }
  for (const unit of maskedUnits) {
    const link = join(root, 'etc/systemd/system', unit);
    rmSync(link, { force: true });
    symlinkSync('/dev/null', link);
  }
  rmSync(join(root, 'etc/libvirt/qemu/networks/autostart'), { recursive: true, force: true });
  mkdirSync(join(root, 'etc/libvirt/qemu/networks/autostart'));
}

/** Builds the hosts' common, read-only root file system, about 30 s, unless it is in the cache. */
export async function buildBaseImage(log: (line: string) => void): Promise<void> {
  if (existsSync(baseDir)) return;
  mkdirSync(cacheDir, { recursive: true });
  for (const stale of readdirSync(cacheDir).filter((name) => name.startsWith('base-'))) {
    rmSync(join(cacheDir, stale), { recursive: true, force: true });
  }
  log('building the host image from Debian packages');
  const draft = `${baseDir}.new`;
  await bootstrap(draft);
  await configure(draft);
  renameSync(draft, baseDir);
}

/** Copies the shared libraries that `program` of a foreign package needs, as the host image has them. */
export async function copyLibraries(program: string, into: string): Promise<void> {
  const visitor = join(baseDir, 'tmp/library-visitor');
  copyFileSync(program, visitor);
  const listing = await run('chroot', [baseDir, 'ldd', '/tmp/library-visitor']);
  rmSync(visitor);
  for (const match of listing.stdout.matchAll(/\/\S+/g)) {
    const target = join(into, match[0]);
    mkdirSync(join(target, '..'), { recursive: true });
    copyFileSync(join(baseDir, match[0]), target);
  }
}
