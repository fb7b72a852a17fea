import { expect, test } from '@playwright/test';
import { InstalledGroup } from './installedGroup.ts';
import { RunningApp } from './runningApp.ts';

test('a failover while the app is closed is told on its next start, with its story, until it is put away', async ({
  browser,
}) => {
  const group = await InstalledGroup.start();
  const first = new RunningApp();
  try {
    await group.until(({ word }) => word === 'protected', 90_000);
    group.writeInventory(first.config);
    const page = await browser.newPage();
    await page.goto(await first.address());
    await page.getByRole('button', { name: /^Open the group Head office/ }).click();
    const banner = page.getByRole('region', { name: 'State of the group' });
    await expect(banner).toContainText('All 3 VMs are protected.', { timeout: 60_000 });
    await expect(page.getByRole('region', { name: 'While you were away' })).toHaveCount(0);
    await page.close();
    await first.end('SIGTERM', { keep: true });

    group.pullPlug('alpha');
    await group.until(({ place }) => place.kind === 'running' && place.host === 'beta', 90_000);

    const second = new RunningApp({ config: first.config });
    try {
      const again = await browser.newPage();
      await again.goto(await second.address());
      const open = again.getByRole('button', { name: /the group Head office/ });
      await open.click();
      const away = again.getByRole('region', { name: 'While you were away' });
      await expect(away).toContainText('alpha', { timeout: 60_000 });
      await expect(away).toContainText(/down for \d+\.\d\ss/);
      await away.getByRole('link').first().click();
      const story = again.locator('.story-asked');
      await expect(story).toContainText('While you were away');
      await expect(story).toContainText(/web-shop moved from alpha to beta, down for \d+\.\d\ss/);
      await again.getByRole('link', { name: 'Overview' }).click();
      await away.getByRole('button', { name: 'Put away' }).click();
      await expect(away).toHaveCount(0);
      await again.close();
    } finally {
      await second.end('SIGTERM');
    }
  } finally {
    await first.end('SIGTERM');
    await group.close();
  }
});
