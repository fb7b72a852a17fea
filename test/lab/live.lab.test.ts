import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openShop, type Shop } from './faults/shop.ts';
import { waitForGuest } from './guests.ts';
import { guestName, type GuestOptions } from './guestXml.ts';
import type { LabHost } from './lab.ts';
import { waitFor } from './run.ts';

/**
 * A running guest moves between real hosts, with libvirt, the hook, the store and the keepers as they are shipped. The
 * guest itself can't tell where it is: it goes on with the boot that it has.
 */

const guest: GuestOptions = { number: 1 };
const name = guestName(guest);
const settleMs = 90_000;
/** The guest records each 100 ms; a shutdown and a start take seconds. */
const longestPauseMs = 1500;
const agentPid = 'systemctl show -p MainPID --value understudy-agent.service';
let shop: Shop;

beforeAll(async () => {
  shop = await openShop({ profile: 'swift', links: 1 });
  const [first] = shop.hosts;
  if (first === undefined) throw new Error('The lab has no host.');
  await shop.protect(first, guest, '--max-restarts', '20');
});
afterEach(async () => {
  await shop.lab.net.heal();
  for (const host of shop.hosts) {
    await host.on();
    await host.waitForBoot();
  }
});
afterAll(async () => {
  await shop.close();
});

const runsOn = (host: LabHost): Promise<boolean> =>
  host.run(`virsh -q domstate ${name}`, { deadlineMs: 10_000 }).then(
    ({ stdout }) => stdout.trim() === 'running',
    // It is off.
    () => false,
  );

async function whereItRuns(): Promise<LabHost> {
  let found: LabHost | undefined;
  await waitFor('the guest to run', settleMs, async () => {
    const running = [];
    for (const host of shop.hosts) if (await runsOn(host)) running.push(host);
    expect(running.length).toBeLessThan(2);
    [found] = running;
    return found !== undefined;
  });
  if (found === undefined) throw new Error('It runs nowhere.');
  return found;
}

async function scene(): Promise<{
  readonly active: LabHost;
  readonly standby: LabHost;
  readonly boot: string;
}> {
  await shop.untilProtected(guest);
  const active = await whereItRuns();
  const { boot } = await waitForGuest(guest.number);
  return { active, standby: shop.other(active), boot };
}

const move = (to: LabHost) => shop.console('switchover', name, '--to', to.name, '--live');

/** A transfer that takes long enough to be met in the middle. */
async function slowMove(active: LabHost, standby: LabHost): Promise<{ readonly end: Promise<unknown> }> {
  await active.must(`virsh migrate-setspeed ${name} 2`);
  const end = move(standby).catch(() => null);
  await waitFor('the copy to be there', settleMs, async () => {
    const there = await standby.run(`virsh -q domstate ${name}`, { deadlineMs: 10_000 });
    return there.stdout.trim() === 'paused';
  });
  return { end };
}

async function expectClean(): Promise<void> {
  await shop.untilProtected(guest);
  expect(shop.verdict(guest).violations).toEqual([]);
}

test('a running guest moves to the other host and back, and never boots', async () => {
  const { active, standby, boot } = await scene();
  for (const to of [standby, active]) {
    expect(await move(to)).toMatchObject({ ok: true });
    expect(await whereItRuns()).toBe(to);
    expect((await waitForGuest(guest.number)).boot).toBe(boot);
    await shop.untilProtected(guest);
  }
  const acks = shop.acks.boots(name).find((one) => one.boot === boot);
  process.stdout.write(`live: longest pause ${Math.round((acks?.longestGapMs ?? 0) - 100)} ms\n`);
  expect(acks?.longestGapMs).toBeLessThan(longestPauseMs);
  await expectClean();
});

test('a stray incoming migration, and a start by hand during one, are refused', async () => {
  const { active, standby, boot } = await scene();
  const { end } = await slowMove(active, standby);
  expect((await standby.run(`virsh start ${name}`)).code).not.toBe(0);
  await standby.run(`virsh resume ${name}`);
  expect(await whereItRuns()).toBe(active);
  await active.must(`understudy cancel ${name}`);
  await end;
  expect(await whereItRuns()).toBe(active);
  expect((await waitForGuest(guest.number)).boot).toBe(boot);
  await expectClean();
});

describe('in the middle of a move', () => {
  const expectStays = async (active: LabHost, boot: string): Promise<void> => {
    await expectClean();
    expect(await whereItRuns()).toBe(active);
    expect((await waitForGuest(guest.number)).boot).toBe(boot);
  };

  test('the agent of the source is killed: the guest stays, unharmed', async () => {
    const { active, standby, boot } = await scene();
    const { end } = await slowMove(active, standby);
    await active.must(`kill -9 $(${agentPid})`);
    await end;
    await expectStays(active, boot);
  });

  test('the agent of the target is killed: the guest stays, unharmed', async () => {
    const { active, standby, boot } = await scene();
    const { end } = await slowMove(active, standby);
    await standby.must(`kill -9 $(${agentPid})`);
    await end;
    await expectStays(active, boot);
  });

  test('the target loses its power: the guest stays, unharmed', async () => {
    const { active, standby, boot } = await scene();
    const { end } = await slowMove(active, standby);
    await standby.off();
    await end;
    await standby.on();
    await standby.waitForBoot();
    await expectStays(active, boot);
  });

  test('the source loses its power: the target starts it from its disk, not from the copy', async () => {
    const { active, standby, boot } = await scene();
    const { end } = await slowMove(active, standby);
    await active.off();
    await waitForGuest(guest.number, { notBoot: boot, deadlineMs: settleMs });
    expect(await whereItRuns()).toBe(standby);
    await active.on();
    await active.waitForBoot();
    await end;
    await expectClean();
  });

  test('the network between the hosts is lost: the guest stays, unharmed', async () => {
    const { active, standby, boot } = await scene();
    const { end } = await slowMove(active, standby);
    await shop.lab.net.partition(active.name as 'h1', standby.name as 'h2');
    await waitFor('the copy to be given up', settleMs, async () => {
      const there = await standby.run(`virsh -q domstate ${name}`, { deadlineMs: 10_000 });
      return there.stdout.trim() === 'shut off';
    });
    await shop.lab.net.heal();
    await end;
    await expectStays(active, boot);
  });
});
