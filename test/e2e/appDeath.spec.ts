import { expect, test } from '@playwright/test';
import { demoProcesses, RunningApp } from './runningApp.ts';

test('when the app is killed its demo hosts die with it, and the page says that it lost the app', async ({
  page,
}) => {
  const app = new RunningApp();
  await page.goto(await app.address());
  await page.getByRole('button', { name: 'Start the demo group' }).click();
  await expect(page.getByRole('article', { name: 'Host alpha' })).toContainText('Up', { timeout: 30_000 });
  const folder = app.demoFolder();
  expect(demoProcesses(folder)).toBeGreaterThan(6);
  await app.end('SIGKILL');
  await expect.poll(() => demoProcesses(folder), { timeout: 10_000 }).toBe(0);
  await expect(page.getByRole('region', { name: 'State of the group' })).toContainText(
    'The app behind this window does not answer.',
  );
});
