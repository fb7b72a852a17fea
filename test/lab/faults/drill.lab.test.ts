import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DrillReport, DrillStatus } from '../../../agent/protocol/drill.ts';
import { waitForGuest } from '../guests.ts';
import { guestDisk, guestName, type GuestOptions } from '../guestXml.ts';
import type { LabHost } from '../lab.ts';
import { storePath } from '../layout.ts';
import { waitFor } from '../run.ts';
import { openShop, type Shop } from './shop.ts';

/** Drills of a guest that writes all the time: it is never touched, and no drill is ever in the way of a failover. */

const guest: GuestOptions = { number: 1, extraDevices: "<video><model type='vga'/></video>" };
const name = guestName(guest);
const drillWithinMs = 180_000;
const goneWithinMs = 60_000;

let shop: Shop;

beforeAll(async () => {
  shop = await openShop({ profile: 'swift' });
  const [first] = shop.hosts;
  if (first === undefined) throw new Error('The lab has no host.');
  await shop.protect(first, guest);
});
afterAll(async () => {
  await shop.close();
});

const drills = async (host: LabHost): Promise<DrillStatus> =>
  JSON.parse(await host.must('understudy drills --json')) as DrillStatus;

const copies = async (host: LabHost): Promise<readonly string[]> =>
  (await host.must('virsh list --all --name'))
    .split('\n')
    .filter((one) => one.startsWith('understudy-drill-'));

const files = (host: LabHost): Promise<string> =>
  host.must(`find ${storePath}/understudy ${storePath}/drills -name '*.qcow2' 2>/dev/null || true`);

async function untilChecking(host: LabHost): Promise<void> {
  await waitFor(
    'the copy to run',
    drillWithinMs,
    async () => (await drills(host)).running?.step === 'checking',
    100,
  );
}

async function untilGone(host: LabHost): Promise<void> {
  const isGone = async (): Promise<boolean> =>
    (await copies(host)).length === 0 && (await files(host)) === '';
  await waitFor('copy and files to be gone', goneWithinMs, isGone, 250);
}

test('a drill boots a copy that is joined to nothing, and the VM is not touched', async () => {
  await shop.untilProtected(guest);
  const active = await shop.activeHost(guest);
  const standby = shop.other(active);
  const { boot } = await waitForGuest(guest.number);
  const definition = await active.must(`virsh dumpxml --inactive ${name}`);
  const running = standby.must(`understudy drill ${name} --json --picture /root/drill.png`, {
    deadlineMs: drillWithinMs,
  });
  await untilChecking(standby);
  const [copy] = await copies(standby);
  const xml = await standby.must(`virsh dumpxml ${copy}`);
  expect(xml).toContain("<link state='down'/>");
  expect(xml).not.toMatch(/bridge=|network=|<graphics/);
  expect(xml).not.toContain(`'${guestDisk(guest)}'`);
  expect(await standby.must(`virsh dominfo ${copy}`)).toMatch(/Persistent: +no/);
  const seen = await shop.status(standby);
  expect(seen?.otherVms).toEqual([]);
  expect(seen?.vms.map((each) => each.here)).toEqual(['stopped']);

  const report = JSON.parse(await running) as DrillReport;
  expect(report).toMatchObject({ result: 'passed', because: null, hasPicture: true, host: standby.name });
  process.stdout.write(
    `measured: drill: copy ${report.copyMs?.toFixed(0)} ms, guest agent ${report.bootMs?.toFixed(0)} ms\n`,
  );
  expect(await standby.must('head -c 4 /root/drill.png | tail -c 3')).toBe('PNG');
  await untilGone(standby);
  expect(await active.must(`virsh dumpxml --inactive ${name}`)).toBe(definition);
  expect(await waitForGuest(guest.number)).toMatchObject({ boot, host: active.name });
  expect(shop.verdict(guest).violations).toEqual([]);
});

test('whatever ends the agent ends the copy', async () => {
  await shop.untilProtected(guest);
  const standby = shop.other(await shop.activeHost(guest));
  await standby.must(`understudy drill ${name} --no-wait`);
  await untilChecking(standby);
  await standby.must('systemctl kill --signal=KILL understudy-agent');
  await untilGone(standby);
  await shop.untilProtected(guest);
  expect((await drills(standby)).running).toBeNull();
});

test('a failover ends the drill at once and is not held up by it', async () => {
  await shop.untilProtected(guest);
  const active = await shop.activeHost(guest);
  const standby = shop.other(active);
  const { boot } = await waitForGuest(guest.number);
  // Never well, so that the drill goes on until something ends it; for the VM itself nothing counts yet.
  await standby.must(`understudy policy ${name} --deep 'exec:/bin/busybox false' --min-uptime 3600`);
  await standby.must(`understudy drill ${name} --no-wait`);
  await untilChecking(standby);
  await active.off();
  await waitForGuest(guest.number, { host: standby.name, notBoot: boot, deadlineMs: 120_000 });
  await untilGone(standby);
  const events = await standby.must('understudy events --limit 200');
  expect(events).toContain('drill.broken-off');
  expect(shop.verdict(guest).violations).toEqual([]);
  for (const host of shop.hosts) expect(host.resets('watchdog')).toBe(0);
});
