import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openAckLog, type AckLog } from './ackLog.ts';
import { askGuest, guestDiskFile, startGuest, waitForGuest } from './guests.ts';
import { openLab, type Lab, type LabHost } from './lab.ts';
import { hostAddress, labAddress } from './layout.ts';
import { judge } from './oracle.ts';
import { waitFor } from './run.ts';

let lab: Lab;
let h1: LabHost;
let h2: LabHost;
let log: AckLog;

beforeAll(async () => {
  lab = await openLab();
  h1 = lab.host('h1');
  h2 = lab.host('h2');
  log = await openAckLog();
});

afterAll(async () => {
  log.close();
  await lab.down();
});

/** Every test finds both hosts up, healthy and without guests. */
beforeEach(async () => {
  await lab.net.heal();
  for (const host of lab.hosts) {
    await host.on();
    await host.setStore('ok');
    await host.setBmc('works');
    await host.waitForBoot();
    await host.run(
      'virsh -q list --name | while read -r name; do [ -z "$name" ] || virsh -q destroy "$name"; done',
    );
  }
});

const reaches = async (host: LabHost, address: string): Promise<boolean> =>
  (await host.run(`ping -c 1 -W 1 ${address}`)).code === 0;

const bootId = (host: LabHost): Promise<string> => host.must('cat /proc/sys/kernel/random/boot_id');

const uptimeS = async (host: LabHost): Promise<number> =>
  Number((await host.must('cat /proc/uptime')).split('.')[0]);

const ipmi = (command: string): string =>
  `ipmitool -I lanplus -C 3 -N 1 -R 1 -H ${h1.bmcAddress} -U admin -P secret ${command}`;

/** Opens the watchdog at the host's keyboard and holds it until the host dies. */
async function armWatchdog(host: LabHost, timeoutS: number): Promise<void> {
  await host.must(`wdctl -s ${timeoutS} /dev/watchdog`);
  void host.run('exec 3>/dev/watchdog; sleep 1000', { deadlineMs: 60_000 });
  await waitFor('the watchdog to be open', 5_000, () => host.watchdog().open);
}

describe('guests and their oracle', () => {
  const guest = { number: 1 };
  const disk = (): Buffer => readFileSync(guestDiskFile(guest));

  test('a guest moved by a power cut and a start elsewhere leaves a clean disk that names both hosts', async () => {
    const first = await startGuest(h1, guest);
    expect(first.host).toBe('h1');
    await expect.poll(() => log.boots('vm1')[0]?.lastSeq ?? 0, { timeout: 5_000 }).toBeGreaterThan(5);
    await h1.off();
    const second = await startGuest(h2, guest);
    expect(second).toMatchObject({ host: 'h2', conflicts: 0 });
    await expect
      .poll(() => log.boots('vm1')[1]?.lastSeq ?? 0, { timeout: 5_000 })
      .toBeGreaterThan(second.seq);
    const acks = log.boots('vm1');
    const verdict = judge(disk(), acks);
    expect(verdict.violations).toEqual([]);
    expect(verdict.boots.map(({ host }) => host)).toEqual(['h1', 'h2']);
    expect(verdict.handovers).toMatchObject([{ fromHost: 'h1', toHost: 'h2' }]);
  });

  test('a guest that runs on both hosts at once is found out', async () => {
    const first = await startGuest(h1, guest);
    await startGuest(h2, guest).catch(() => undefined);
    await expect
      .poll(() => judge(disk(), log.boots('vm1')).ok, { timeout: 10_000, interval: 200 })
      .toBe(false);
    expect(judge(disk(), []).violations.map(({ kind }) => kind)).toContain('two-writers');
    expect(first.host).toBe('h1');
  });

  test('every VM has its own systemd scope, whose freezer stops it and lets it go on', async () => {
    const frozenGuest = { number: 2 };
    await startGuest(h1, frozenGuest);
    const scope = await h1.must('cut -d: -f3 /proc/$(pidof qemu-system-x86_64)/cgroup | tail -1');
    expect(scope).toMatch(/^\/machine\.slice\/machine-qemu\\x2d\d+\\x2dvm2\.scope\/libvirt$/);
    const file = `"/sys/fs/cgroup${scope.replace(/\/libvirt$/, '').replaceAll('\\', String.raw`\\`)}/cgroup.freeze"`;
    await h1.must(`echo 1 > ${file}`);
    await waitFor('the guest to be silent', 5_000, async () => (await askGuest(2)) === null);
    await h1.must(`echo 0 > ${file}`);
    expect((await waitForGuest(2)).conflicts).toBe(0);
  });
});

