import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAckLog, type AckLog } from './ackLog.ts';
import { askGuest, guestDiskFile, readGuestDisk, startGuest, waitForGuest } from './guests.ts';
import type { GuestOptions } from './guestXml.ts';
import type { LabHost } from './lab.ts';
import { labAddress } from './layout.ts';
import { useLab } from './labFixture.ts';
import { judge } from './oracle.ts';
import { waitFor } from './run.ts';

let log: AckLog;

const used = useLab();

beforeAll(async () => {
  log = await openAckLog();
});

afterAll(() => log.close());

const reaches = async (host: LabHost, address: string): Promise<boolean> =>
  (await host.run(`ping -c 1 -W 1 ${address}`)).code === 0;

const bootId = (host: LabHost): Promise<string> => host.must('cat /proc/sys/kernel/random/boot_id');

const uptimeS = async (host: LabHost): Promise<number> =>
  Number((await host.must('cat /proc/uptime')).split('.')[0]);

const ipmi = (command: string): string =>
  `ipmitool -I lanplus -C 3 -N 5 -R 1 -H ${used.h1.bmcAddress} -U admin -P secret ${command}`;

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
    const first = await startGuest(used.h1, guest);
    expect(first.host).toBe('h1');
    await expect.poll(() => log.boots('vm1')[0]?.lastSeq ?? 0, { timeout: 5_000 }).toBeGreaterThan(5);
    await used.h1.off();
    const second = await startGuest(used.h2, guest);
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
    const first = await startGuest(used.h1, guest);
    await startGuest(used.h2, guest).catch(() => undefined);
    await expect
      .poll(() => judge(disk(), log.boots('vm1')).ok, { timeout: 10_000, interval: 200 })
      .toBe(false);
    expect(judge(disk(), []).violations.map(({ kind }) => kind)).toContain('two-writers');
    expect(first.host).toBe('h1');
  });

  test('the disk of a guest may be qcow2', async () => {
    const other: GuestOptions = { number: 3, format: 'qcow2', cache: 'directsync' };
    await startGuest(used.h1, other);
    const before = log.boots('vm3');
    const verdict = judge(await readGuestDisk(used.h1, other), before);
    expect(verdict.violations).toEqual([]);
    expect(verdict.boots).toMatchObject([{ host: 'h1' }]);
  });

  test('every VM has its own systemd scope, whose freezer stops it and lets it go on', async () => {
    const frozenGuest = { number: 2 };
    await startGuest(used.h1, frozenGuest);
    const scope = await used.h1.must('cut -d: -f3 /proc/$(pidof qemu-system-x86_64)/cgroup | tail -1');
    expect(scope).toMatch(/^\/machine\.slice\/machine-qemu\\x2d\d+\\x2dvm2\.scope\/libvirt$/);
    const file = `"/sys/fs/cgroup${scope.replace(/\/libvirt$/, '').replaceAll('\\', String.raw`\\`)}/cgroup.freeze"`;
    await used.h1.must(`echo 1 > ${file}`);
    await waitFor('the guest to be silent', 5_000, async () => (await askGuest(2)) === null);
    await used.h1.must(`echo 0 > ${file}`);
    expect((await waitForGuest(2)).conflicts).toBe(0);
  });
});

