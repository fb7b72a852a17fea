import { groupView } from '../../electron/app/groupView.ts';
import type { GroupView, Theme } from '../../electron/ipc/views.ts';
import { plan } from './dailySamples.ts';
import { fakeApp } from './fakeApp.ts';
import { events, groupId, info, snapshot } from './samples.ts';
import { accessibilityFindings, expect, openGroup, openWindow, test } from './window.ts';

const themes: readonly Theme[] = ['light', 'dark'];

for (const theme of themes) {
  test(`without a group the window welcomes, and starts the demo on request (${theme})`, async ({ page }) => {
    const app = await fakeApp(page, { 'groups.startDemo': { ok: true, value: { groupId } } });
    await openWindow(page, app, theme);
    await app.publish('groups.known', { groups: [], failure: null });
    await app.publish('groups.views', []);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(
      'Your virtual machines go on when a host fails',
    );
    expect(await accessibilityFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Start the demo group' }).click();
    await expect.poll(() => app.inputsOf('groups.startDemo')).toEqual([{}]);
    await expect(page).toHaveURL(new RegExp(`#/overview/${groupId}$`));
  });

  test(`every line is listed newest first, filtered, and says why (${theme})`, async ({ page }) => {
    await openGroup(page, snapshot(), { theme });
    await page.getByRole('link', { name: 'Events' }).click();
    await page.getByRole('button', { name: 'Show every line' }).click();
    const list = page.locator('.event');
    await expect(list).toHaveCount(events.length);
    await expect(list.first()).toContainText('web-shop runs here');
    await page.getByRole('combobox', { name: 'Lowest level shown' }).selectOption('warning');
    await expect(list).toHaveCount(2);
    await list.first().getByText('Why').click();
    await expect(list.first()).toContainText('takeover.begun');
    await page.getByRole('searchbox').fill('no such thing');
    await expect(page.getByText('No event matches the filter.')).toBeVisible();
    expect(await accessibilityFindings(page)).toEqual([]);
  });
}

test('a demo that does not start says what happened', async ({ page }) => {
  const failure = { code: 'demo.refused', message: 'No free port.', fix: 'Try again.' };
  const app = await fakeApp(page, { 'groups.startDemo': { ok: false, failure } });
  await openWindow(page, app);
  await app.publish('groups.views', []);
  await page.getByRole('button', { name: 'Start the demo group' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'No free port.' })).toBeVisible();
});

test('a demo that can not run here says why before it is tried', async ({ page }) => {
  const app = await fakeApp(page);
  await openWindow(page, app);
  await app.publish('app.info', { ...info, demoRefused: 'The demo group needs Linux.' });
  await app.publish('groups.views', []);
  await expect(page.getByText('The demo group needs Linux.')).toBeVisible();
  await page.getByRole('button', { name: 'Start the demo group' }).click({ force: true });
  expect(app.inputsOf('groups.startDemo')).toEqual([]);
});

test('groups that were set up from this computer are offered, and a damaged list says so', async ({
  page,
}) => {
  const app = await fakeApp(page, { 'groups.open': { ok: true, value: null } });
  await openWindow(page, app);
  await app.publish('groups.views', []);
  const group = {
    id: groupId,
    kind: 'installed',
    name: 'Head office',
    hosts: ['alpha', 'beta'],
    open: false,
  } as const;
  await app.publish('groups.known', { groups: [group], failure: null });
  await page.getByRole('button', { name: 'Open the group Head office' }).click();
  await expect.poll(() => app.inputsOf('groups.open')).toEqual([{ groupId }]);
  const failure = { code: 'inventory.invalid', message: 'The list of hosts can not be read.' };
  await app.publish('groups.known', { groups: [], failure });
  await expect(page.getByText('The list of hosts can not be read.')).toBeVisible();
});

test('a group without VMs says how to protect one', async ({ page }) => {
  await openGroup(page, snapshot({ vms: 0 }));
  await expect(page.getByText('No VM is protected yet.').first()).toBeVisible();
});

test('the whole way to a switchover goes by keyboard', async ({ page }) => {
  await openGroup(page, snapshot(), { answers: { 'switchOver.plan': { ok: true, value: plan } } });
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('#content')).toBeFocused();
  const target = page.getByRole('button', { name: 'Switch over web-shop' });
  for (let press = 0; press < 24; press += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) break;
    await page.keyboard.press('Tab');
  }
  await expect(target).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
});

test('the theme is asked for once it is chosen, and the page follows what the app says', async ({ page }) => {
  const app = await openGroup(page, snapshot(), { answers: { 'app.setTheme': { ok: true, value: null } } });
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('combobox', { name: 'Theme' }).selectOption('dark');
  await expect.poll(() => app.inputsOf('app.setTheme')).toEqual([{ theme: 'dark' }]);
  await app.publish('app.preferences', { theme: 'dark' });
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

test('a view that can not be drawn leaves a page that says so, not a blank one', async ({
  page,
  consoleErrors,
}) => {
  const app = await openGroup(page, snapshot());
  const broken = { ...groupView(snapshot()), hosts: null } as unknown as GroupView;
  await app.publish('groups.views', [broken]);
  await expect(page.getByRole('heading', { name: "This page can't be drawn" })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Load it again' })).toBeVisible();
  consoleErrors.length = 0;
});