describe('the store of one host', () => {
  test('fails for that host alone, the LUN included', async () => {
    await h1.setStore('eio');
    expect((await h1.run('ls /srv/store')).code).not.toBe(0);
    expect((await h1.run('dd if=/dev/lun0 of=/dev/null bs=4096 count=1 iflag=direct')).code).not.toBe(0);
    expect(await h2.must('ls /srv/store')).toContain('images');
    await h2.must('dd if=/dev/lun0 of=/dev/null bs=4096 count=1 iflag=direct');
  });

  test('can be read-only', async () => {
    await h1.setStore('ro');
    expect((await h1.run('touch /srv/store/x')).stderr).toContain('Read-only');
    await h1.must('ls /srv/store/images');
  });

  test('shows on the LUN at once what the other host wrote there', async () => {
    await h1.must('echo "from h1" | dd of=/dev/lun0 bs=4096 seek=3 conv=sync oflag=direct,dsync');
    expect(await h2.must('dd if=/dev/lun0 bs=4096 skip=3 count=1 iflag=direct | head -c 7')).toBe('from h1');
  });

  const writer = (name: string): string =>
    `: > /srv/store/${name}; exec 3<>/srv/store/${name}; echo ready > /run/${name}; read -r go < /run/${name}.go; ` +
    `echo written | dd conv=sync,notrunc bs=4096 oflag=direct >&3`;

  async function stallAndKill(name: string, fault: 'stall' | 'stall-detached'): Promise<void> {
    await h1.must(`mkfifo /run/${name}.go`);
    void h1.run(writer(name));
    await h1.must(`until [ -e /run/${name} ]; do sleep 0.01; done`);
    await h1.setStore(fault);
    await h1.must(`echo > /run/${name}.go`);
    await waitFor('the write to hang', 5_000, () => h1.storeState().waiting > 0);
    await h1.must('kill -9 $(pidof dd)');
  }

  test('in a stall keeps a killed writer until the stall ends, and its write lands', async () => {
    await stallAndKill('stalled', 'stall');
    expect((await h1.run('pidof dd || ps -C dd')).code).toBe(0);
    await h1.setStore('ok');
    await waitFor(
      'the write to land',
      5_000,
      async () => (await h2.must('head -c 7 /srv/store/stalled')) === 'written',
    );
    await waitFor('its writer to go', 5_000, async () => (await h1.run('ps -C dd')).code !== 0);
  });

  test('in a detached stall lets a killed writer go, and its write lands later all the same', async () => {
    await stallAndKill('detached', 'stall-detached');
    await waitFor('the writer to go', 5_000, async () => (await h1.run('ps -C dd')).code !== 0);
    await waitFor('the write to be kept', 5_000, () => h1.storeState().detached === 1);
    expect(await h2.must('head -c 7 /srv/store/detached')).toBe('');
    await h1.setStore('ok');
    await waitFor(
      'the write to land',
      5_000,
      async () => (await h2.must('head -c 7 /srv/store/detached')) === 'written',
    );
  });

  test('in a stall does not keep the host from losing its power, and what hung then never lands', async () => {
    await stallAndKill('lost', 'stall');
    await h1.off();
    expect(await h2.must('head -c 7 /srv/store/lost')).toBe('');
  });
});

