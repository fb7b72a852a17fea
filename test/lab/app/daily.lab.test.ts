import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Locator, Page } from '@playwright/test';
import { expect as expectPage } from '@playwright/test';
import { openShop, type Shop } from '../faults/shop.ts';
import { waitForGuest } from '../guests.ts';
import type { LabHost } from '../lab.ts';
import { sourceDir } from '../layout.ts';
import { type LabApp, openLabApp } from './labApp.ts';

/** What the window shows of a group on real hosts: a failover watched, a switchover asked for, one slept through. */

const guest = { number: 1 } as const;
const vm = 'vm1';
/** T of the swift profile is 12 s; a guest's boot under emulation and a busy machine are the rest. */
const takeover = { timeout: 90_000 };
/** Both hosts up again, a new lease each, definitions in step; reading through SSH. */
const settled = { timeout: 120_000 };
const seen = expectPage.configure({ timeout: 30_000 });
/** From the last write that the guest's witness acknowledged to the first: the story counts up to the start of the guest. */
const GUEST_BOOT_AT_MOST_S = 30;
const ROUNDING_S = 1;
/** Nobody may take over sooner by time alone. */
const T_S = 12;

const picture = (name: string): string => join(sourceDir, '..', '..', 'test-results', `${name}.png`);

let shop: Shop;
let app: LabApp;
const page = (): Page => app.page;
const banner = (): Locator => page().getByRole('region', { name: 'State of the group' });
const hostCard = (host: LabHost): Locator => page().getByRole('article', { name: `Host ${host.name}` });
const chip = (host: LabHost): Locator => hostCard(host).getByRole('link', { name: new RegExp(`^${vm}: `) });
const rail = (name: string): Locator =>
  page().getByRole('navigation').getByRole('link', { name, exact: true });

beforeAll(async () => {
  shop = await openShop({ profile: 'swift' });
  const [first] = shop.hosts;
  if (first === undefined) throw new Error('The lab has no host.');
  await shop.protect(first, guest);
  await shop.untilProtected(guest);
  app = await openLabApp({ inventory: shop.inventory });
  await page()
    .getByRole('button', { name: /^Open the group Shop/ })
    .click();
});
afterAll(async () => {
  await app.end();
  await shop.close();
});
beforeEach(async ({ onTestFailed, task }) => {
  onTestFailed(async () => {
    await page().screenshot({
      path: picture(task.name.slice(0, 40).replaceAll(/\W+/g, '-')),
      fullPage: true,
    });
  });
  for (const host of shop.hosts) await powerOnAgain(host);
  await rail('Overview').click();
  await seen(banner()).toContainText(`${vm} is protected.`, settled);
});

/** Where the guest writes now, and the other host. */
async function ends(): Promise<{ active: LabHost; standby: LabHost; boot: string }> {
  const { boot } = await waitForGuest(guest.number);
  const active = await shop.activeHost(guest);
  return { active, standby: shop.other(active), boot };
}

/** The seconds that a story tells are those that the guest's own writes were missing, less its boot. */
function expectTrue(toldSeconds: number): void {
  const { violations, handovers } = shop.verdict(guest);
  expect(violations).toEqual([]);
  const missingS = (handovers.at(-1)?.downtimeMs ?? Number.NaN) / 1000;
  expect(toldSeconds).toBeLessThanOrEqual(missingS + ROUNDING_S);
  expect(toldSeconds).toBeGreaterThanOrEqual(missingS - GUEST_BOOT_AT_MOST_S);
}

async function powerOnAgain(host: LabHost): Promise<void> {
  await host.on();
  await host.waitForBoot();
  await shop.untilProtected(guest);
}

const DOWN_FOR = /down for (\d+(?:\.\d)?)\ss/;
const secondsIn = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? Number.NaN);

