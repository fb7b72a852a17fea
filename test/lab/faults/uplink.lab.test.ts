import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { waitForGuest } from '../guests.ts';
import { guestName, type GuestOptions } from '../guestXml.ts';
import type { LabHost } from '../lab.ts';
import { waitFor } from '../run.ts';
import { openShop, type Shop } from './shop.ts';

/** The cable of the guests' bridge is pulled on a host whose store and second link are fine. */

const guest: GuestOptions = { number: 1 };
const name = guestName(guest);
/** Ten seconds until it counts, and a live move on a machine without KVM. */
const MOVED_WITHIN_MS = 120_000;
const SEEN_WITHIN_MS = 60_000;
let shop: Shop;

beforeAll(async () => {
  shop = await openShop({ profile: 'swift', links: 2 });
  const [h1] = shop.hosts;
  if (h1 === undefined) throw new Error('The lab has no host.');
  await shop.protect(h1, guest);
});
afterEach(() => shop.lab.net.heal());
afterAll(() => shop.close());

const isUplink = async (host: LabHost, state: string): Promise<boolean> =>
  (await shop.status(host))?.self.uplinks?.some((one) => one.bridge === 'br0' && one.state === state) ===
  true;

const runsOn = async (host: LabHost): Promise<boolean> =>
  (await host.must(`virsh -q domstate ${name}`)) === 'running';

const codesOf = async (host: LabHost): Promise<readonly string[]> => {
  const lines = (await host.must('understudy events --limit 200 --json')).split('\n');
  return lines.map((line) => (JSON.parse(line) as { code: string }).code);
};

test('a VM moves live to the host that can be reached, and stays there when that is cut off as well', async () => {
  const [h1, h2] = shop.hosts;
  if (h1 === undefined || h2 === undefined) throw new Error('The lab lacks a host.');
  await shop.untilProtected(guest);
  await h1.must(`understudy policy ${name} --on-isolation live`);
  await waitFor('both hosts to know their bridges', SEEN_WITHIN_MS, async () => {
    return (await isUplink(h1, 'up')) && (await isUplink(h2, 'up'));
  });
  const before = await waitForGuest(guest.number, { host: 'h1' });

  await shop.lab.net.cut('h1', 'lan');
  // The guest itself can't tell where it is: it goes on with the boot that it has.
  await waitFor('the guest to run on h2', MOVED_WITHIN_MS, () => runsOn(h2));
  const after = await waitForGuest(guest.number);
  expect(after.boot, 'it was moved, not started anew').toBe(before.boot);
  expect(await codesOf(h1)).toEqual(expect.arrayContaining(['host.uplink-lost', 'vm.switchover-begun']));

  await shop.lab.net.cut('h2', 'lan');
  await waitFor('the second host to say that it stays', SEEN_WITHIN_MS, async () => {
    return (await codesOf(h2)).includes('vm.isolated-stays');
  });
  expect([await runsOn(h1), await runsOn(h2)]).toEqual([false, true]);

  await shop.lab.net.heal();
  const settled = await waitForGuest(guest.number);
  expect(settled.boot).toBe(before.boot);
  expect(shop.verdict(guest).violations).toEqual([]);
  expect(shop.hosts.map((host) => host.resets('watchdog'))).toEqual([0, 0]);
});