describe('the power of a host', () => {
  test('takes its memory and not its disk, and its boot-time clock starts anew', async () => {
    const before = await bootId(h1);
    await h1.must('echo kept > /root/kept; echo lost > /run/lost');
    await h1.reset();
    await h1.waitForBoot();
    expect(await bootId(h1)).not.toBe(before);
    expect(await h1.must('cat /root/kept; ls /run/lost 2>/dev/null || true')).toBe('kept');
    expect(await uptimeS(h1)).toBeLessThan(60);
  });

  test('is noted when the host reboots or powers off by itself', async () => {
    const before = h1.resets('self');
    const boot = await bootId(h1);
    await h1.ssh('systemctl reboot');
    await waitFor('the reboot', 30_000, () => h1.resets('self') === before + 1);
    await h1.waitForBoot();
    expect(await bootId(h1)).not.toBe(boot);
    await h1.ssh('systemctl poweroff');
    await waitFor('the power-off', 30_000, () => h1.resets('self') === before + 2 && !h1.isOn());
  });

  test('is taken by a watchdog that nobody pets, and only then', async () => {
    const before = h1.resets('watchdog');
    await armWatchdog(h1, 1);
    await waitFor('the watchdog to fire', 10_000, () => h1.resets('watchdog') === before + 1);
    await h1.waitForBoot();
    expect(h1.watchdog()).toMatchObject({ armed: false, open: false });
    await h1.must('printf V > /dev/watchdog');
    expect(h1.watchdog().armed).toBe(false);
    expect(h2.resets('watchdog')).toBe(0);
  });

  test('is taken by the watchdog when the whole host freezes', async () => {
    const before = h1.resets('watchdog');
    await armWatchdog(h1, 1);
    await h1.freeze();
    await waitFor('the watchdog to fire', 10_000, () => h1.resets('watchdog') === before + 1);
    await h1.waitForBoot();
    expect(h1.isFrozen()).toBe(false);
  });

  test('is not taken by a watchdog that fails', async () => {
    h1.setWatchdogFails(true);
    await armWatchdog(h1, 1);
    await waitFor('the time to be up', 10_000, () => h1.watchdog().leftMs < -200);
    expect(h1.watchdog()).toMatchObject({ fails: true, expired: 0, armed: true });
    await h1.off();
  });

  test('is switched by its BMC, which can lie and be silent', async () => {
    await h2.must(ipmi('power off'));
    await waitFor('the power-off', 10_000, () => !h1.isOn());
    await waitFor('the BMC to say so', 10_000, async () =>
      (await h2.run(ipmi('power status'))).stdout.includes('is off'),
    );
    await h2.must(ipmi('power on'));
    await h1.waitForBoot();
    await h1.setBmc('lies');
    await waitFor('the BMC to answer', 10_000, async () => (await h2.run(ipmi('power off'))).code === 0);
    expect((await h2.run(ipmi('power status'))).stdout).toContain('is off');
    expect(h1.isOn()).toBe(true);
    await h1.setBmc('none');
    expect((await h2.run(ipmi('power status'))).code).not.toBe(0);
  });
});

describe('the networks', () => {
  test('are cut, muted and deafened each by itself', async () => {
    await lab.net.cut('h1', 'cable');
    expect(await reaches(h1, h2.cableAddress)).toBe(false);
    expect(await reaches(h1, h2.address)).toBe(true);
    await lab.net.heal();
    expect(await reaches(h1, h2.cableAddress)).toBe(true);
    await lab.net.mute('h1', 'lan');
    expect((await h2.run(`timeout 1 bash -c '</dev/tcp/${h1.address}/22'`)).code).not.toBe(0);
    expect(await reaches(h1, h2.cableAddress)).toBe(true);
  });

  test('are blocked between two hosts while both still reach the tests', async () => {
    await lab.net.partition('h1', 'h2');
    expect(await reaches(h1, h2.address)).toBe(false);
    expect(await reaches(h2, h1.cableAddress)).toBe(false);
    expect(await reaches(h1, labAddress)).toBe(true);
    expect((await h2.ssh('true')).code).toBe(0);
  });

  test('carry only one direction when one is blocked', async () => {
    const packets = async (): Promise<number> =>
      Number(await h2.must("awk '/^Icmp: [0-9]/ { print $2 }' /proc/net/snmp"));
    await reaches(h1, h2.address);
    await lab.net.block('h2', 'h1', 'lan');
    const before = await packets();
    expect(await reaches(h1, h2.address)).toBe(false);
    expect(await packets()).toBeGreaterThan(before);
  });
});

describe('logging in', () => {
  test('works for every user, with the sudo that each has', async () => {
    expect((await h1.ssh('sudo -n id -u', { user: lab.users.passwordless })).stdout.trim()).toBe('0');
    const admin = await h1.ssh('sudo -S -p "" id -u', {
      user: lab.users.withPassword,
      input: `${lab.password}\n`,
    });
    expect(admin.stdout.trim()).toBe('0');
    expect((await h1.ssh('sudo -n id', { user: lab.users.withoutSudo })).code).not.toBe(0);
  });

  test('a command that never ends is ended at its deadline, and endless output is cut', async () => {
    const result = await h1.ssh('yes', { deadlineMs: 1_000, maxOutputBytes: 10_000 });
    expect(result.timedOut).toBe(true);
    expect(result.stdout).toHaveLength(10_000);
  });
});

test('a host has none of the things that the product may not assume', async () => {
  expect((await h1.run('command -v python3 node curl jq gcc perl-modules')).stdout).toBe('');
  expect(hostAddress('h1')).toBe(h1.address);
  expect(existsSync(join(h1.rootDir, 'etc/hostname'))).toBe(true);
});
