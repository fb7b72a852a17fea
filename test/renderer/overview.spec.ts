import { groupView } from '../../electron/app/groupView.ts';
import type { Theme } from '../../electron/ipc/views.ts';
import { badReport } from './checkSamples.ts';
import { dailyGroup } from './dailySamples.ts';
import { alone, degraded, groupId, hostSnapshot, powerLoss, snapshot, status } from './samples.ts';
import { accessibilityFindings, expect, openGroup, test } from './window.ts';

const themes: readonly Theme[] = ['light', 'dark'];

for (const theme of themes) {
  test(`a healthy group is protected, says what would happen, and reads well (${theme})`, async ({
    page,
  }) => {
    await openGroup(page, snapshot(), { theme });
    const banner = page.getByRole('region', { name: 'State of the group' });
    await expect(banner).toContainText('All 3 VMs are protected.');
    await expect(banner).toContainText('beta takes over 2 VMs after about 12 s.');
    await expect(page.getByRole('article', { name: 'Host alpha' })).toContainText('web-shop');
    await expect(page.getByRole('row', { name: /^mail/ })).toContainText('Running on beta');
    expect(await accessibilityFindings(page)).toEqual([]);
  });

  test(`what the daily report found is said where one looks every day (${theme})`, async ({ page }) => {
    const app = await openGroup(page, snapshot(), { theme });
    await expect(page.getByRole('link', { name: 'Checks', exact: true })).toBeVisible();
    await app.publish('checks.reports', [badReport({ groupId, blocking: 2, failures: [] })]);
    await expect(page.getByRole('link', { name: 'Checks (2 failed)' })).toBeVisible();
    const banner = page.getByRole('region', { name: 'State of the group' });
    await expect(banner).toContainText('2 of the checks failed.');
    expect(await accessibilityFindings(page)).toEqual([]);
    // On a busy machine that took so long that the window holds the app for silent.
    await app.publish('groups.views', [groupView(snapshot())]);
    await banner.getByRole('link', { name: 'See the report' }).click();
    await expect(page.getByRole('heading', { name: 'Checks', level: 1 })).toBeVisible();
  });

  test(`a host that lost its power is silent, and the takeover counts down (${theme})`, async ({ page }) => {
    await openGroup(page, powerLoss(7_300), { theme });
    const banner = page.getByRole('region', { name: 'State of the group' });
    await expect(banner).toContainText('alpha is silent. beta may take over web-shop and files');
    const alpha = page.getByRole('article', { name: 'Host alpha' });
    await expect(alpha).toContainText('beta hears nothing from it');
    await expect(alpha).not.toContainText(/down/i);
    await expect(page.getByRole('row', { name: /^web-shop/ })).toContainText('Not running, last on alpha');
    expect(await accessibilityFindings(page)).toEqual([]);
  });

  test(`eight hosts and 400 VMs are all there, and can be filtered (${theme})`, async ({ page }) => {
    await openGroup(page, snapshot({ hosts: 8, vms: 400 }), { theme });
    await expect(page.getByRole('article', { name: /^Host / })).toHaveCount(8);
    await expect(page.getByText('No VM needs a look: all are protected.')).toBeVisible();
    const beats = page.locator('.heartbeats tbody tr');
    await expect(beats).toHaveCount(7 * 2 + 1);
    await page.getByRole('combobox', { name: 'Heard on' }).selectOption('beta');
    await expect(beats.first()).toContainText('beta');
    expect(await accessibilityFindings(page)).toEqual([]);
    await page.getByRole('link', { name: 'All 400 VMs' }).click();
    const rows = page.locator('.vms tbody tr');
    await expect(rows).toHaveCount(400);
    await page.getByRole('searchbox', { name: /Filter VMs/ }).fill('gamma');
    await expect(rows).toHaveCount(50);
    await page.getByRole('combobox', { name: 'State shown' }).selectOption('not-protected');
    await expect(page.getByText('No VM matches the filter.')).toBeVisible();
  });
}

test('a VM that is protected with less safety net says why and what to do', async ({ page }) => {
  await openGroup(page, snapshot({ readiness: degraded }));
  const row = page.getByRole('row', { name: /^web-shop/ });
  await expect(row).toContainText('At risk');
  await expect(row).toContainText('Enable the hardware watchdog of beta');
  await row.getByText('1 more reason').click();
  await expect(row).toContainText('Add a second link');
});

test('of many VMs the overview shows those that need a look', async ({ page }) => {
  const troubled = snapshot({
    hosts: 3,
    vms: 40,
    vm: (vm) => (vm.name === 'wiki' ? { ...vm, readiness: alone } : vm),
  });
  await openGroup(page, troubled);
  await expect(page.getByRole('heading', { name: 'VMs that need a look' })).toBeVisible();
  await expect(page.locator('.vms tbody tr')).toHaveCount(1);
  await expect(page.getByRole('row', { name: /^wiki/ })).toContainText('Not protected');
});

