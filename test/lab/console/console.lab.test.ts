import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AREA_BYTES } from '../../../agent/core/area.ts';
import { crc32c } from '../../../agent/core/crc32c.ts';
import { defineGuest, startGuest } from '../guests.ts';
import type { GuestOptions } from '../guestXml.ts';
import { useLab } from '../labFixture.ts';
import type { LabHost } from '../lab.ts';
import { storePath } from '../layout.ts';
import { type LabConsole, openConsole, snapshot } from './consoleRun.ts';

/** The console against real hosts: what it installs it can take away, and bad input changes nothing. */

const used = useLab();
const watchdogs = ['h1', 'h2'].flatMap((name) => ['--watchdog', `${name}=/dev/watchdog:/run/labwd`]);
const members = ['--hosts', 'h1,h2'];
const create = (name: string, ...place: readonly string[]): string[] => [
  'group',
  'create',
  name,
  ...members,
  ...watchdogs,
  ...place,
];

let folder = '';
let understudy: LabConsole;
const areaFile = (): string => join(used.lab.storeDir, 'understudy.area');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-console-lab-'));
  understudy = openConsole(used.lab, join(folder, 'inventory.json'));
  expect(await understudy.add(used.h1, 'root')).toMatchObject({ code: null });
  expect(await understudy.add(used.h2, 'ops')).toMatchObject({ code: null });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('hosts', () => {
  test('a user without sudo, a foreign key and a wrong key are refused', async () => {
    expect(await understudy.add(used.h1, 'plain', 'p')).toMatchObject({ code: 'ssh.sudo-password-missing' });
    const asPlain = ['hosts', 'add', 'p', used.h1.address, '--user', 'plain', '--key', used.lab.sshKey];
    expect(await understudy.run(...asPlain)).toMatchObject({ code: 'ssh.host-key-unknown' });
    const wrong = ['--accept-key', `SHA256:${'A'.repeat(43)}`];
    expect(await understudy.run(...asPlain, ...wrong)).toMatchObject({ code: 'ssh.host-key-other' });
    expect((await understudy.must('hosts', 'list')).data['hosts']).toHaveLength(2);
  });

  test('an installation by a user whose sudo wants a password, and its removal, leave the host as it was', async () => {
    const before = await snapshot(used.h2);
    const console = openConsole(used.lab, join(folder, 'admin.json'));
    expect(await console.add(used.h2, 'admin')).toMatchObject({ code: null });
    const password = ['--sudo-password-env', 'LAB_PASSWORD'];
    await console.must('install', 'h2', ...password);
    expect(await snapshot(used.h2)).not.toBe(before);
    await console.must('uninstall', 'h2', ...password);
    expect(await snapshot(used.h2)).toBe(before);
  });

  test('an installation that was cut off goes on where it stopped', async () => {
    const first = understudy.run('install', 'h1');
    await used.h1.must(
      'until ls /opt/understudy/*/.node.*.tmp >/dev/null 2>&1; do sleep 0.05; done; pkill -f "[s]shd: root@notty"',
    );
    expect(await first).toMatchObject({ code: null });
    await understudy.must('install', 'h2');
  });
});

interface BadHost {
  readonly name: string;
  readonly spoil: string;
  readonly mend: string;
  readonly code: string;
}

/** Puts a program before the system's own one of that name: what the host says of itself is changed, the host is not. */
const onPath = (name: string, script: string): string =>
  `printf '#!/bin/sh\\n%s\\n' '${script}' >/usr/local/sbin/${name}; chmod 755 /usr/local/sbin/${name}`;

