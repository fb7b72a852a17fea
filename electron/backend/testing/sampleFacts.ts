import type { HostFacts } from '../facts/facts.ts';

/** A host that passes every check, for tests to spoil. Its name makes its identity. */
export function sampleFacts(name: string, changes: Partial<HostFacts> = {}): HostFacts {
  const digit = (name.codePointAt(0) ?? 0).toString(16).padStart(2, '0');
  return {
    name,
    arch: 'x86_64',
    os: 'Debian GNU/Linux 12 (bookworm)',
    kernel: '6.1.0',
    glibc: [2, 36],
    init: 'systemd',
    systemdVersion: 252,
    machineId: digit.repeat(16),
    dmiUuid: `${digit.repeat(4)}-${digit.repeat(2)}-${digit.repeat(2)}-${digit.repeat(2)}-${digit.repeat(6)}`,
    bootId: `boot-of-${name}`,
    virtualization: 'none',
    cpuModel: 'AMD EPYC',
    memoryMiB: 65_536,
    clockOffsetMs: 10,
    clockUncertaintyMs: 20,
    clockSynchronized: true,
    libvirtSocket: '/run/libvirt/libvirt-sock',
    libvirtDaemon: 'libvirtd',
    libvirtVersion: [9, 0],
    qemu: 'QEMU emulator version 7.2.22',
    hasKvm: true,
    tools: ['wdctl', 'sha256sum', 'gzip', 'timeout', 'sync', 'getent', 'groupadd'],
    watchdogs: [
      {
        device: '/dev/watchdog0',
        attributes: '/sys/class/watchdog/watchdog0',
        timeoutSeconds: 30,
        nowayout: false,
        identity: 'iTCO_wdt',
      },
    ],
    watchdogDevices: ['/dev/watchdog', '/dev/watchdog0'],
    watchdogHolders: [],
    runtimeWatchdog: '0',
    units: new Map(),
    processes: new Set(),
    freeKiB: new Map([
      ['/opt', 10_000_000],
      ['/etc', 10_000_000],
      ['/var/lib', 10_000_000],
    ]),
    addresses: [`192.0.2.${Number.parseInt(digit, 16)}`],
    mounts: [
      { path: '/', type: 'ext4', source: '/dev/sda1', options: 'rw' },
      { path: '/srv/vms', type: 'nfs4', source: 'nas:/vms', options: 'rw,relatime,vers=4.2,hard' },
    ],
    blocks: [],
    pools: ['/srv/vms/images'],
    exports: [],
    glusterVolumes: [],
    hooks: [],
    installedVersion: '0.1.0',
    settings: null,
    ...changes,
  };
}