test('what would happen if a host died is told VM by VM, with its seconds and the memory', async ({
  page,
}) => {
  const view = groupView(snapshot());
  const app = await openGroup(page, snapshot());
  const [alpha, ...rest] = dailyGroup(view).ifHostDied;
  const why = 'Only alpha has its ISO image.';
  const stays = [{ vmId: 'x', vmName: 'files', why, fix: 'Eject it.' }];
  const ifHostDied = alpha === undefined ? rest : [{ ...alpha, stays }, ...rest];
  await app.publish('daily.groups', [dailyGroup(view, { ifHostDied })]);
  const prediction = page.locator('.prediction', { hasText: 'If alpha died now' });
  await prediction.locator('summary').click();
  await expect(prediction).toContainText(/web-shop to beta, back in about 21\ss/);
  await expect(prediction).toContainText('files would stay down. Only alpha has its ISO image. Eject it.');
  await expect(prediction).toContainText('beta would need');
});

test('when nobody stands by, the banner says so and suggests the one thing to do', async ({ page }) => {
  await openGroup(page, snapshot({ readiness: alone }));
  const banner = page.getByRole('region', { name: 'State of the group' });
  await expect(banner).toContainText('Not protected');
  await expect(banner).toContainText('Bring alpha back');
});

test('hosts that this app can not reach are not known, never down', async ({ page }) => {
  const failure = { code: 'ssh.unreachable', message: 'alpha does not answer.' };
  const console = { kind: 'lost', forMs: 40_000, failure } as const;
  const hosts = [0, 1].map((slot) => hostSnapshot(slot, status(slot), { ageMs: 40_000, console }));
  await openGroup(page, { ...snapshot(), hosts });
  await expect(page.getByRole('region', { name: 'State of the group' })).toContainText(
    "This app can't reach the hosts. They may be fine",
  );
  await expect(page.getByRole('article', { name: 'Host alpha' })).toContainText('Not known');
  await expect(page.getByRole('row', { name: /^mail/ })).toContainText('last seen on beta');
  await expect(page.getByText('40 s ago').first()).toBeVisible();
  await expect(page.locator('main')).not.toContainText(/\bdown\b/i);
});

test('one host out of this app’s reach is shown as the other sees it', async ({ page }) => {
  const failure = { code: 'ssh.unreachable', message: 'alpha does not answer.' };
  const lost = { ageMs: 30_000, console: { kind: 'lost', forMs: 30_000, failure } } as const;
  await openGroup(page, {
    ...snapshot(),
    hosts: [hostSnapshot(0, status(0), lost), hostSnapshot(1, status(1))],
  });
  await expect(page.getByRole('article', { name: 'Host alpha' })).toContainText('as the other host sees it');
  await expect(page.getByRole('row', { name: /^web-shop/ })).toContainText('On alpha');
  await expect(page.getByRole('region', { name: 'State of the group' })).toContainText(
    'All 3 VMs are protected.',
  );
});

test('a view that stops coming grows old on the screen by itself', async ({ page }) => {
  await page.clock.install();
  await openGroup(page, snapshot());
  await page.clock.runFor(9_000);
  await expect(page.getByRole('region', { name: 'State of the group' })).toContainText('does not answer');
  await expect(page.getByRole('article', { name: 'Host alpha' }).getByText('9 s ago')).toBeVisible();
});

test('a VM that two hosts report is an alarm', async ({ page }) => {
  const twice = [0, 1].map((slot) =>
    hostSnapshot(slot, status(slot, { vm: (vm) => (vm.name === 'mail' ? { ...vm, here: 'running' } : vm) })),
  );
  await openGroup(page, { ...snapshot(), hosts: twice });
  await expect(page.getByRole('region', { name: 'State of the group' })).toContainText(
    'alpha and beta both say that they run mail.',
  );
});

test('a demo group is named as one, with its stand-ins, and its plugs can be pulled', async ({ page }) => {
  const hosts = snapshot().hosts.map((host) => ({ ...host, demoPower: 'on' as const }));
  const demo = { ...snapshot(), kind: 'demo' as const, hosts };
  const app = await openGroup(page, demo, { answers: { 'demo.pullPlug': { ok: true, value: null } } });
  await expect(page.getByText('Stand-ins: the VMs are small processes')).toBeVisible();
  await page.getByRole('button', { name: 'Pull the plug of alpha' }).click();
  await expect.poll(() => app.inputsOf('demo.pullPlug')).toEqual([{ groupId: demo.id, host: 'alpha' }]);
  await app.publish('groups.views', [groupView(powerLoss(1_000))]);
  await expect(page.getByRole('button', { name: 'Power on alpha' })).toBeVisible();
});

test('nothing is cut off or scrolls sideways in a window of 1024 pixels', async ({ page }) => {
  await page.setViewportSize({ width: 1024, height: 768 });
  await openGroup(page, snapshot({ readiness: degraded }));
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow).toBe(0);
  await expect(page.getByRole('button', { name: 'Switch over web-shop' })).toBeInViewport({ ratio: 0 });
});

test('states stay apart in forced colours', async ({ page }) => {
  await page.emulateMedia({ forcedColors: 'active' });
  await openGroup(page, powerLoss(7_300));
  await expect(page.getByRole('article', { name: 'Host beta' })).toContainText('Up');
  expect(await accessibilityFindings(page)).toEqual([]);
});
