import { groupView } from '../../electron/app/groupView.ts';
import type { RunView } from '../../electron/ipc/views.ts';
import { groupId, snapshot } from './samples.ts';
import { accessibilityFindings, expect, openGroup, test } from './window.ts';

const run = (more: Partial<RunView> = {}): RunView => ({
  id: 'run-1',
  groupId,
  kind: 'switchover',
  vmId: '5f000000-0000-4000-8000-000000000001',
  vmName: 'mail',
  from: 'beta',
  to: 'alpha',
  startedAt: '2026-11-21T07:00:00.000Z',
  elapsedMs: 4_200,
  steps: [
    { text: 'Shutting the guest down', startedMs: 0, tookMs: 3_100 },
    { text: 'Starting it on alpha', startedMs: 3_100, tookMs: null },
  ],
  state: 'under-way',
  pauseMs: null,
  expectedPauseMs: null,
  stopRefused: null,
  switchBackTo: null,
  failure: null,
  ...more,
});

test('a switchover says what it will do, runs with its steps and seconds, and ends with the time away', async ({
  page,
}) => {
  const app = await openGroup(page, snapshot(), {
    answers: {
      'vms.check': { ok: true, value: [] },
      'vms.switchOver': { ok: true, value: { runId: 'run-1' } },
    },
  });
  await page.getByRole('button', { name: 'Switch over mail' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('shut down on beta and started on alpha');
  await expect(dialog).toContainText('nothing speaks against it');
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  expect(await accessibilityFindings(page)).toEqual([]);
  await app.publish('runs.recent', [run()]);
  await dialog.getByRole('button', { name: 'Switch over to alpha' }).click();
  await expect(dialog).toContainText('Starting it on alpha');
  await expect(dialog).toContainText('3.1 s');
  const { steps } = run();
  const done = steps.map((step) => ({ ...step, tookMs: step.tookMs ?? 2_000 }));
  await app.publish('runs.recent', [run({ state: 'done', elapsedMs: 5_100, pauseMs: 4_900, steps: done })]);
  await expect(dialog).toContainText('mail runs on alpha');
  await expect(dialog).toContainText('away for 4.9 s');
  expect(app.inputsOf('vms.switchOver')).toEqual([{ groupId, vmId: run().vmId, to: 'alpha' }]);
});

test('a finding that blocks keeps the button off and says why', async ({ page }) => {
  const failure = {
    code: 'vm.local-iso',
    message: 'mail has an ISO image in its drive that only beta has.',
    fix: 'Eject it.',
  };
  await openGroup(page, snapshot(), {
    answers: { 'vms.check': { ok: true, value: [{ failure, blocking: true }] } },
  });
  await page.getByRole('button', { name: 'Switch over mail' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Eject it.');
  await expect(dialog.getByRole('button', { name: 'Switch over to alpha' })).toHaveAttribute(
    'aria-disabled',
    'true',
  );
});

test('a refused switchover shows what happened and what to do, and can be asked again', async ({ page }) => {
  const failure = {
    code: 'switchover.no-target',
    message: 'alpha is not alive.',
    fix: 'Wait until alpha has joined.',
  };
  await openGroup(page, snapshot(), {
    answers: { 'vms.check': { ok: true, value: [] }, 'vms.switchOver': { ok: false, failure } },
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
  await openGroup(page, snapshot(), { answers: { 'vms.check': { ok: true, value: [] } } });
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