describe('the power of a host', () => {
  test('takes its memory and not its disk, and its boot-time clock starts anew', async () => {
    const before = await bootId(used.h1);
    await used.h1.must('echo kept > /root/kept; echo lost > /run/lost');
    await used.h1.reset();
    await used.h1.waitForBoot();
    expect(await bootId(used.h1)).not.toBe(before);
    expect(await used.h1.must('cat /root/kept; ls /run/lost 2>/dev/null || true')).toBe('kept');
    expect(await uptimeS(used.h1)).toBeLessThan(60);
  });

  test('is noted when the host reboots or powers off by itself', async () => {
    const before = used.h1.resets('self');
    const boot = await bootId(used.h1);
    await used.h1.ssh('systemctl reboot');
    await waitFor('the reboot', 30_000, () => used.h1.resets('self') === before + 1);
    await used.h1.waitForBoot();
    expect(await bootId(used.h1)).not.toBe(boot);
    await used.h1.ssh('systemctl poweroff');
    await waitFor('the power-off', 30_000, () => used.h1.resets('self') === before + 2 && !used.h1.isOn());
  });

  test('is taken by a watchdog that nobody pets, and only then', async () => {
    const before = used.h1.resets('watchdog');
    await armWatchdog(used.h1, 1);
    await waitFor('the watchdog to fire', 10_000, () => used.h1.resets('watchdog') === before + 1);
    await used.h1.waitForBoot();
    expect(used.h1.watchdog()).toMatchObject({ armed: false, open: false });
    await used.h1.must('printf V > /dev/watchdog');
    expect(used.h1.watchdog().armed).toBe(false);
    expect(used.h2.resets('watchdog')).toBe(0);
  });

  test('is taken by the watchdog when the whole host freezes', async () => {
    const before = used.h1.resets('watchdog');
    await armWatchdog(used.h1, 1);
    await used.h1.freeze();
    await waitFor('the watchdog to fire', 10_000, () => used.h1.resets('watchdog') === before + 1);
    await used.h1.waitForBoot();
    expect(used.h1.isFrozen()).toBe(false);
  });

  test('is not taken by a watchdog that fails', async () => {
    used.h1.setWatchdogFails(true);
    await armWatchdog(used.h1, 1);
    await waitFor('the time to be up', 10_000, () => used.h1.watchdog().leftMs < -200);
    expect(used.h1.watchdog()).toMatchObject({ fails: true, expired: 0, armed: true });
    await used.h1.off();
  });

  test('is switched by its BMC, which can lie and be silent', async () => {
    await used.h2.must(ipmi('power off'));
    await waitFor('the power-off', 10_000, () => !used.h1.isOn());
    await waitFor('the BMC to say so', 10_000, async () =>
      (await used.h2.run(ipmi('power status'))).stdout.includes('is off'),
    );
    await used.h2.must(ipmi('power on'));
    await used.h1.waitForBoot();
    await used.h1.setBmc('lies');
    await waitFor('the BMC to answer', 10_000, async () => (await used.h2.run(ipmi('power off'))).code === 0);
    expect((await used.h2.run(ipmi('power status'))).stdout).toContain('is off');
    expect(used.h1.isOn()).toBe(true);
    await used.h1.setBmc('none');
    expect((await used.h2.run(ipmi('power status'))).code).not.toBe(0);
  });
});

describe('the networks', () => {
  test('are cut, muted and deafened each by itself', async () => {
    await used.lab.net.cut('h1', 'cable');
    expect(await reaches(used.h1, used.h2.cableAddress)).toBe(false);
    expect(await reaches(used.h1, used.h2.address)).toBe(true);
    await used.lab.net.heal();
    expect(await reaches(used.h1, used.h2.cableAddress)).toBe(true);
    await used.lab.net.mute('h1', 'lan');
    expect((await used.h2.run(`timeout 1 bash -c '</dev/tcp/${used.h1.address}/22'`)).code).not.toBe(0);
    expect(await reaches(used.h1, used.h2.cableAddress)).toBe(true);
  });

  test('are blocked between two hosts while both still reach the tests', async () => {
    await used.lab.net.partition('h1', 'h2');
    expect(await reaches(used.h1, used.h2.address)).toBe(false);
    expect(await reaches(used.h2, used.h1.cableAddress)).toBe(false);
    expect(await reaches(used.h1, labAddress)).toBe(true);
    expect((await used.h2.ssh('true')).code).toBe(0);
  });

  test('carry only one direction when one is blocked', async () => {
    const packets = async (): Promise<number> =>
      Number(await used.h2.must("awk '/^Icmp: [0-9]/ { print $2 }' /proc/net/snmp"));
    await reaches(used.h1, used.h2.address);
    await used.lab.net.block('h2', 'h1', 'lan');
    const before = await packets();
    expect(await reaches(used.h1, used.h2.address)).toBe(false);
    expect(await packets()).toBeGreaterThan(before);
  });
});

describe('logging in', () => {
  test('works for every user, with the sudo that each has', async () => {
    expect((await used.h1.ssh('sudo -n id -u', { user: used.lab.users.passwordless })).stdout.trim()).toBe(
      '0',
    );
    const admin = await used.h1.ssh('sudo -S -p "" id -u', {
      user: used.lab.users.withPassword,
      input: `${used.lab.password}\n`,
    });
    expect(admin.stdout.trim()).toBe('0');
    expect((await used.h1.ssh('sudo -n id', { user: used.lab.users.withoutSudo })).code).not.toBe(0);
  });

  test('a command that never ends is ended at its deadline, and endless output is cut', async () => {
    const result = await used.h1.ssh('yes', { deadlineMs: 1_000, maxOutputBytes: 10_000 });
    expect(result.timedOut).toBe(true);
    expect(result.stdout).toHaveLength(10_000);
  });
});

test('a host has none of the programs that the product may not assume', async () => {
  expect((await used.h1.run('command -v python3 node curl jq gcc')).stdout).toBe('');
});

test("a host's files can be read from this machine while it is on", async () => {
  await used.h1.must('echo seen > /root/seen');
  expect(readFileSync(join(used.h1.rootDir, 'root/seen'), 'utf8')).toBe('seen\n');
});