test('a power cut is watched live: silence, the countdown, the takeover, the story, the return', async () => {
  const { active, standby, boot } = await ends();
  await seen(hostCard(active)).toContainText('Up');
  await seen(chip(active)).toBeVisible();
  const links = page().getByRole('list', { name: 'Links between h1 and h2' });
  await seen(links).toContainText('round trip');
  await seen(page().getByText(`If ${active.name} fails`)).toBeVisible();

  await active.off();
  await seen(hostCard(active)).toContainText('Silent');
  await seen(links).toContainText('nothing heard');
  await seen(banner()).toContainText(
    new RegExp(`Working.*${active.name} is silent\\. ${standby.name} may take over ${vm}`, 's'),
  );
  await seen(hostCard(active)).toContainText(`${standby.name} hears nothing from it.`);
  const after = await waitForGuest(guest.number, {
    host: standby.name,
    notBoot: boot,
    deadlineMs: takeover.timeout,
  });
  await seen(chip(standby)).toBeVisible();
  await seen(chip(active)).toHaveCount(0);
  await seen(hostCard(active)).toContainText('Counted as lost');
  const card = page().getByRole('article', {
    name: `Takeover of ${vm}: ${active.name} → ${standby.name}`,
  });
  await seen(card).toContainText(/vm1 was away for \d+(?:\.\d)?\ss/);
  await seen(banner()).toContainText('Not protected');
  await seen(banner()).toContainText(`Look at ${active.name}: is it on, and does it reach the store?`);

  await rail('Events').click();
  const story = page().locator('.story', { hasText: 'Host lost' }).first();
  await seen(story).toContainText(`${vm} moved from ${active.name} to ${standby.name}`);
  const toldS = secondsIn(await story.innerText(), DOWN_FOR);
  expectTrue(toldS);
  expect(toldS).toBeGreaterThanOrEqual(T_S - ROUNDING_S);

  await powerOnAgain(active);
  await rail('Overview').click();
  await seen(banner()).toContainText(`${vm} is protected.`, settled);
  await seen(hostCard(active)).toContainText('Up');
  await seen(links).toContainText('round trip');
  // Nothing moves back by itself.
  expect((await waitForGuest(guest.number)).boot).toBe(after.boot);
  await seen(chip(standby)).toBeVisible();
});

test('a switchover from the VM’s page shows its steps and its result, and the VM is where it was sent', async () => {
  const { active, standby, boot } = await ends();
  await rail('VMs').click();
  await page().getByRole('link', { name: vm, exact: true }).click();
  await page().getByRole('button', { name: 'Switch over …' }).click();
  const dialog = page().getByRole('dialog');
  await seen(dialog).toContainText('Data at risk');
  await dialog.getByRole('radio', { name: 'Shut it down and start it there' }).check();
  await dialog.getByRole('button', { name: `Switch over to ${standby.name}` }).click();
  await seen(dialog.getByRole('heading')).toHaveText(`${vm} runs on ${standby.name}`, takeover);
  const steps = dialog.getByRole('listitem');
  await seen(steps.first()).toContainText(/^Asking the hosts\d+\.\d\ss$/);
  expect(await steps.count()).toBeGreaterThan(1);
  const told = await dialog.innerText();
  expect(told).toMatch(/away for \d+(?:\.\d)?\ss/);
  await seen(dialog.getByRole('button', { name: `Switch back to ${active.name}` })).toBeVisible();
  await waitForGuest(guest.number, { host: standby.name, notBoot: boot, deadlineMs: takeover.timeout });
  expectTrue(secondsIn(told, /away for (\d+(?:\.\d)?)\ss/));
  await dialog.getByRole('button', { name: 'Close' }).click();
  await rail('Overview').click();
  await seen(chip(standby)).toBeVisible();
});

test('a failover while the app is closed is told on its next start, with its story and its seconds', async () => {
  const { active, standby, boot } = await ends();
  await app.closeWindow();
  await active.off();
  await waitForGuest(guest.number, { host: standby.name, notBoot: boot, deadlineMs: takeover.timeout });

  await app.openWindow();
  await page()
    .getByRole('button', { name: /the group Shop/ })
    .click();
  const away = page().getByRole('region', { name: 'While you were away' });
  await seen(away).toContainText(`${standby.name} took over 1 VM from ${active.name}`, settled);
  await away.getByRole('link').first().click();
  const story = page().locator('.story-asked');
  await seen(story).toContainText('While you were away');
  await seen(story).toContainText(`${vm} moved from ${active.name} to ${standby.name}`);
  await seen(story).toContainText(`${active.name} gave no sign of life on the store for its time T`);
  expectTrue(secondsIn(await story.innerText(), DOWN_FOR));

  await powerOnAgain(active);
  await rail('Overview').click();
  await away.getByRole('button', { name: 'Put away' }).click();
  await seen(away).toHaveCount(0);
});

test('the page had no error', () => {
  expect(app.problems).toEqual([]);
});
