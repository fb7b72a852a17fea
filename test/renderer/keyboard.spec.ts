import { groupView } from '../../electron/app/groupView.ts';
import { plan, run } from './dailySamples.ts';
import { alone, groupId, snapshot } from './samples.ts';
import { expect, openGroup, test } from './window.ts';

test('the palette finds pages, VMs and what can be done, and all of it goes by keyboard', async ({
  page,
}) => {
  const app = await openGroup(page, snapshot(), {
    answers: { 'switchOver.plan': { ok: true, value: plan } },
  });
  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Find or do' });
  await expect(palette.getByRole('textbox')).toBeFocused();
  await page.keyboard.type('switch mail');
  await expect(palette.getByRole('button')).toHaveText([/^Switch over mail/]);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toContainText('Switch mail over');
  expect(app.inputsOf('vms.switchOver')).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await page.keyboard.press('Control+k');
  await expect(palette.getByRole('textbox')).toBeFocused();
  await page.keyboard.type('go to');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(palette.getByRole('button', { name: /^Go to VMs/ })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('VMs');
});

test('what can not be done now is in the palette with the reason, and Enter does not do it', async ({
  page,
}) => {
  const view = groupView(snapshot());
  const app = await openGroup(page, snapshot());
  await app.publish('groups.views', [{ ...view, disarmed: true }]);
  await expect(page.getByRole('region', { name: 'Paused now' })).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('switch over mail');
  const palette = page.getByRole('dialog', { name: 'Find or do' });
  await expect(palette.getByRole('button', { name: /^Switch over mail/ })).toContainText(
    'Protection is paused for the group.',
  );
  await page.keyboard.press('Enter');
  await expect(palette).toBeVisible();
});

test('every page has a key, and the keys have a list', async ({ page }) => {
  await openGroup(page, snapshot());
  const title = page.getByRole('heading', { level: 1 });
  await page.keyboard.press('Alt+Digit2');
  await expect(title).toHaveText('VMs');
  await page.keyboard.press('Alt+Digit3');
  await expect(title).toHaveText('Events');
  await page.keyboard.press('Alt+Digit5');
  await expect(title).toHaveText('Maintenance');
  await page.keyboard.press('F1');
  const list = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(list).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(list).toBeHidden();
  await page.keyboard.press('Alt+Digit1');
  await expect(title).toHaveText('Head office');
});

test('a screen reader hears of a lost protection and of a failover at once, on whatever page it is', async ({
  page,
}) => {
  const app = await openGroup(page, snapshot());
  await app.publish('runs.recent', []);
  await page.getByRole('link', { name: 'Events' }).click();
  await app.publish('runs.recent', [run({ kind: 'takeover', stopRefused: 'Nobody asked for it.' })]);
  await expect(page.getByRole('status', { name: 'News' })).toHaveText('Events');
  const urgent = page.getByRole('alert', { name: 'Urgent news' });
  await expect(urgent).toHaveText('Takeover of mail: beta → alpha has begun.');
  await app.publish('runs.recent', [run({ kind: 'takeover', state: 'done', pauseMs: 13_100 })]);
  const polite = page.getByRole('status', { name: 'News' });
  await expect(polite).toContainText('mail was away for 13.1');
  await app.publish('groups.views', [groupView(snapshot({ readiness: alone }))]);
  await expect(urgent).toHaveText('Head office: Not protected');
  await expect(page).toHaveTitle('Not protected: Head office – Events – Understudy');
});

test('a place that the tray asks for is gone to once, with its dialog', async ({ page }) => {
  const vmId = run().vmId;
  const app = await openGroup(page, snapshot(), {
    answers: { 'switchOver.plan': { ok: true, value: plan } },
  });
  const asked = { id: 1, page: 'vm', groupId, vmId, incidentId: null, dialog: 'switch-over' } as const;
  await app.publish('daily.goTo', asked);
  await expect(page).toHaveURL(new RegExp(`#/vm/${groupId}/${vmId}$`));
  await expect(page.getByRole('dialog')).toContainText('Switch mail over');
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Overview' }).click();
  await app.publish('daily.goTo', asked);
  await expect(page).toHaveURL(/#\/overview/);
  await expect(page.getByRole('dialog')).toHaveCount(0);
});
