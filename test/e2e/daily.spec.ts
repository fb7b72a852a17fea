import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { RunningApp } from './runningApp.ts';

/** What is done on ordinary days, against the demo group's real agents; one group lives through all of it. */
test.describe.configure({ mode: 'serial' });

let app: RunningApp;
let page: Page;
const problems: string[] = [];

test.beforeAll(async ({ browser }) => {
  app = new RunningApp();
  page = await browser.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', (fault) => problems.push(fault.message));
  await page.goto(await app.address());
  await page.getByRole('button', { name: 'Start the demo group' }).click();
  await expect(banner()).toContainText('All 3 VMs are protected.', { timeout: 60_000 });
});

test.afterAll(async () => {
  await page.close();
  await app.end('SIGTERM');
});

const banner = () => page.getByRole('region', { name: 'State of the group' });
const rail = (name: string) => page.getByRole('navigation').getByRole('link', { name, exact: true });

test('what would happen if a host died is told for each VM', async () => {
  const prediction = page.locator('.prediction', { hasText: 'If alpha died now' });
  await prediction.locator('summary').click();
  await expect(prediction).toContainText('web-shop');
  await expect(prediction).toContainText(/back in about \d+\ss/);
});

test('a VM’s policy is changed on its page, and the hosts keep it', async () => {
  await rail('VMs').click();
  await page.getByRole('row', { name: /^mail/ }).getByRole('link', { name: 'mail' }).click();
  await page.getByRole('button', { name: 'Change the policy' }).click();
  await page.getByRole('textbox', { name: 'Start order' }).fill('7');
  await page.getByRole('button', { name: 'Save the policy' }).click();
  await expect(page.getByText('7 (lower starts first)')).toBeVisible({ timeout: 30_000 });
});

test('maintenance of a host moves its VMs away first, and gives it none until it ends', async () => {
  await rail('Maintenance').click();
  await page.getByRole('button', { name: 'Begin maintenance of alpha …' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('web-shop to beta');
  await dialog.getByRole('radio', { name: '30 minutes' }).check();
  await dialog.getByRole('button', { name: 'Begin maintenance of alpha' }).click();
  await expect(dialog).toHaveCount(0, { timeout: 60_000 });
  const host = page.getByRole('listitem').filter({ hasText: 'alpha' }).last();
  await expect(host).toContainText('In maintenance', { timeout: 120_000 });
  await rail('VMs').click();
  await expect(page.getByRole('region', { name: 'Paused now' })).toContainText(/in (29|30)\smin/);
  await expect(page.getByRole('row', { name: /^web-shop/ })).toContainText('Running on beta');
  await page.getByRole('button', { name: 'End maintenance of alpha' }).click();
  await expect(page.getByRole('region', { name: 'Paused now' })).toHaveCount(0, { timeout: 60_000 });
  await rail('Overview').click();
  await expect(banner()).toContainText('All 3 VMs are protected.', { timeout: 60_000 });
});

test('protection of the whole group is paused with an end, said on every page, and resumed', async () => {
  await page.getByRole('button', { name: 'Maintenance …' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox').selectOption('');
  await dialog.getByRole('button', { name: 'Pause protection' }).click();
  await expect(banner()).toContainText('Paused', { timeout: 60_000 });
  await rail('Events').click();
  await expect(page.getByRole('region', { name: 'Paused now' })).toContainText('failures are not handled');
  await page.getByRole('button', { name: 'Resume protection' }).click();
  await rail('Overview').click();
  await expect(banner()).toContainText('All 3 VMs are protected.', { timeout: 60_000 });
});

test('what was done is told as stories, which are saved as a table', async () => {
  await rail('Events').click();
  await expect(page.locator('.story').first()).toBeVisible({ timeout: 30_000 });
  await page.getByRole('searchbox', { name: 'Search the stories' }).fill('web-shop');
  await expect(page.locator('.story', { hasText: 'web-shop' }).first()).toBeVisible();
  await page.getByRole('button', { name: /^Export CSV/ }).click();
  await expect(page.getByText('Saved as')).toBeVisible();
  const [name = ''] = readdirSync(app.downloads).filter((file) => file.endsWith('.csv'));
  expect(readFileSync(join(app.downloads, name), 'utf8')).toContain('web-shop');
});

test('the timing says what each profile means; the one in use is marked', async () => {
  await rail('Settings').click();
  await expect(page.getByRole('radio', { name: /Swift: 12\s?s \(in use\)/ })).toBeChecked();
  await expect(page.getByText(/Steady: 21\.5\ss/)).toBeVisible();
});

test('diagnostics are shown before they are saved, without a key in them', async () => {
  await rail('Diagnostics').click();
  await page.getByRole('button', { name: 'Collect and show' }).click();
  await expect(page.getByRole('heading', { name: 'What would be saved' })).toBeVisible({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('Saved as')).toBeVisible();
  const key = readFileSync(join(app.demoFolder(), 'alpha/etc/group.key'), 'utf8').trim();
  for (const name of readdirSync(app.downloads)) {
    expect(readFileSync(join(app.downloads, name)).includes(key)).toBe(false);
  }
});

test('the limits are said, and the page had no error', async () => {
  await rail('About and limits').click();
  await expect(page.getByRole('heading', { name: 'What it does not protect against' })).toBeVisible();
  expect(problems).toEqual([]);
});
