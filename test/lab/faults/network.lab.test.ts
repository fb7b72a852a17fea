import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitForGuest } from '../guests.ts';
import { guestName, type GuestOptions } from '../guestXml.ts';
import type { LabHost } from '../lab.ts';
import { waitFor } from '../run.ts';
import { openShop, type Shop } from './shop.ts';

/** What a VM stands on outside of its host: who tells the switches where it is, and who sees what would break a takeover. */

/** A bridge of the VMs' own, without a way out, so that it can be taken away without cutting the host off. */
const bridge = 'shop0';
const guest: GuestOptions = {
  number: 1,
  extraDevices: `<interface type='bridge'><mac address='52:54:00:79:00:01'/><source bridge='${bridge}'/><model type='virtio'/><rom enabled='no'/></interface>
    <disk type='file' device='cdrom'><target dev='hdc' bus='ide'/><readonly/></disk>`,
};
/** The promise. */
const noticedWithinMs = 10_000;

let shop: Shop;
const [first, second] = [() => shop.lab.host('h1'), () => shop.lab.host('h2')];

/** Counts, in the switch of the LAN, the frames by which QEMU says where a card with this address is (RARP). */
const counter = `table bridge announce
delete table bridge announce
table bridge announce {
  counter said { }
  chain in {
    type filter hook prerouting priority 0
    ether type 0x8035 ether saddr 52:54:00:78:00:01 counter name said
  }
}
`;
async function said(): Promise<number> {
  const listed = await shop.lab.runInNetwork('nft', ['list', 'counter', 'bridge', 'announce', 'said']);
  const packets = /packets (\d+)/.exec(listed.stdout)?.[1];
  if (packets === undefined) throw new Error(`no counter: ${listed.stdout}${listed.stderr}`);
  return Number(packets);
}
async function countFromNow(): Promise<void> {
  const made = await shop.lab.runInNetwork('nft', ['-f', '-'], { input: counter });
  expect(made).toMatchObject({ code: 0, stderr: '' });
}

async function codesOn(host: LabHost): Promise<readonly string[]> {
  return (await shop.vm(host, guestName(guest)))?.readiness.reasons.map(({ code }) => code) ?? ['no answer'];
}
/** Resolves with how long it took, milliseconds; rejects when the promise is broken. */
async function noticed(host: LabHost, code: string, isThere: boolean): Promise<number> {
  const startedMs = performance.now();
  await waitFor(
    `${code} to be ${isThere ? 'told' : 'taken back'}`,
    noticedWithinMs,
    async () => (await codesOn(host)).includes(code) === isThere,
  );
  return Math.round(performance.now() - startedMs);
}

beforeAll(async () => {
  shop = await openShop({ profile: 'swift' });
  for (const host of shop.hosts)
    await host.must(`ip link add ${bridge} type bridge && ip link set ${bridge} up`);
  await countFromNow();
  await shop.protect(first(), guest);
  await shop.untilProtected(guest);
});
afterAll(async () => {
  await shop.close();
});

test('libvirt alone tells the switches nothing when it starts a guest', async () => {
  expect(await said()).toBe(0);
});

test('after a takeover the switch hears from the new host where the VM is, before anybody asks', async () => {
  await countFromNow();
  const { boot } = await waitForGuest(guest.number);
  await first().off();
  await waitForGuest(guest.number, { host: 'h2', notBoot: boot, deadlineMs: 120_000 });
  const heard = await said();
  const table = await shop.lab.runInNetwork('bridge', ['fdb', 'show', 'br', 'br-lan']);
  const [entry] = table.stdout.split('\n').filter((line) => line.startsWith('52:54:00:78:00:01'));
  console.log(`announcements heard by the switch until the guest answered: ${heard}; ${entry}`);
  expect(heard).toBeGreaterThan(0);
  await first().on();
  await first().waitForBoot();
  await first().must(`ip link add ${bridge} type bridge && ip link set ${bridge} up`);
  await shop.untilProtected(guest);
});

test('a bridge that is renamed on the standby is noticed within 10 s, and so is its return', async () => {
  const standby = shop.other(await shop.activeHost(guest));
  expect(standby.name).toBe(first().name);
  const rename = (from: string, to: string): Promise<string> =>
    standby.must(`ip link set ${from} down && ip link set ${from} name ${to} && ip link set ${to} up`);
  await rename(bridge, 'other0');
  const goneMs = await noticed(standby, 'ready.bridge-missing', true);
  expect((await shop.vm(standby, guestName(guest)))?.readiness.level).toBe('unprotected');
  await rename('other0', bridge);
  const backMs = await noticed(standby, 'ready.bridge-missing', false);
  console.log(`renamed bridge noticed after ${goneMs} ms, its return after ${backMs} ms`);
  await shop.untilProtected(guest);
});

test('the host that runs the VM sees it too, and goes on running it', async () => {
  const active = second();
  await active.must(`ip link set ${bridge} down && ip link set ${bridge} name other0`);
  await noticed(active, 'ready.bridge-missing', true);
  expect((await shop.vm(active, guestName(guest)))?.readiness.level).toBe('degraded');
  await active.must(`ip link set other0 name ${bridge} && ip link set ${bridge} up`);
  await noticed(active, 'ready.bridge-missing', false);
});

test('an ISO of one host, and a disk moved off the store, are noticed within 10 s, and so is their end', async () => {
  await shop.untilProtected(guest);
  const active = await shop.activeHost(guest);
  const name = guestName(guest);
  await active.must('truncate -s 1M /var/lib/libvirt/images/setup.iso');
  await active.must(
    `virsh change-media ${name} hdc /var/lib/libvirt/images/setup.iso --insert --live --config`,
  );
  const isoMs = await noticed(active, 'ready.definition-unsafe', true);
  await active.must(`virsh change-media ${name} hdc --eject --live --config`);
  const ejectedMs = await noticed(active, 'ready.definition-unsafe', false);

  await active.must(`virsh dumpxml --inactive ${name} > /run/as-it-was.xml`);
  await active.must(
    "sed \"s#<source file='[^']*/images/#<source file='/var/lib/libvirt/images/#\" /run/as-it-was.xml > /run/moved.xml",
  );
  await active.must('virsh define /run/moved.xml');
  const movedMs = await noticed(active, 'ready.definition-unsafe', true);
  await active.must('virsh define /run/as-it-was.xml');
  const movedBackMs = await noticed(active, 'ready.definition-unsafe', false);
  console.log(
    `noticed after: ISO ${isoMs} ms, ejected ${ejectedMs} ms, disk on a local path ${movedMs} ms, taken back ${movedBackMs} ms`,
  );
  await shop.untilProtected(guest);
  expect(await codesOn(active)).not.toContain('ready.definition-unsafe');
});
