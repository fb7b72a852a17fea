import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { hasAgent, hasNode, playHost, type PlayedHost, shareStore } from './playedHosts.ts';
import { RunningApp } from './runningApp.ts';

/**
 * The built app sets two hosts up that this test plays: their SSH is real, what they say of themselves is made up. In
 * this order, as a user would take it; from the group on, the lab's real hosts take over (test/lab).
 */
test.describe.configure({ mode: 'serial' });

let app: RunningApp;
let page: Page;
let alpha: PlayedHost;
let beta: PlayedHost;
const problems: string[] = [];

async function openPage(opened: Page): Promise<void> {
  page = opened;
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', (fault) => problems.push(fault.message));
  await page.goto(await app.address());
}

test.beforeAll(async ({ browser }) => {
  alpha = await playHost('alpha');
  beta = await playHost('beta');
  shareStore([alpha, beta], [1.2, 2, 3, 4.5, 60]);
  app = new RunningApp();
  await openPage(await browser.newPage());
});

test.afterAll(async () => {
  await app.end('SIGTERM');
  await alpha.server.close();
  await beta.server.close();
});

const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });
const dialog = () => page.getByRole('dialog');
const steps = () => page.getByRole('navigation', { name: 'Steps' });

async function fillHost(host: PlayedHost): Promise<void> {
  await page.getByRole('textbox', { name: 'Address' }).fill('127.0.0.1');
  await page.getByRole('textbox', { name: 'Port' }).fill(String(host.server.port));
  await button('Connect').click();
}

async function compareKey(host: PlayedHost): Promise<void> {
  const shown = await dialog().locator('.fingerprint code').innerText();
  expect(`SHA256:${shown.replaceAll(/\s/g, '')}`).toBe(host.server.hostKey.sha256);
  await button('It is the same: trust this host').click();
}

async function logIn(password: string): Promise<void> {
  await dialog().locator('input[type=password]').fill(password);
  await button('Log in').click();
}

