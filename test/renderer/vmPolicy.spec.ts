import { screenshot } from './dailySamples.ts';
import { groupId, snapshot } from './samples.ts';
import { expect, openGroup, test } from './window.ts';

const mail = '5f000000-0000-4000-8000-000000000001';
const done = { ok: true, value: null } as const;

test('a VM’s policy says when it goes back, and a window must have a length', async ({ page }) => {
  const app = await openGroup(page, snapshot(), {
    answers: { 'vm.screenshot': { ok: true, value: screenshot }, 'vm.setPolicy': done },
  });
  await page.getByRole('row', { name: /^mail/ }).getByRole('link', { name: 'mail' }).click();
  await expect(page.getByText('Never by itself')).toBeVisible();
  await page.getByRole('button', { name: 'Change the policy' }).click();
  await page.getByLabel('Goes back to its preferred host').selectOption('idle-hours');
  await page.getByLabel('Idle hours end').selectOption('22');
  await expect(page.getByText('Not the hour at which they begin.')).toBeVisible();
  await page.getByLabel('Idle hours end').selectOption('5');
  await page.getByLabel('How it goes back').selectOption('live-or-shutdown');
  await page.getByLabel('If memory runs short').selectOption('must');
  await page.getByRole('button', { name: 'Save the policy' }).click();
  const failback = { when: 'idle-hours', hours: { from: 22, to: 5 }, orShutDown: true };
  await expect
    .poll(() => app.inputsOf('vm.setPolicy'))
    .toMatchObject([{ groupId, vmId: mail, policy: { failback, needsRoom: true } }]);
});
