import type { Page } from '@playwright/test';
import type { Theme } from '../../electron/ipc/views.ts';
import { alertTests, groupAlerts, noAlerts } from './alertSamples.ts';
import { timings } from './dailySamples.ts';
import type { FakeApp } from './fakeApp.ts';
import { groupId, snapshot } from './samples.ts';
import { accessibilityFindings, expect, openGroup, test } from './window.ts';

type Answers = NonNullable<NonNullable<Parameters<typeof openGroup>[2]>['answers']>;
const usual: Answers = {
  'timing.choices': { ok: true, value: timings },
  'alerts.show': { ok: true, value: groupAlerts },
};

async function openAlerts(page: Page, answers: Answers = {}, theme: Theme = 'light'): Promise<FakeApp> {
  const app = await openGroup(page, snapshot(), { theme, answers: { ...usual, ...answers } });
  await page.getByRole('link', { name: 'Settings' }).click();
  return app;
}
const panel = (page: Page) => page.getByRole('region', { name: 'When no app is open' });

for (const theme of ['light', 'dark'] as const) {
  test(`the whole form can be read and used, and hosts that differ are named (${theme})`, async ({
    page,
  }) => {
    await page.setViewportSize({ width: 1024, height: 768 });
    await openAlerts(page, {}, theme);
    const form = panel(page);
    await expect(form).toContainText('beta has no settings');
    await expect(form.getByRole('row', { name: /webhook:chat/ })).toContainText('answered 403');
    await form.getByRole('checkbox', { name: 'Send SNMP traps' }).check();
    await form.getByRole('checkbox', { name: 'Serve figures for Prometheus' }).check();
    await form.getByRole('button', { name: 'Add a webhook' }).click();
    await form
      .getByRole('group', { name: 'Webhook chat 2' })
      .getByRole('combobox', { name: 'Receiver' })
      .selectOption('telegram');
    expect(await accessibilityFindings(page)).toEqual([]);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    expect(wide).toBe(false);
    await page.screenshot({ path: `test-results/screens/alerts-${theme}.png`, fullPage: true });
  });
}

test('for the first time: mail is filled in, saved with its secret, and nothing of it stays in the form', async ({
  page,
}) => {
  const app = await openAlerts(page, {
    'alerts.show': { ok: true, value: noAlerts },
    'alerts.save': { ok: true, value: { ...groupAlerts, skew: null } },
  });
  const form = panel(page);
  await expect(form.getByRole('button', { name: 'Send a test message' })).toHaveAttribute(
    'aria-disabled',
    'true',
  );
  await form.getByRole('checkbox', { name: 'Send e-mail' }).check();
  await expect(form.getByText('Enter the name of the mail server.')).toBeVisible();
  await form.getByRole('textbox', { name: 'Mail server' }).fill('mail.shop.example');
  await form.getByRole('textbox', { name: 'User', exact: true }).fill('ada');
  await form.getByLabel('Password of the mail user').fill('open sesame');
  await form.getByRole('textbox', { name: 'From' }).fill('understudy@shop.example');
  await form.getByRole('textbox', { name: 'To', exact: true }).fill('ada@shop.example, bob@shop.example');
  await form.getByRole('button', { name: 'Save on every host' }).click();
  await expect.poll(() => app.inputsOf('alerts.save').length).toBe(1);
  expect(app.inputsOf('alerts.save')[0]).toEqual({
    groupId,
    settings: {
      tell: { failover: true, protection: true, links: false, weeklyOn: 1 },
      missingAfterMinutes: 15,
      metrics: null,
      mail: {
        server: 'mail.shop.example',
        port: 587,
        security: 'starttls',
        user: 'ada',
        password: { kind: 'set', value: 'open sesame' },
        from: 'understudy@shop.example',
        to: ['ada@shop.example', 'bob@shop.example'],
        ca: null,
      },
      webhooks: [],
      trap: null,
    },
  });
  await expect(form.getByLabel('Password of the mail user')).toHaveValue('');
  await expect(form.getByText('Is set. Leave it empty to keep it.').first()).toBeVisible();
});

test('what is not typed again is kept, and a refusal stands at its field', async ({ page }) => {
  const message = 'alpha does not have a secret that is to be kept (mail.password).';
  const failure = { code: 'notify.no-secret', message, fix: 'Enter it again.', field: 'mail.password' };
  const app = await openAlerts(page, { 'alerts.save': { ok: false, failure } });
  const form = panel(page);
  await form.getByRole('textbox', { name: 'Minutes without protection' }).fill('30');
  await expect(form.getByRole('button', { name: 'Send a test message' })).toHaveAttribute(
    'aria-disabled',
    'true',
  );
  await form.getByRole('button', { name: 'Save on every host' }).click();
  await expect(form.getByRole('alert')).toContainText('Enter it again.');
  await expect(form.getByLabel('Password of the mail user')).toHaveAttribute('aria-invalid', 'true');
  const [sent] = app.inputsOf('alerts.save');
  expect(sent?.settings).toMatchObject({
    missingAfterMinutes: 30,
    mail: { password: { kind: 'keep' } },
    webhooks: [{ url: { kind: 'keep' }, token: { kind: 'none' } }],
  });
});

test('a test message says on each host and way how it went, and what to do', async ({ page }) => {
  const app = await openAlerts(page, { 'alerts.test': { ok: true, value: alertTests } });
  const form = panel(page);
  await form.getByRole('button', { name: 'Send a test message' }).click();
  await expect.poll(() => app.inputsOf('alerts.test')).toEqual([{ groupId, channel: null }]);
  await expect(form.getByRole('row', { name: /alpha mail/ })).toContainText('Test taken after 0.4 s');
  await expect(form.getByRole('row', { name: /alpha webhook:chat/ })).toContainText('no firewall drops');
  await expect(form.getByRole('row', { name: /beta/ })).toContainText('The agent of beta does not answer.');
  expect(await accessibilityFindings(page)).toEqual([]);
});

test('nobody is told any more when that is asked for, and a webhook can be taken off', async ({ page }) => {
  const app = await openAlerts(page, { 'alerts.save': { ok: true, value: noAlerts } });
  const form = panel(page);
  await form.getByRole('button', { name: 'Remove chat' }).click();
  await form.getByRole('button', { name: 'Save on every host' }).click();
  await expect.poll(() => app.inputsOf('alerts.save')[0]?.settings?.webhooks).toEqual([]);
  await expect(form.getByRole('checkbox', { name: 'Send e-mail' })).not.toBeChecked();
  await expect(form.getByRole('button', { name: 'Tell nobody any more' })).toHaveCount(0);
});
