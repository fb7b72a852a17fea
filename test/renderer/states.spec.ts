import type { Reply } from '../../electron/ipc/contract.ts';
import { groupView } from '../../electron/app/groupView.ts';
import { dailyGroup, run } from './dailySamples.ts';
import { groupId, hostSnapshot, snapshot, status } from './samples.ts';
import { hostLost } from './storySamples.ts';
import { accessibilityFindings, expect, openGroup, test } from './window.ts';

/** Pages that ask something of the app, in the two states in which there is no answer: not yet, and not at all. */
const vmId = '5f000000-0000-4000-8000-000000000001';
const asking = [
  { page: `vm/${groupId}/${vmId}`, call: 'vm.screenshot', busy: 'Asking its host for a picture' },
  { page: `vm/${groupId}/${vmId}`, call: 'vm.drills', busy: 'Asking its standbys' },
  { page: `settings/${groupId}`, call: 'timing.choices', busy: 'Asking the hosts' },
  { page: 'about', call: 'about.read', busy: 'Asking the app' },
] as const;
const failure = {
  code: 'test.away',
  message: 'alpha did not answer in time.',
  meaning: 'Nothing was changed.',
  fix: 'Look whether alpha is on.',
};
const refused: Reply<never> = { ok: false, failure };

for (const { page: hash, call, busy } of asking) {
  test(`${hash.split('/')[0]}, asking ${call}, says that it waits, and on a refusal what happened and what to do`, async ({
    page,
  }) => {
    let answer: (reply: Reply<never>) => void = () => undefined;
    const reply = new Promise<Reply<never>>((resolve) => {
      answer = resolve;
    });
    await openGroup(page, snapshot(), { answers: { [call]: () => reply } });
    await page.evaluate((to) => {
      location.hash = to;
    }, `#/${hash}`);
    await expect(page.getByText(busy)).toBeVisible();
    expect(await accessibilityFindings(page)).toEqual([]);
    answer(refused);
    await expect(page.getByText(failure.message)).toBeVisible();
    await expect(page.getByText(failure.fix)).toBeVisible();
    expect(await accessibilityFindings(page)).toEqual([]);
  });
}

test('diagnostics that could not be collected say why and can be tried again', async ({ page }) => {
  await openGroup(page, snapshot(), { answers: { 'diagnostics.preview': refused } });
  await page.getByRole('link', { name: 'Diagnostics' }).click();
  await page.getByRole('button', { name: 'Collect and show' }).click();
  await expect(page.getByText(failure.fix)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Collect and show' })).toHaveAttribute(
    'aria-disabled',
    'false',
  );
});

test('without a group the pages of the app are there, those of a group lead to the welcome', async ({
  page,
}) => {
  const app = await openGroup(page, snapshot(), { answers: { 'about.read': refused } });
  await app.publish('groups.views', []);
  for (const name of ['Settings', 'Diagnostics', 'About and limits']) {
    await page.getByRole('navigation').getByRole('link', { name }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
    expect(await accessibilityFindings(page)).toEqual([]);
  }
  await page.keyboard.press('Alt+Digit2');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Your virtual machines go on');
});

test('a host that has emptied itself, is stuck, or is not known says so on its maintenance', async ({
  page,
}) => {
  const app = await openGroup(page, snapshot());
  await page.getByRole('link', { name: 'Maintenance' }).click();
  const view = groupView(snapshot());
  const of = (state: 'held' | 'stuck' | 'not-known', vmsLeft: readonly string[]) =>
    dailyGroup(view, {
      maintenance: [{ host: 'alpha', state, vmsLeft, sentence: '', until: null, endsInMs: null }],
    });
  await app.publish('daily.groups', [of('held', [])]);
  await expect(page.getByText('it runs no protected VM and takes none')).toBeVisible();
  await app.publish('daily.groups', [of('stuck', ['files'])]);
  await expect(page.getByText('Some VMs could not leave')).toBeVisible();
  await expect(page.getByText('Still here: files.')).toBeVisible();
  await app.publish('daily.groups', [of('not-known', [])]);
  await expect(page.getByRole('main').getByText('Not known')).toBeVisible();
  await expect(page.getByText('Until you end it.').first()).toBeVisible();
});

test('what a host writes is text, however long and whatever it looks like', async ({ page }) => {
  const markup = '<img src=x onerror="document.title=1"><b>bold</b>';
  const long = 'x'.repeat(900);
  const app = await openGroup(page, snapshot());
  const lines = hostLost.lines.map((line) => ({ ...line, text: long, why: [long] }));
  const story = { ...hostLost, title: markup, cause: long, outcome: markup, lines };
  await app.publish('incidents.recent', [story]);
  await page.setViewportSize({ width: 1024, height: 768 });
  await page.evaluate((to) => {
    location.hash = to;
  }, `#/events/${groupId}/${hostLost.id}`);
  await expect(page.getByRole('heading', { name: markup })).toBeVisible();
  const beyond = () =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(await beyond()).toBe(0);
  const message = `${long} ${markup}`.slice(0, 500);
  const reasons = [{ code: 'ready.one-link', weight: 'degraded' as const, message, fix: long.slice(0, 400) }];
  const vms = [0, 1].map((slot) =>
    hostSnapshot(slot, status(slot, { readiness: { level: 'degraded', reasons } })),
  );
  await app.publish('groups.views', [groupView({ ...snapshot(), hosts: vms })]);
  await app.publish('runs.recent', [run({ state: 'failed', failure: { code: 'x.y', message } })]);
  await page.getByRole('link', { name: 'Overview' }).click();
  await expect(page.getByRole('region', { name: 'State of the group' })).toContainText('xxxx');
  expect(await beyond()).toBe(0);
  await expect(page).toHaveTitle(/^At risk: Head office – Overview – Understudy$/);
});
