import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { hardwareId, parseFacts } from './facts.ts';
import { factsScript } from './script.ts';

const timing = { sentAt: 1_000_000, tookMs: 200 };

test('the script runs in a plain sh, reads to its end, and its output is understood', () => {
  const output = execFileSync('sh', ['-c', `set -eu\n${factsScript}`], {
    encoding: 'utf8',
    timeout: 60_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const facts = parseFacts('here', output, { sentAt: Date.now(), tookMs: 0 });
  expect(facts.arch).toMatch(/^\w+$/);
  expect(facts.mounts.some((mount) => mount.path === '/')).toBe(true);
  expect(facts.freeKiB.get('/etc')).toBeGreaterThan(0);
  expect(Math.abs(facts.clockOffsetMs)).toBeLessThan(60_000);
});

const sample = `time=1000.350
arch=x86_64
glibc=glibc 2.36
init=systemd
systemd=systemd 252 (252.39-1~deb12u1)
machineId=0123456789abcdef0123456789abcdef
dmiUuid=ABCDEF00-0000-0000-0000-000000000001
libvirtVersion=libvirtd (libvirt) 9.0.0
clockSynchronized=yes
@watchdogs
|watchdog0 30 0 iTCO wdt board
|watchdog1 - - 
@units
|Id=corosync.service
|LoadState=loaded
|ActiveState=active
|UnitFileState=enabled
|
|Id=sleep.target
|LoadState=masked
|ActiveState=inactive
|UnitFileState=masked
@mounts
|36 35 98:0 / /mnt/with\\040blank rw,noatime shared:1 - nfs4 nas:/vms rw,vers=4.2
|garbage
@blocks
|KNAME="sdb" SIZE="1073741824" TYPE="disk" FSTYPE="" MOUNTPOINT="" RO="0"
@blockIds
|wwn-0x1 ../../sdb
|wwn-0x2 ../../gone
@gluster
|Volume Name: vms
|Type: Replicate
|Number of Bricks: 1 x 2 = 2
|Volume Name: safe
|Number of Bricks: 1 x (2 + 1) = 3
|cluster.quorum-type: auto
@addresses
|eth0 inet 192.0.2.7/24
hostSettings={"version": 1, "broken"
finished=yes
`;

test('values, lists, escapes and missing things are read as what they are', () => {
  const facts = parseFacts('a', sample, timing);
  expect(facts).toMatchObject({
    glibc: [2, 36],
    systemdVersion: 252,
    dmiUuid: 'abcdef00-0000-0000-0000-000000000001',
    libvirtVersion: [9, 0],
    clockOffsetMs: 250,
    clockUncertaintyMs: 100,
    clockSynchronized: true,
    libvirtSocket: null,
    addresses: ['192.0.2.7'],
    settings: null,
    installedVersion: null,
  });
  expect(facts.watchdogs).toEqual([
    {
      device: '/dev/watchdog0',
      attributes: '/sys/class/watchdog/watchdog0',
      timeoutSeconds: 30,
      nowayout: false,
      identity: 'iTCO wdt board',
    },
    {
      device: '/dev/watchdog1',
      attributes: '/sys/class/watchdog/watchdog1',
      timeoutSeconds: null,
      nowayout: null,
      identity: '',
    },
  ]);
  expect(facts.glusterVolumes).toEqual([
    { name: 'vms', replicas: 2, quorum: 'none' },
    { name: 'safe', replicas: 3, quorum: 'auto' },
  ]);
  expect(facts.units.get('corosync.service')).toEqual({ loaded: true, active: true, fileState: 'enabled' });
  expect(facts.units.get('sleep.target')).toEqual({ loaded: true, active: false, fileState: 'masked' });
  expect(facts.mounts).toEqual([
    { path: '/mnt/with blank', type: 'nfs4', source: 'nas:/vms', options: 'rw,noatime,rw,vers=4.2' },
  ]);
  expect(facts.blocks.map((device) => device.path)).toEqual(['/dev/disk/by-id/wwn-0x1']);
});

test('output that was cut off, or is none of ours, is a failure and never half a report', () => {
  expect(() => parseFacts('a', sample.slice(0, 200), timing)).toThrowError(/did not tell its whole state/);
  expect(() => parseFacts('a', 'Welcome!\n\u0000\u0001', timing)).toThrowError(/whole state/);
});

test('the hardware id follows machine id and DMI UUID alone', () => {
  const one = hardwareId({ machineId: 'a', dmiUuid: 'b' });
  expect(one).toMatch(/^[0-9a-f]{64}$/);
  expect(hardwareId({ machineId: 'a', dmiUuid: 'c' })).not.toBe(one);
  expect(hardwareId({ machineId: 'a', dmiUuid: 'b' })).toBe(one);
});
