import { screenshot } from './dailySamples.ts';
import { drills } from './drillSamples.ts';
import { groupId, snapshot } from './samples.ts';
import { expect, openGroup, test } from './window.ts';

const mail = '5f000000-0000-4000-8000-000000000001';
const done = { ok: true, value: null } as const;
const refused = { ok: false, failure: { code: 'test.no', message: 'alpha said no.' } } as const;

test('a VM’s page begins a drill on a standby, follows it, breaks it off, and shows the last one', async ({
  page,
}) => {
  const app = await openGroup(page, snapshot(), {
    answers: {
      'vm.screenshot': refused,
      'vm.drills': { ok: true, value: drills },
      'vm.drillPicture': { ok: true, value: screenshot },
      'vm.drill': refused,
      'vm.stopDrill': done,
    },
  });
  await page.getByRole('row', { name: /^mail/ }).getByRole('link', { name: 'mail' }).click();
  await expect(page.getByText('beta, drill of mail: waiting until the copy is well')).toBeVisible();
  await expect(page.getByText('21.4 s')).toBeVisible();
  await expect(
    page.getByRole('img', { name: 'What the screen of the copy of mail showed on beta' }),
  ).toBeVisible();
  await expect(page.getByText('No drill of mail was made on gamma yet.')).toBeVisible();
  await page.getByRole('button', { name: 'Break it off' }).click();
  await expect.poll(() => app.inputsOf('vm.stopDrill')).toEqual([{ groupId, vmId: mail, host: 'beta' }]);
  await page.getByRole('button', { name: 'Try a drill on gamma' }).click();
  await expect.poll(() => app.inputsOf('vm.drill')).toEqual([{ groupId, vmId: mail, host: 'gamma' }]);
  await expect(page.getByText('The drill of mail on gamma was not begun')).toBeVisible();
  await expect(page.getByText('alpha said no.')).toHaveCount(2);
});
