import { groupView } from '../../electron/app/groupView.ts';
import { blockedPlan, moveProgress, plan, run, shutDownPlan } from './dailySamples.ts';
import { groupId, snapshot } from './samples.ts';
import { accessibilityFindings, expect, openGroup, test } from './window.ts';

test('a running VM is moved while it runs unless something else is chosen, and its result says so', async ({
  page,
}) => {
  const app = await openGroup(page, snapshot(), {
    answers: {
      'switchOver.plan': { ok: true, value: plan },
      'vms.switchOver': { ok: true, value: { runId: 'run-1' } },
    },
  });
  await page.getByRole('button', { name: 'Switch over mail' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('radio', { name: 'Move it while it runs' })).toBeChecked();
  await expect(dialog).toContainText(/mail stands still for\s*about 1\ss/);
  await expect(dialog).toContainText('Otherwise it stays where it is.');
  await dialog.getByRole('button', { name: 'Switch over to alpha' }).click();
  const moving = { isLive: true, expectedPauseMs: 1_000 } as const;
  const steps = [{ text: 'Moving the running guest', startedMs: 0, tookMs: null }];
  await app.publish('runs.recent', [run({ ...moving, steps })]);
  await expect(dialog).toContainText('Moving the running guest');
  await app.publish('runs.recent', [run({ ...moving, steps, progress: moveProgress })]);
  await expect(dialog.getByRole('progressbar', { name: 'Memory sent' })).toHaveAttribute('value', '42');
  await expect(dialog).toContainText('42 %, 310 MiB of its memory left, 112 MiB/s');
  await expect(dialog).toContainText(/expected: a standstill of about 1\ss/);
  await expect(dialog.getByRole('button', { name: 'Stop the switchover' })).toHaveAttribute(
    'aria-disabled',
    'false',
  );
  await app.publish('runs.recent', [run({ ...moving, steps, state: 'done', pauseMs: 900 })]);
  await expect(dialog).toContainText(
    /mail stood still for 0\.9\ss, as seen from here; it was not restarted\./,
  );
  expect(app.inputsOf('vms.switchOver')).toEqual([{ groupId, vmId: run().vmId, to: 'alpha', how: 'live' }]);
});

test('the way of moving is chosen by keyboard, and a shutdown may follow a move that fails', async ({
  page,
}) => {
  const failure = { code: 'vm.live-broke-off', message: 'The link to alpha broke.' };
  const app = await openGroup(page, snapshot(), {
    answers: { 'switchOver.plan': { ok: true, value: plan }, 'vms.switchOver': { ok: false, failure } },
  });
  await page.getByRole('button', { name: 'Switch over mail' }).click();
  const dialog = page.getByRole('dialog');
  const go = dialog.getByRole('button', { name: 'Switch over to alpha' });
  const orShutDown = dialog.getByRole('checkbox', { name: 'If that fails, shut it down and start it there' });
  await dialog.getByRole('radio', { name: 'Move it while it runs' }).focus();
  await page.keyboard.press('Tab');
  await expect(orShutDown).toBeFocused();
  await page.keyboard.press('Space');
  await expect(dialog).toContainText(/It is away for about 14\ss then\./);
  await go.press('Enter');
  await expect(dialog).toContainText('The link to alpha broke.');
  await dialog.getByRole('radio', { name: 'Move it while it runs' }).focus();
  await page.keyboard.press('ArrowDown');
  await expect(dialog.getByRole('radio', { name: 'Shut it down and start it there' })).toBeChecked();
  await expect(orShutDown).toHaveCount(0);
  await expect(dialog).toContainText(/mail is away for\s*about 14\ss/);
  await go.press('Enter');
  await expect
    .poll(() => app.inputsOf('vms.switchOver').map(({ how }) => how))
    .toEqual(['live-or-shutdown', 'shutdown']);
});

for (const theme of ['light', 'dark'] as const) {
  test(`both ways of moving are accessible, ${theme}`, async ({ page }) => {
    await openGroup(page, snapshot(), { theme, answers: { 'switchOver.plan': { ok: true, value: plan } } });
    await page.getByRole('button', { name: 'Switch over mail' }).click();
    await expect(page.getByRole('dialog')).toContainText('nothing speaks against it');
    expect(await accessibilityFindings(page)).toEqual([]);
  });
}

test('a VM that can only be shut down says why, says what it will do, and ends with the time away', async ({
  page,
}) => {
  const app = await openGroup(page, snapshot(), {
    answers: {
      'switchOver.plan': { ok: true, value: shutDownPlan },
      'vms.switchOver': { ok: true, value: { runId: 'run-1' } },
    },
  });
  await page.getByRole('button', { name: 'Switch over mail' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('radio', { name: 'Move it while it runs' })).toBeDisabled();
  await expect(dialog).toContainText('The agent of alpha is too old for that.');
  await expect(dialog).toContainText('The guest is shut down on beta.');
  await expect(dialog).toContainText(/mail is away for\s*about 14\ss/);
  await expect(dialog).toContainText('Data at riskNone');
  await expect(dialog).toContainText('nothing speaks against it');
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  expect(await accessibilityFindings(page)).toEqual([]);
  await app.publish('runs.recent', [run()]);
  await dialog.getByRole('button', { name: 'Switch over to alpha' }).click();
  await expect(dialog).toContainText('Starting it on alpha');
  await expect(dialog).toContainText('3.1 s');
  await expect(dialog).toContainText('It can still be stopped without harm.');
  const { steps } = run();
  const done = steps.map((step) => ({ ...step, tookMs: step.tookMs ?? 2_000 }));
  const over = {
    state: 'done',
    elapsedMs: 5_100,
    pauseMs: 4_900,
    steps: done,
    switchBackTo: 'beta',
  } as const;
  await app.publish('runs.recent', [run(over)]);
  await expect(dialog).toContainText('mail runs on alpha');
  await expect(dialog).toContainText('away for 4.9 s');
  expect(app.inputsOf('vms.switchOver')).toEqual([
    { groupId, vmId: run().vmId, to: 'alpha', how: 'shutdown' },
  ]);
  await dialog.getByRole('button', { name: 'Switch back to beta' }).click();
  await expect(dialog.getByRole('button', { name: /^Switch over to/ })).toBeVisible();
});

test('a switchover can be stopped while that is safe, and says when it no longer is', async ({ page }) => {
  const app = await openGroup(page, snapshot(), {
    answers: {
      'switchOver.plan': { ok: true, value: plan },
      'vms.switchOver': { ok: true, value: { runId: 'run-1' } },
      'switchOver.stop': { ok: true, value: null },
    },
  });
  await app.publish('runs.recent', [run()]);
  await page.getByRole('button', { name: 'Switch over mail' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Switch over to alpha' }).click();
  await dialog.getByRole('button', { name: 'Stop the switchover' }).click();
  await expect.poll(() => app.inputsOf('switchOver.stop')).toEqual([{ runId: 'run-1' }]);
  const stopRefused = 'The guest is down: stopping now would only make it longer.';
  await app.publish('runs.recent', [run({ stopRefused })]);
  await expect(dialog).toContainText(stopRefused);
  await expect(dialog.getByRole('button', { name: 'Stop the switchover' })).toHaveAttribute(
    'aria-disabled',
    'true',
  );
});

test('asked for without a VM, the dialog begins with choosing one', async ({ page }) => {
  const app = await openGroup(page, snapshot(), {
    answers: { 'switchOver.plan': { ok: true, value: plan } },
  });
  await page.getByRole('button', { name: 'Switch over …', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox', { name: 'VM to switch over' }).selectOption('mail');
  expect(await accessibilityFindings(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await expect(dialog).toContainText('nothing speaks against it');
  expect(app.inputsOf('switchOver.plan').at(-1)).toEqual({ groupId, vmId: run().vmId, to: null });
});

test('a finding that blocks keeps the button off and says why', async ({ page }) => {
  await openGroup(page, snapshot(), {
    answers: { 'switchOver.plan': { ok: true, value: blockedPlan } },
  });
  await page.getByRole('button', { name: 'Switch over mail' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Eject it.');
  await expect(dialog.getByRole('button', { name: 'Switch over to alpha' })).toHaveAttribute(
    'aria-disabled',
    'true',
  );
});

test('without the checks it is not known how it would move, so that it is not begun', async ({ page }) => {
  const failure = { code: 'control.deadline', message: 'beta did not answer in time.' };
  const app = await openGroup(page, snapshot(), { answers: { 'switchOver.plan': { ok: false, failure } } });
  await page.getByRole('button', { name: 'Switch over mail' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('beta did not answer in time.');
  const go = dialog.getByRole('button', { name: 'Switch over to alpha' });
  await expect(go).toHaveAttribute('title', 'The checks could not be made.');
  await go.press('Enter');
  expect(app.inputsOf('vms.switchOver')).toEqual([]);
});

test('a refused switchover shows what happened and what to do, and can be asked again', async ({ page }) => {
  const failure = {
    code: 'switchover.no-target',
    message: 'alpha is not alive.',
    fix: 'Wait until alpha has joined.',
  };
  await openGroup(page, snapshot(), {
    answers: { 'switchOver.plan': { ok: true, value: plan }, 'vms.switchOver': { ok: false, failure } },
  });
  await page.getByRole('button', { name: 'Switch over mail' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Switch over to alpha' }).click();
  await expect(dialog).toContainText('Wait until alpha has joined.');
  await expect(dialog.getByRole('button', { name: 'Switch over to alpha' })).toHaveAttribute(
    'aria-disabled',
    'false',
  );
});

test('the dialog closes on Escape and gives the focus back to the button that opened it', async ({
  page,
}) => {
  await openGroup(page, snapshot(), { answers: { 'switchOver.plan': { ok: true, value: plan } } });
  const opener = page.getByRole('button', { name: 'Switch over mail' });
  await opener.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(opener).toBeFocused();
});

test('a failed run stays on the overview with its reason until it is closed', async ({ page }) => {
  const app = await openGroup(page, snapshot());
  const failure = {
    code: 'takeover.start-failed',
    message: 'The VM did not start on alpha: no space is left.',
  };
  await app.publish('runs.recent', [run({ kind: 'takeover', state: 'failed', failure })]);
  const card = page.getByRole('article', { name: 'Takeover of mail: beta → alpha' });
  await expect(card).toContainText('no space is left');
  await card.getByRole('button', { name: /^Close/ }).click();
  await expect(card).toHaveCount(0);
});

test('a VM whose only other host is gone can not be switched over, and its button says why', async ({
  page,
}) => {
  const view = groupView(snapshot());
  const hosts = view.hosts.map((host) =>
    host.name === 'alpha' ? { ...host, state: 'silent' as const } : host,
  );
  const app = await openGroup(page, snapshot());
  await app.publish('groups.views', [{ ...view, hosts }]);
  await expect(page.getByRole('button', { name: 'Switch over mail' })).toHaveAttribute(
    'title',
    'No other host of this VM is up.',
  );
});