test('a host that is not there is refused at its field, and nothing of it is kept', async () => {
  await button('Set up new hosts').click();
  await page.getByRole('textbox', { name: 'Address' }).fill('127.0.0.1');
  await page.getByRole('textbox', { name: 'Port' }).fill('1');
  await button('Connect').click();
  await expect(page.getByRole('alert').filter({ hasText: '127.0.0.1' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Hosts of this set-up' })).toHaveCount(0);
});

test('a first host shows its key, asks for the password again when it was wrong, and is in', async () => {
  await fillHost(alpha);
  await compareKey(alpha);
  await logIn('wrong');
  await expect(dialog()).toContainText('The host refused the last one.');
  await logIn('pw');
  await expect(page.getByRole('heading', { name: 'alpha', exact: true })).toBeVisible();
  await expect(page.locator('.host-item')).toContainText('Debian GNU/Linux 12');
});

test('a key that is not confirmed leaves the host out; confirmed, the second host is in', async () => {
  await button('Add the second host').click();
  await fillHost(beta);
  await dialog().getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('alert').last()).toBeVisible();
  await expect(page.locator('.host-item')).toHaveCount(1);
  expect(beta.server.attempts).toEqual([]);
  await button('Connect').click();
  await compareKey(beta);
  await logIn('pw');
  await expect(page.locator('.host-item')).toHaveCount(2);
});

test('a failed check is put right by its button, and the report is saved', async () => {
  beta.facts.set('libvirtSocket', null);
  await button('Continue to Check').click();
  await expect(page.getByText('One thing must be put right.')).toBeVisible();
  await expect(button('Continue to Install')).toHaveAttribute('aria-disabled', 'true');
  beta.intercept = (script) => {
    if (script.includes('libvirtd.socket')) beta.facts.delete('libvirtSocket');
    return hasNode(beta, script);
  };
  await page.locator('.problem-failed .line-fix').getByRole('button').click();
  await expect(page.getByText('One thing must be put right.')).toHaveCount(0);
  await button('Save as HTML').click();
  await expect(page.getByText('Saved as ')).toBeVisible();
  const [saved = ''] = readdirSync(app.downloads);
  expect(readFileSync(join(app.downloads, saved), 'utf8')).toContain('alpha');
});

test('the installation shows what it will change, makes its steps live, and is in place', async () => {
  await button('Continue to Install').click();
  await expect(page.getByText('Nothing has been changed yet.')).toBeVisible();
  await expect(page.locator('.plan-host')).toHaveCount(2);
  expect(alpha.changes).toEqual([]);
  await button('Install on alpha and beta').click();
  const work = page.getByRole('article', { name: /nstall/ });
  await expect(work).toContainText('alpha');
  await expect(work.locator('.work-state')).toHaveText('Done', { timeout: 120_000 });
  expect(alpha.changes.length).toBeGreaterThan(5);
  for (const host of [alpha, beta]) hasAgent(host);
  await button('Look again').click();
});

test('left and begun again with the app, it goes on where it stood', async ({ browser }) => {
  await button('Leave, go on later').click();
  await expect(page.getByRole('region', { name: 'Set-ups that were begun' })).toContainText('alpha and beta');
  await page.close();
  await app.end('SIGTERM', { keep: true });
  app = new RunningApp({ config: app.config });
  await openPage(await browser.newPage());
  await button('Go on with alpha and beta').click();
  // Both hosts want their password; which of them asks first is up to them.
  for (let asked = 0; asked < 2; asked += 1) {
    const title = await dialog().getByRole('heading').innerText();
    await logIn('pw');
    await expect(dialog().getByRole('heading', { name: title })).toHaveCount(0);
  }
  await expect(steps().getByRole('button', { name: /^4?Shared storage/ })).toHaveAttribute(
    'aria-disabled',
    'false',
  );
});

test('the store is found, proven and measured, and the timing that is too fast for it is refused', async () => {
  await steps()
    .getByRole('button', { name: /Shared storage/ })
    .click();
  await expect(page.getByRole('radio', { name: /srv.vms/ })).toBeChecked();
  await button('Prove that it is shared').click();
  await expect(page.getByText('alpha and beta each wrote something')).toBeVisible();
  await expect(page.getByRole('img', { name: /^beta: Half of the writes/ })).toBeVisible();
  await expect(page.getByRole('radio', { name: /^Swift/ })).toBeDisabled();
  await button('Continue to Group').click();
  await expect(page.getByRole('textbox', { name: 'Name of the group' })).toBeVisible();
  await expect(page.getByRole('combobox', { name: 'alpha' })).toHaveValue(/^192\.0\.2\./);
});

test('a host that shows another key than before is refused with both keys and no way past', async ({
  browser,
}) => {
  await button('Leave, go on later').click();
  await expect(page.getByRole('region', { name: 'Set-ups that were begun' })).toBeVisible();
  await page.close();
  await app.end('SIGTERM', { keep: true });
  // The app remembers another key of alpha than alpha has: as after a reinstallation, or with somebody in between.
  const inventory = join(app.config, 'understudy', 'inventory.json');
  const other = `SHA256:${'A'.repeat(43)}`;
  const text = readFileSync(inventory, 'utf8');
  expect(text).toContain(alpha.server.hostKey.sha256);
  writeFileSync(inventory, text.replaceAll(alpha.server.hostKey.sha256, other));
  app = new RunningApp({ config: app.config });
  await openPage(await browser.newPage());
  const before = alpha.server.attempts.length;
  await button('Go on with alpha and beta').click();
  const changed = dialog().filter({ hasText: 'alpha shows another key than before' });
  await expect(changed.locator('.fingerprint')).toHaveCount(2);
  const names = await changed.getByRole('button').allInnerTexts();
  expect(names.map((name) => name.trim())).toEqual(['Copy', 'Close']);
  expect(alpha.server.attempts.length).toBe(before);
  await changed.getByRole('button', { name: 'Close' }).click();
  await expect(dialog()).toContainText('beta');
  await logIn('pw');
  await expect(page.getByText('The check could not be finished.')).toBeVisible();
  await expect(button('Continue to Install')).toHaveAttribute('aria-disabled', 'true');
  expect(problems).toEqual([]);
});