const badHosts: readonly BadHost[] = [
  {
    name: 'no running libvirt',
    spoil: 'systemctl mask --now libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd.service',
    mend: 'systemctl unmask libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd.service; systemctl start libvirtd.socket libvirtd.service',
    code: 'host.libvirt-not-running',
  },
  {
    name: 'a full disk',
    spoil: 'mount -t tmpfs -o size=64k none /opt',
    mend: 'umount /opt',
    code: 'host.disk-full',
  },
  {
    name: 'the machine id of the other host',
    spoil:
      'cp -p /etc/machine-id /etc/machine-id.own; chmod u+w /etc/machine-id; echo OTHER >/etc/machine-id',
    mend: 'mv /etc/machine-id.own /etc/machine-id',
    code: 'hosts.same-machine-id',
  },
  {
    name: 'a clock that is far off',
    spoil: onPath('date', 'exec /usr/bin/date -d "+5 minutes" "$@"'),
    mend: 'rm /usr/local/sbin/date',
    code: 'hosts.clocks-apart',
  },
  {
    name: 'a processor that no agent is built for',
    spoil: onPath('uname', String.raw`case $1 in -m) echo riscv64;; *) exec /usr/bin/uname "$@";; esac`),
    mend: 'rm /usr/local/sbin/uname',
    code: 'host.cpu-unsupported',
  },
  {
    name: 'a C library that is too old',
    spoil: onPath('getconf', 'echo glibc 2.17'),
    mend: 'rm /usr/local/sbin/getconf',
    code: 'host.glibc-too-old',
  },
  {
    name: 'another failover system',
    spoil: String.raw`printf '[Service]\nExecStart=/bin/sleep infinity\n' >/etc/systemd/system/pacemaker.service; systemctl daemon-reload; systemctl start pacemaker`,
    mend: 'systemctl stop pacemaker; rm /etc/systemd/system/pacemaker.service; systemctl daemon-reload',
    code: 'host.other-ha',
  },
];

/** Nothing of a group is on the hosts or the store. */
async function expectNoGroup(): Promise<void> {
  for (const host of [used.h1, used.h2]) {
    expect(await host.must('ls /etc/understudy')).toBe('');
    expect(await host.must('systemctl is-active understudy-keeper understudy-agent || true')).toBe(
      'inactive\ninactive',
    );
  }
  expect((await understudy.must('group', 'show')).data['groups']).toEqual([]);
}

describe('a group is refused, and nothing is changed, with', () => {
  test.each(badHosts)('$name', async ({ spoil, mend, code }) => {
    const other = await used.h1.must('cat /etc/machine-id');
    await used.h2.must(spoil.replace('OTHER', other));
    try {
      expect(await understudy.run(...create('bad', '--store', storePath))).toMatchObject({
        exitCode: 1,
        code,
      });
      expect(await understudy.run('check', 'h1', 'h2')).toMatchObject({ exitCode: 3 });
    } finally {
      await used.h2.must(mend);
    }
    await expectNoGroup();
  });

  test('no watchdog', async () => {
    await used.h2.must('umount /dev/watchdog; rm -f /dev/watchdog');
    try {
      const withoutChoice = ['group', 'create', 'bad', ...members, '--store', storePath];
      expect(await understudy.run(...withoutChoice)).toMatchObject({ code: 'host.no-watchdog' });
      const named = create('bad', '--store', storePath);
      expect(await understudy.run(...named)).toMatchObject({ code: 'host.watchdog-not-there' });
    } finally {
      await used.h2.reset();
      await used.h2.waitForBoot();
    }
    await expectNoGroup();
  });

  test('a store that is not shared, or only local, or read-only, or failing', async () => {
    const at = (path: string) => understudy.run(...create('bad', '--store', path));
    expect(await at('/srv/private')).toMatchObject({ code: 'store.not-shared' });
    expect(await at('/root')).toMatchObject({ code: 'store.local-file-system' });
    expect(await at('/dev/shm')).toMatchObject({ code: 'store.local-file-system' });
    await used.h2.setStore('ro');
    expect(await at(storePath)).toMatchObject({ code: 'store.not-writable' });
    await used.h2.setStore('eio');
    expect(await at(storePath)).toMatchObject({ code: 'store.io-error' });
    await used.h2.setStore('stall');
    expect(await at(storePath)).toMatchObject({ code: 'store.hangs' });
    await used.h2.setStore('ok');
    await expectNoGroup();
  });

  test('a lease area of a newer layout, a damaged one, and foreign data', async () => {
    const tries: readonly [string, Buffer][] = [
      ['store.newer-layout', newerHeader()],
      ['store.not-empty', Buffer.alloc(AREA_BYTES, 'x')],
      ['store.not-empty', Buffer.concat([Buffer.from('USTD'), Buffer.alloc(AREA_BYTES - 4, 1)])],
    ];
    for (const [code, content] of tries) {
      writeFileSync(areaFile(), content);
      expect(await understudy.run(...create('bad', '--store', storePath))).toMatchObject({ code });
      expect(readFileSync(areaFile()).equals(content)).toBe(true);
    }
    rmSync(areaFile());
    await expectNoGroup();
  });
});

