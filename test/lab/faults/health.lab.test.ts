import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askGuest, waitForGuest } from '../guests.ts';
import { guestName, type GuestOptions } from '../guestXml.ts';
import { guestAddress } from '../layout.ts';
import type { LabHost } from '../lab.ts';
import { waitFor } from '../run.ts';
import { openShop, type Shop } from './shop.ts';

/** What runs in a guest fails, a guest hangs or panics: least harm first, and no host is touched. */

const guest: GuestOptions = { number: 1 };
const name = guestName(guest);
const repairWithinMs = 90_000;
/** A guest takes up to 15 s to boot here: nothing counts before, and a little later it certainly does. */
const leastUptimeMs = 32_000;
const url = `http://${guestAddress(guest.number)}/`;
const heal = 'exec:/bin/busybox wget -q -O /dev/null http://127.0.0.1/heal';
const numbers = '--min-uptime 25 --quiet 5 --fast-every 1 --fast-timeout 1 --fast-failures 2 --restarts 20';

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

/** The guest is watched as `how` says, and well. */
async function watched(how: string): Promise<{ readonly active: LabHost; readonly boot: string }> {
  await shop.untilProtected(guest);
  const active = await shop.activeHost(guest);
  await active.must(`understudy policy ${name} ${numbers} ${how}`);
  await waitFor(
    `${name} to be well`,
    repairWithinMs,
    async () => (await shop.vm(active, name))?.health?.state === 'well',
    250,
  );
  await waitFor(
    'its least uptime',
    repairWithinMs,
    async () => ((await askGuest(guest.number))?.uptimeMs ?? 0) > leastUptimeMs,
    250,
  );
  const { boot } = await waitForGuest(guest.number);
  return { active, boot };
}

async function seconds(
  what: string,
  begin: () => Promise<unknown>,
  end: () => Promise<boolean>,
): Promise<void> {
  const startedMs = performance.now();
  await begin();
  await waitFor(what, repairWithinMs, end, 20);
  process.stdout.write(`measured: ${what}: ${((performance.now() - startedMs) / 1000).toFixed(2)} s\n`);
}

const answers = async (): Promise<boolean> => (await askGuest(guest.number)) !== null;
const hasNewBoot = (boot: string) => async (): Promise<boolean> => {
  const state = await askGuest(guest.number);
  return state !== null && state.boot !== boot;
};
/** Has the guest agent run a line of shell. */
const inGuest = async (active: LabHost, line: string): Promise<void> => {
  const order = { execute: 'guest-exec', arguments: { path: '/bin/busybox', arg: ['sh', '-c', line] } };
  await active.must(`virsh qemu-agent-command ${name} '${JSON.stringify(order)}' --timeout 5`);
};
const isDown = (): Promise<void> =>
  waitFor('the application to be down', repairWithinMs, async () => !(await answers()), 10);

describe.each([1, 2, 3])('round %i', () => {
  test('a failed application is restarted through the guest agent', async () => {
    const { active, boot } = await watched(
      `--fast ${url} --deep agent --restart-app '${heal}' --app-restarts 10`,
    );
    await seconds(
      'application crash to repaired',
      () => askGuest(guest.number, '/fail').then(isDown),
      answers,
    );
    expect(await waitForGuest(guest.number)).toMatchObject({ host: active.name, boot });
  });

  test('without a command to restart it, the guest is reset', async () => {
    const { active, boot } = await watched(`--fast ${url} --deep agent --restart-app off --resets 10`);
    await seconds(
      'application crash to guest reset and running',
      () => askGuest(guest.number, '/fail'),
      hasNewBoot(boot),
    );
    expect(await waitForGuest(guest.number)).toMatchObject({ host: active.name });
  });

  test('a guest that hangs is reset when its disk stands still too', async () => {
    const { active, boot } = await watched(`--fast agent --deep off --resets 10`);
    const stop = JSON.stringify({
      execute: 'guest-exec',
      arguments: { path: '/bin/busybox', arg: ['killall', '-STOP', 'qemu-ga'] },
    });
    const hang = async (): Promise<void> => {
      await askGuest(guest.number, '/hang');
      await active.run(`virsh qemu-agent-command ${name} '${stop}' --timeout 2`);
    };
    await seconds('guest hang to guest reset and running', hang, hasNewBoot(boot));
    expect(await waitForGuest(guest.number)).toMatchObject({ host: active.name });
  });

  test('a guest that panics runs again', async () => {
    const { active, boot } = await watched(`--fast agent --deep off`);
    await seconds('guest panic to running', () => askGuest(guest.number, '/panic'), hasNewBoot(boot));
    expect(await waitForGuest(guest.number)).toMatchObject({ host: active.name });
    expect(shop.verdict(guest).violations).toEqual([]);
    for (const host of shop.hosts) expect(host.resets('watchdog')).toBe(0);
  });
});

describe('a heartbeat', () => {
  test('a guest that stops beating is reset when its disk stands still too', async () => {
    const { active, boot } = await watched(`--fast heartbeat --deep off --resets 10`);
    const stop = async (): Promise<void> => {
      await inGuest(active, 'kill -STOP $(/bin/busybox cat /run/heartbeat.pid)');
      await askGuest(guest.number, '/hang');
    };
    await seconds('heartbeat stops to guest reset and running', stop, hasNewBoot(boot));
    expect(await waitForGuest(guest.number)).toMatchObject({ host: active.name });
  });

  test('a guest whose beat says "failed" is reset though it works on', async () => {
    const { active, boot } = await watched(`--fast heartbeat --deep off --restart-app off --resets 10`);
    const check = '/etc/understudy-heartbeat/check';
    const fail = (): Promise<void> =>
      inGuest(
        active,
        `/bin/busybox mkdir -p /etc/understudy-heartbeat; printf "#!/bin/sh\\nexit 1\\n" > ${check}; /bin/busybox chmod 755 ${check}`,
      );
    await seconds('heartbeat says "failed" to guest reset and running', fail, hasNewBoot(boot));
    expect(await waitForGuest(guest.number)).toMatchObject({ host: active.name });
  });
});

test('beats are heard by an agent that was started anew, and on the host that a guest was moved to', async () => {
  const { active } = await watched(`--fast heartbeat --deep off`);
  const isHeardOn = (host: LabHost): Promise<void> =>
    waitFor(`beats to be heard on ${host.name}`, repairWithinMs, async () => {
      const health = (await shop.vm(host, name))?.health;
      return health?.state === 'well' && health.fast?.text === 'the guest beats';
    });
  await active.must('systemctl restart understudy-agent');
  await isHeardOn(active);
  await shop.untilProtected(guest);
  const other = shop.other(active);
  await active.must(`understudy switchover ${name} --to ${other.name} --live`, {
    deadlineMs: repairWithinMs,
  });
  await isHeardOn(other);
  expect(shop.verdict(guest).violations).toEqual([]);
});
