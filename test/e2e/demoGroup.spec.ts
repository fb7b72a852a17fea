import { existsSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { demoProcesses, RunningApp } from './runningApp.ts';

/** One demo group lives through all of it, in this order, as a user would take it. */
test.describe.configure({ mode: 'serial' });

let app: RunningApp;
let page: Page;
let folder: string;
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
  await expect(page.getByRole('article', { name: 'Host alpha' })).toBeVisible();
  folder = app.demoFolder();
});

test.afterAll(async () => {
  await page.close();
  await app.end('SIGTERM');
});

const banner = () => page.getByRole('region', { name: 'State of the group' });
const row = (vm: string) => page.getByRole('row', { name: new RegExp(`^${vm}`) });

test('the demo group comes up by itself, named as a demo with its stand-ins, and is protected', async () => {
  await expect(page.getByText('Stand-ins:')).toBeVisible();
  await expect(banner()).toContainText('All 3 VMs are protected.', { timeout: 60_000 });
  await expect(row('web-shop')).toContainText('Running on alpha');
  await expect(row('files')).toContainText('Running on beta');
  await expect(page.getByRole('article', { name: 'Host alpha' })).toContainText('Up');
  await expect(page.locator('.heartbeats tbody tr')).toHaveCount(6);
  expect(page.url()).not.toContain('token');
});

test('a switchover shows its steps and seconds, and the VM is where it was sent', async () => {
  await page.getByRole('button', { name: 'Switch over mail' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('nothing speaks against it');
  await expect(dialog.getByRole('radio', { name: 'Move it while it runs' })).toBeDisabled();
  await expect(dialog).toContainText('A demo VM is a process on this computer');
  await dialog.getByRole('button', { name: 'Switch over to beta' }).click();
  await expect(dialog.getByRole('heading')).toHaveText('mail runs on beta', { timeout: 60_000 });
  // Which of the quick steps are seen depends on the moment of the reports; that there are some does not.
  const steps = dialog.getByRole('listitem');
  await expect(steps.first()).toContainText(/^Asking the hosts\d+\.\d\ss$/);
  expect(await steps.count()).toBeGreaterThan(1);
  await expect(dialog).toContainText(/away for \d+\.\d\ss/);
  await expect(dialog.getByRole('button', { name: 'Switch back to alpha' })).toBeVisible();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(row('mail')).toContainText('Running on beta');
  await expect(banner()).toContainText('All 3 VMs are protected.', { timeout: 60_000 });
});

test('pulling a plug is watched live: silence, the countdown, the takeover, and what is left to do', async () => {
  await page.getByRole('button', { name: 'Pull the plug of alpha' }).click();
  await expect(page.getByRole('article', { name: 'Host alpha' })).toContainText('Plug pulled');
  await expect(banner()).toContainText('beta may take over web-shop', { timeout: 20_000 });
  await expect(row('web-shop')).toContainText('Running on beta', { timeout: 60_000 });
  const card = page.getByRole('article', { name: 'Takeover of web-shop: alpha → beta' });
  await expect(card).toContainText(/web-shop was away for \d+\.\d\ss/);
  await expect(banner()).toContainText('Not protected');
  await expect(banner()).toContainText('Power alpha on again');
});

test('the host that comes back joins by itself and stands by again; nothing moves back', async () => {
  await page.getByRole('button', { name: 'Power on alpha' }).click();
  await expect(banner()).toContainText('All 3 VMs are protected.', { timeout: 60_000 });
  await expect(row('web-shop')).toContainText('Running on beta');
  await expect(page.getByRole('article', { name: 'Host alpha' })).toContainText('No VM runs here.');
});

test('the events tell the loss of the host as one story, and every line of both hosts', async () => {
  await page.getByRole('link', { name: 'Events' }).click();
  // On a busy machine a host may have lost its store for a moment as well: that is a story of its own.
  const story = page.getByRole('article', { name: /took over .* from alpha/ });
  await expect(story).toContainText(/web-shop moved from alpha to beta, down for \d+\.\d\ss/);
  await page.getByRole('button', { name: 'Show every line' }).click();
  await expect(page.locator('.event', { hasText: 'beta holds the token of web-shop now' })).toBeVisible();
  await expect(page.locator('.event', { hasText: 'alpha' }).first()).toBeVisible();
  await page.getByRole('link', { name: 'Overview' }).click();
});

test('a reload comes back to the same place; the address itself works only once', async ({ browser }) => {
  await page.reload();
  await expect(banner()).toContainText('All 3 VMs are protected.');
  const stranger = await browser.newPage();
  await stranger.goto(await app.address());
  await expect(stranger.getByText('was used already')).toBeVisible();
  await stranger.close();
});

test('ending the demo leaves no process and no file; what a browser lacks is named, and the page had no error', async () => {
  expect(demoProcesses(folder)).toBeGreaterThan(6);
  await page.getByRole('button', { name: 'End the demo' }).click();
  await expect(page.getByRole('button', { name: 'Start the demo group' })).toBeVisible();
  expect(demoProcesses(folder)).toBe(0);
  expect(existsSync(folder)).toBe(false);
  await expect(page.getByText('In the browser there is no tray icon, no notification')).toBeVisible();
  expect(problems).toEqual([]);
});