/** A header record of layout 2 with nothing in it: magic, version, kind, no payload, checksum. */
function newerHeader(): Buffer {
  const area = Buffer.alloc(AREA_BYTES);
  area.write('USTD', 'latin1');
  area.writeUInt16BE(2, 4);
  area.writeUInt8(1, 6);
  area.writeUInt32BE(crc32c(area, 0, 12), 12);
  return area;
}

describe('a group that is up', () => {
  test("is made, and its lease area is nobody else's", async () => {
    await understudy.must(...create('first', '--store', storePath));
    const area = readFileSync(areaFile()).subarray(0, 8192);
    const stranger = openConsole(used.lab, join(folder, 'stranger.json'));
    await stranger.add(used.h1, 'root');
    await stranger.add(used.h2, 'root');
    expect(await stranger.run(...create('second', '--store', storePath))).toMatchObject({
      code: 'group.host-in-group',
    });
    expect(readFileSync(areaFile()).subarray(0, 8192).equals(area)).toBe(true);
    // The same command once more is no harm: it finds its own group and starts nothing anew.
    await understudy.must(...create('first', '--store', storePath));
  });

  const badGuests: readonly [string, GuestOptions][] = [
    ['a local disk', { number: 11, name: 'local', disk: '/var/lib/libvirt/images/local.raw' }],
    [
      'a local ISO',
      {
        number: 12,
        name: 'iso',
        extraDevices: `<disk type='file' device='cdrom'><source file='/root/x.iso'/><target dev='sda' bus='sata'/></disk>`,
      },
    ],
    [
      'a passthrough device',
      {
        number: 13,
        name: 'pci',
        extraDevices: `<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0' bus='0' slot='31' function='0'/></source></hostdev>`,
      },
    ],
  ];

  test.each(badGuests)('does not protect a VM with %s', async (_what, guest) => {
    await defineGuest(used.h1, guest);
    const name = guest.name ?? '';
    const refused = await understudy.run('protect', name);
    expect(refused).toMatchObject({ exitCode: 1, code: expect.stringMatching(/^(vm|ready|protect)\./) });
    expect(await understudy.run('vm', 'check', name)).toMatchObject({ exitCode: 1 });
    await used.h1.must(`virsh undefine --nvram ${name}`);
  });

  test('keeps its hosts while they run protected VMs, and lets them go afterwards', async () => {
    await startGuest(used.h1, { number: 1 });
    await understudy.must('protect', 'vm1');
    expect(await understudy.run('uninstall', 'h1')).toMatchObject({ code: 'uninstall.vm-runs-here' });
    await understudy.must('unprotect', 'vm1');
    await understudy.must('uninstall', 'h1');
    expect(await used.h1.must('virsh -q list --name')).toContain('vm1');
    await understudy.must('uninstall', 'h2');
    await expectGone(used.h1);
    await expectGone(used.h2);
  });

  test('leaves an area that a later group does not take over', async () => {
    await understudy.must('install', 'h1', 'h2');
    const refused = await understudy.run(...create('second', '--store', storePath));
    expect(refused).toMatchObject({ code: 'store.area-of-another-group' });
    expect(JSON.stringify(refused.data)).toContain('first');
  });
});

async function expectGone(host: LabHost): Promise<void> {
  expect(
    await host.must('ls -d /opt/understudy /etc/understudy /var/lib/understudy 2>/dev/null || true'),
  ).toBe('');
  expect(await host.must('cat /run/labwd/state')).toBe('inactive');
}
