import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Locator, Page } from '@playwright/test';
import { expect as expectPage } from '@playwright/test';
import { startGuest } from '../guests.ts';
import type { LabHost } from '../lab.ts';
import { useLab } from '../labFixture.ts';
import { sourceDir, storePath } from '../layout.ts';
import { type LabApp, openLabApp } from './labApp.ts';

/** The full way from the first page to a protected VM, on hosts that nothing was installed on, in the window alone. */

const used = useLab();
/** Logging in, checking and reading through SSH, beside emulated guests. */
const soon = { timeout: 60_000 };
const seen = expectPage.configure(soon);
/** The agent's upload to both hosts; the start of a group and its first leases. */
const longWork = { timeout: 240_000 };
/** The lab's device is one that the kernel does not list. */
const labWatchdog = '/dev/watchdog:/run/labwd';

/** Where the window is left as it was when the test failed. */
const picture = join(sourceDir, '..', '..', 'test-results', 'wizard.png');

let app: LabApp;
const page = (): Page => app.page;
const button = (name: string | RegExp): Locator =>
  page().getByRole('button', { name, exact: typeof name === 'string' });
const dialog = (): Locator => page().getByRole('dialog');

beforeAll(async () => {
  app = await openLabApp();
});
afterAll(async () => {
  await app.end();
});

/** Logs in with the lab's key file, compares the fingerprint with what the host itself prints, and answers sudo. */
async function addHost(host: LabHost, user: 'ops' | 'admin'): Promise<void> {
  await page().getByRole('textbox', { name: 'Address' }).fill(host.address);
  await page().getByRole('textbox', { name: 'User' }).fill(user);
  await page().getByRole('radio', { name: 'Key file' }).check();
  await page().getByRole('textbox', { name: 'Private key file' }).fill(used.lab.sshKey);
  await button('Connect').click();
  await seen(dialog()).toContainText('Nothing was sent to it yet', soon);
  const shown = await dialog().locator('.fingerprint code').innerText();
  const command = await dialog().locator('.command code').innerText();
  const printed = await host.must(command);
  expect(printed).toContain(`SHA256:${shown.replaceAll(/\s/g, '')}`);
  await button('It is the same: trust this host').click();
  if (user === 'admin') {
    await dialog().locator('input[type=password]').fill(used.lab.password, soon);
    await button('Log in').click();
  }
  await seen(page().getByRole('heading', { name: host.name, exact: true })).toBeVisible(soon);
}

async function goOn(to: string): Promise<void> {
  await button(`Continue to ${to}`).click(longWork);
  await seen(page().getByRole('heading', { name: to, level: 2, exact: true })).toBeVisible();
}

test('from the first page to a protected VM', async ({ onTestFailed }) => {
  onTestFailed(async () => {
    await page().screenshot({ path: picture, fullPage: true });
  });
  await startGuest(used.h1, { number: 1 });
  await button('Set up new hosts').click();
  await addHost(used.h1, 'ops');
  await button('Add the second host').click();
  await addHost(used.h2, 'admin');

  await goOn('Check');
  const result = page().getByRole('region', { name: 'Result of the check' });
  await seen(result).toContainText('passed', soon);
  await seen(result).toContainText('Nothing stands in the way', soon);

  await goOn('Install');
  await button('Install on h1 and h2').click(soon);
  const installing = page()
    .getByRole('article')
    .filter({ has: page().locator('.work-steps') });
  await seen(installing.locator('.work-state')).toHaveText('Done', longWork);

  await goOn('Shared storage');
  await page().getByRole('radio', { name: storePath }).check(soon);
  await button('Prove that it is shared').click();
  await seen(page().getByText('h1 and h2 each wrote something')).toBeVisible(longWork);
  await seen(page().getByRole('img', { name: /^h2: Half of the writes/ })).toBeVisible();

  await goOn('Group');
  await page().getByRole('textbox', { name: 'Name of the group' }).fill('Shop');
  await button('Add a link').click();
  for (const host of [used.h1, used.h2]) {
    const ends = page().getByRole('combobox', { name: host.name, exact: true });
    await ends.nth(0).selectOption(host.address);
    await ends.nth(1).selectOption(host.cableAddress);
    await page()
      .getByRole('textbox', { name: `Watchdog of ${host.name}` })
      .fill(labWatchdog);
  }
  await button('Make the group').click();
  await seen(page().getByRole('heading', { name: 'The group Shop', exact: true })).toBeVisible(longWork);
  await seen(button('Continue to VMs')).toHaveAttribute('aria-disabled', 'false', longWork);

  await goOn('VMs');
  const box = page().getByRole('checkbox', { name: 'Protect vm1' });
  await seen(box).toHaveAttribute('aria-disabled', 'false', longWork);
  await box.check();
  await seen(page().getByRole('heading', { name: /^If h1 fails/ })).toBeVisible();
  await button('Protect 1 VM').click();

  await seen(button('Continue to Done')).toHaveAttribute('aria-disabled', 'false', longWork);
  await goOn('Done');
  const banner = page().getByRole('region', { name: 'State of the group' });
  await seen(banner).toContainText('Protected', longWork);
  await button('Finish and open the overview').click();
  await seen(page().getByRole('article', { name: 'Host h2' })).toBeVisible(soon);
  await seen(banner).toContainText('vm1 is protected.', soon);
  // The hosts say the same without the app.
  expect(await used.h2.must('understudy status')).toContain('vm1');
  expect(app.problems).toEqual([]);
});
