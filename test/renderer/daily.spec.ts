import { groupView } from '../../electron/app/groupView.ts';
import {
  away,
  dailyGroup,
  diagnostics,
  knownHosts,
  pausePreview,
  screenshot,
  timings,
  updates,
} from './dailySamples.ts';
import { groupId, snapshot, status, hostSnapshot } from './samples.ts';
import { hostLost, stories } from './storySamples.ts';
import { expect, openGroup, test } from './window.ts';

const mail = '5f000000-0000-4000-8000-000000000001';
const done = { ok: true, value: null } as const;
const refused = {
  ok: false,
  failure: { code: 'test.no', message: 'alpha said no.', fix: 'Ask again.' },
} as const;

test('what happened while the app was closed is told on opening, leads to its story, and can be put away', async ({
  page,
}) => {
  const app = await openGroup(page, snapshot(), { answers: { 'away.dismiss': done } });
  await app.publish('incidents.recent', stories);
  await app.publish('away.summary', away);
  const card = page.getByRole('region', { name: 'While you were away' });
  await expect(card).toContainText('At 03:12 beta took over 2 VMs from alpha');
  await expect(card).toContainText('Until it is back, nobody stands by.');
  await card.getByRole('link', { name: hostLost.title }).click();
  const story = page.getByRole('article', { name: hostLost.title });
  await expect(story).toBeFocused();
  await expect(story).toContainText('T passed: 12 s');
  await page.getByRole('link', { name: 'Overview' }).click();
  await card.getByRole('button', { name: 'Put away' }).click();
  await expect.poll(() => app.inputsOf('away.dismiss')).toEqual([{}]);
  await app.publish('away.summary', null);
  await expect(card).toHaveCount(0);
});

test('stories are filtered by kind and by what stands in them, and what is seen is what is exported', async ({
  page,
}) => {
  const file = { path: '/home/ada/Downloads/events.csv', bytes: 2_345 };
  const app = await openGroup(page, snapshot(), {
    answers: { 'incidents.export': { ok: true, value: file } },
  });
  await app.publish('incidents.recent', stories);
  await page.getByRole('link', { name: 'Events' }).click();
  await expect(page.locator('.story')).toHaveCount(2);
  await page.getByRole('combobox', { name: 'Kind of story' }).selectOption('host-lost');
  await expect(page.locator('.story')).toHaveCount(1);
  await page.getByRole('searchbox', { name: 'Search the stories' }).fill('web-shop');
  await page.getByRole('button', { name: /^Export CSV/ }).click();
  await expect(page.getByText(file.path)).toBeVisible();
  expect(app.inputsOf('incidents.export')).toEqual([
    { groupId, format: 'csv', kinds: ['host-lost'], search: 'web-shop' },
  ]);
  await page.getByRole('searchbox', { name: 'Search the stories' }).fill('nothing like it');
  await expect(page.getByText('No story matches the filter.')).toBeVisible();
});

test('before anything has happened the events say so', async ({ page }) => {
  await openGroup(page, snapshot());
  await page.getByRole('link', { name: 'Events' }).click();
  await expect(page.getByText('Nothing has happened yet.')).toBeVisible();
});

test('a VM’s page has its state, screen, policy, copies and history', async ({ page }) => {
  const app = await openGroup(page, snapshot(), {
    answers: { 'vm.screenshot': { ok: true, value: screenshot }, 'vm.setPolicy': done },
  });
  await app.publish('incidents.recent', stories);
  await page.getByRole('row', { name: /^mail/ }).getByRole('link', { name: 'mail' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('mail');
  await expect(page.getByText('If its host fails, another host starts it.')).toBeVisible();
  await expect(page.getByRole('img', { name: 'What the screen of mail shows' })).toBeVisible();
  await expect(page.getByText('Has the newest')).toHaveCount(2);
  await expect(page.getByRole('article', { name: /mail was switched over/ })).toBeVisible();
  await page.getByRole('button', { name: 'Change the policy' }).click();
  const order = page.getByRole('textbox', { name: 'Start order' });
  await order.fill('1001');
  await expect(page.getByText('From 0 to 1,000.', { exact: true })).toBeVisible();
  await order.press('Enter');
  expect(app.inputsOf('vm.setPolicy')).toEqual([]);
  await order.fill('10');
  await page.getByRole('button', { name: 'Save the policy' }).click();
  const policy = { order: 10, maxRestarts: 2, windowMs: 600_000, shutdownTimeoutMs: 90_000 };
  await expect.poll(() => app.inputsOf('vm.setPolicy')).toEqual([{ groupId, vmId: mail, policy }]);
  await expect(page.getByRole('button', { name: 'Change the policy' })).toBeVisible();
});

test('a VM’s page says how its guest is watched, refuses what is no probe, and sends the whole', async ({
  page,
}) => {
  const app = await openGroup(page, snapshot(), {
    answers: { 'vm.screenshot': { ok: true, value: screenshot }, 'vm.setPolicy': done },
  });
  await page.getByRole('row', { name: /^mail/ }).getByRole('link', { name: 'mail' }).click();
  await expect(page.getByText('Nobody looks into this guest.')).toBeVisible();
  await page.getByRole('button', { name: 'Change how it is watched' }).click();
  const deep = page.getByRole('textbox', { name: 'Deep look', exact: true });
  await deep.fill('http://mail.example.org/');
  await expect(page.getByText('None of the forms below.')).toBeVisible();
  await deep.press('Enter');
  expect(app.inputsOf('vm.setPolicy')).toEqual([]);
  const fast = page.getByRole('textbox', { name: 'Fast look', exact: true });
  await fast.fill('heartbeat');
  await deep.fill('heartbeat');
  await expect(page.getByText('The fast look waits for beats already.')).toBeVisible();
  await deep.fill('http://192.0.2.80/');
  await page.getByRole('textbox', { name: 'Resets of the guest' }).fill('2');
  await page.getByRole('button', { name: 'Save how it is watched' }).click();
  const health = {
    fast: { probe: 'heartbeat', everyMs: 5000, timeoutMs: 3000, failures: 3 },
    deep: { probe: 'http://192.0.2.80/', everyMs: 30_000, timeoutMs: 10_000, failures: 3 },
    minUptimeMs: 120_000,
    rebootGraceMs: 1_800_000,
    quietMs: 60_000,
    appRestarts: 2,
    resets: 2,
  };
  await expect
    .poll(() => app.inputsOf('vm.setPolicy'))
    .toEqual([{ groupId, vmId: mail, policy: { health } }]);
});

test('stopping a VM says what it means first, and Cancel has the focus', async ({ page }) => {
  const app = await openGroup(page, snapshot(), {
    answers: { 'vm.screenshot': refused, 'vm.stop': refused },
  });
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `#/vm/${groupId}/${mail}`);
  await expect(page.getByText('alpha said no.')).toBeVisible();
  await page.getByRole('button', { name: 'Stop …' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('no host starts it again until somebody does');
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await dialog.getByRole('button', { name: 'Stop mail' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'mail could not be stopped' })).toBeVisible();
  expect(app.inputsOf('vm.stop')).toEqual([{ groupId, vmId: mail }]);
});

test('a VM that no host reports any more leaves a page that says so', async ({ page }) => {
  await openGroup(page, snapshot());
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `#/vm/${groupId}/5f000000-0000-4000-8000-000000000999`);
  await expect(page.getByText('No host of this group reports this VM now.')).toBeVisible();
});

test('maintenance of a host shows what would move and stay, has an end unless none is asked for, and begins', async ({
  page,
}) => {
  const app = await openGroup(page, snapshot(), {
    answers: { 'maintenance.preview': { ok: true, value: pausePreview }, 'maintenance.begin': done },
  });
  await page.getByRole('link', { name: 'Maintenance' }).click();
  await page.getByRole('button', { name: 'Begin maintenance of alpha …' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('web-shop to beta, stands still for about a second');
  await dialog.getByRole('radio', { name: 'All are shut down and started there' }).check();
  await expect(dialog).toContainText(/web-shop to beta, away for about 14\ss/);
  await dialog.getByRole('radio', { name: 'Those that can’t are shut down' }).check();
  await expect(dialog).toContainText('Stop a VM on beta first.');
  await dialog.getByRole('radio', { name: 'Until I end it' }).check();
  await expect(dialog).toContainText('It has no end');
  await dialog.getByRole('radio', { name: '8 hours' }).check();
  await expect(dialog).toContainText('It ends by itself at');
  await dialog.getByRole('button', { name: 'Begin maintenance of alpha' }).click();
  await expect(dialog).toHaveCount(0);
  expect(app.inputsOf('maintenance.begin')).toEqual([
    { groupId, host: 'alpha', forMs: 28_800_000, bringBack: true, how: 'live-or-shutdown' },
  ]);
});

test('a pause that is refused keeps its button off and says why', async ({ page }) => {
  const { failure } = refused;
  await openGroup(page, snapshot(), {
    answers: { 'maintenance.preview': { ok: true, value: { ...pausePreview, refused: failure } } },
  });
  await page.getByRole('button', { name: 'Maintenance …' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('alpha said no.');
  await expect(dialog.getByRole('button', { name: 'Pause protection' })).toHaveAttribute(
    'aria-disabled',
    'true',
  );
});

test('while protection is paused every page says so, until when, and ends it on request', async ({
  page,
}) => {
  const paused = [0, 1].map((slot) => {
    const report = status(slot);
    const group = report.group === null ? null : { ...report.group, disarmed: true };
    return hostSnapshot(slot, { ...report, group });
  });
  const shot = { ...snapshot(), hosts: paused };
  const app = await openGroup(page, shot, { answers: { 'maintenance.arm': done } });
  const until = '2026-11-21T14:00:00.000Z';
  const daily = dailyGroup(groupView(shot), { disarmed: { until, endsInMs: 1_529_000 } });
  await app.publish('daily.groups', [daily]);
  for (const name of ['VMs', 'Events', 'Maintenance', 'Overview']) {
    await page.getByRole('navigation').getByRole('link', { name }).click();
    const bar = page.getByRole('region', { name: 'Paused now' });
    await expect(bar).toContainText('failures are not handled');
    await expect(bar).toContainText(/in 25\smin/);
  }
  await page.getByRole('button', { name: 'Resume protection' }).first().click();
  await expect.poll(() => app.inputsOf('maintenance.arm')).toEqual([{ groupId }]);
});

test('settings take effect at once, and say why one can not be changed here', async ({ page }) => {
  const app = await openGroup(page, snapshot(), {
    answers: {
      'settings.change': done,
      'timing.choices': { ok: true, value: timings },
      'timing.choose': done,
      'updates.rollOut': done,
    },
  });
  await app.publish('updates.agents', [updates]);
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('checkbox', { name: 'Start when I log in' }).click({ force: true });
  await expect(page.getByText('In the browser this app can not start by itself.').first()).toBeVisible();
  await page.getByRole('checkbox', { name: /A link between hosts/ }).click();
  const notifications = { failover: true, protection: true, links: true };
  await expect.poll(() => app.inputsOf('settings.change')).toEqual([{ notifications }]);
  await expect(page.getByRole('radio', { name: /Patient/ })).toBeDisabled();
  await expect(page.getByText('alpha does not answer; all hosts must agree.')).toBeVisible();
  await page.getByRole('radio', { name: /Steady/ }).check();
  await page.getByRole('button', { name: 'Change to Steady' }).click();
  await expect.poll(() => app.inputsOf('timing.choose')).toEqual([{ groupId, profile: 'steady' }]);
  await expect(page.getByText('beta has an older agent than alpha.')).toBeVisible();
  await page.getByRole('button', { name: 'Update the agents to 0.2.0' }).click();
  await expect.poll(() => app.inputsOf('updates.rollOut')).toEqual([{ groupId }]);
  const hosts = [{ host: 'beta', state: 'under-way', step: 'Copying the agent', failure: null }] as const;
  await app.publish('updates.agents', [{ ...updates, roll: { state: 'under-way', hosts } }]);
  await expect(page.getByRole('row', { name: /^beta/ }).last()).toContainText('Copying the agent');
  await expect(page.getByRole('button', { name: 'Stop after this host' })).toBeVisible();
});

test('the key of a host is forgotten only after what that means was said', async ({ page }) => {
  const app = await openGroup(page, snapshot(), {
    answers: { 'timing.choices': { ok: true, value: timings }, 'hosts.forgetKey': done },
  });
  await app.publish('hosts.known', knownHosts);
  await page.getByRole('link', { name: 'Settings' }).click();
  const row = page.getByRole('row', { name: /^beta/ });
  await expect(row).toContainText('admin at 10.0.0.12, port 2222, with a password');
  await expect(row).toContainText(knownHosts[1]?.key.sha256 ?? '');
  await row.getByRole('button', { name: 'Forget key … of beta' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Do this only when you know why the key of beta has changed');
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  expect(app.inputsOf('hosts.forgetKey')).toEqual([]);
  await dialog.getByRole('button', { name: 'Forget it and look again' }).click();
  await expect.poll(() => app.inputsOf('hosts.forgetKey')).toEqual([{ host: 'beta' }]);
});

test('diagnostics are seen file by file before anything is written, and say where they were saved', async ({
  page,
}) => {
  const file = { path: '/home/ada/Downloads/understudy.zip', bytes: 84_210 };
  const app = await openGroup(page, snapshot(), {
    answers: {
      'diagnostics.preview': { ok: true, value: diagnostics },
      'diagnostics.save': { ok: true, value: file },
    },
  });
  await page.getByRole('link', { name: 'Diagnostics' }).click();
  await page.getByRole('button', { name: 'Collect and show' }).click();
  await expect(page.getByRole('textbox', { name: 'Contents of alpha/status.json' })).toHaveValue(/taken out/);
  await page.getByRole('button', { name: /^alpha\/events/ }).click();
  await expect(page.getByRole('textbox', { name: 'Contents of alpha/events.jsonl' })).toHaveValue(
    /keeper.alive/,
  );
  await expect(page.getByText('Taken out before you see it here: passwords')).toBeVisible();
  await expect(page.getByText('beta does not answer.')).toBeVisible();
  expect(app.inputsOf('diagnostics.save')).toEqual([]);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText(file.path)).toBeVisible();
  expect(app.inputsOf('diagnostics.save')).toEqual([{ id: diagnostics.id }]);
});
