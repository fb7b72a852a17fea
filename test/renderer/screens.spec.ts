import type { Page } from '@playwright/test';
import { fileURLToPath } from 'node:url';
import type { GroupSnapshot } from '../../electron/app/groupView.ts';
import type { Theme } from '../../electron/ipc/views.ts';
import { groupAlerts } from './alertSamples.ts';
import { drills } from './drillSamples.ts';
import {
  about,
  away,
  diagnostics,
  knownHosts,
  pausePreview,
  plan,
  screenshot,
  timings,
  updates,
} from './dailySamples.ts';
import type { FakeApp } from './fakeApp.ts';
import { watched } from './healthSamples.ts';
import { alone, degraded, groupId, powerLoss, snapshot } from './samples.ts';
import { stories } from './storySamples.ts';
import { accessibilityFindings, expect, openGroup, test } from './window.ts';

/**
 * Every daily screen, full of content, in light at 1600 pixels, in dark at 1024 and in high contrast: nothing is cut off,
 * axe finds nothing serious, and a picture is left in `test-results/screens` to be looked at.
 */
interface Screen {
  readonly name: string;
  readonly of?: GroupSnapshot;
  readonly show: (page: Page, app: FakeApp) => Promise<void>;
}

const folder = fileURLToPath(new URL('../../test-results/screens', import.meta.url));
const mail = '5f000000-0000-4000-8000-000000000001';

const at = async (page: Page, hash: string): Promise<void> => {
  await page.evaluate((to) => {
    location.hash = to;
  }, hash);
};
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });

const screens: readonly Screen[] = [
  {
    name: 'overview',
    of: snapshot({ readiness: degraded }),
    show: async (page, app) => {
      await app.publish('away.summary', away);
      await page.locator('.prediction summary').first().click();
    },
  },
  { name: 'overview-loss', of: powerLoss(7_300), show: async (page) => at(page, '#/overview') },
  {
    name: 'overview-many',
    of: snapshot({ hosts: 8, vms: 400, readiness: alone }),
    show: async (page) => at(page, '#/overview'),
  },
  {
    name: 'vms',
    of: snapshot({ hosts: 3, vms: 20 }),
    show: async (page) => at(page, `#/vms/${groupId}`),
  },
  {
    name: 'vm',
    of: snapshot({ readiness: degraded }),
    show: async (page) => {
      await at(page, `#/vm/${groupId}/${mail}`);
      await button(page, 'Change the policy').click();
    },
  },
  {
    name: 'events',
    show: async (page) => {
      await at(page, `#/events/${groupId}/story-host-lost`);
      await expect(page.getByText('The time of alpha has run out.').last()).toBeVisible();
    },
  },
  {
    name: 'maintenance',
    show: async (page) => {
      await at(page, `#/maintenance/${groupId}`);
      await button(page, 'Begin maintenance of alpha …').click();
      await expect(page.getByText('VMs that stay')).toBeVisible();
    },
  },
  {
    name: 'ups',
    show: async (page) => {
      await at(page, `#/maintenance/${groupId}`);
      for (const question of await page.locator('summary').all()) await question.click();
      await button(page, 'Copy the script for NUT').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'settings',
    show: async (page) => {
      await at(page, `#/settings/${groupId}`);
      await expect(page.getByText('Steady: 21.5')).toBeVisible();
    },
  },
  {
    name: 'diagnostics',
    show: async (page) => {
      await at(page, `#/diagnostics/${groupId}`);
      await button(page, 'Collect and show').click();
      await expect(page.getByText('What would be saved')).toBeVisible();
    },
  },
  {
    name: 'about',
    show: async (page) => {
      await at(page, '#/about');
      await expect(page.getByText('A store that is lost')).toBeVisible();
    },
  },
  {
    name: 'vm-watched',
    of: snapshot({ vm: watched }),
    show: async (page) => {
      await at(page, `#/vm/${groupId}/${mail}`);
      await expect(page.getByText('HTTP status 500')).toHaveCount(2);
    },
  },
  {
    name: 'vm-watching',
    of: snapshot({ vm: watched }),
    show: async (page) => {
      await at(page, `#/vm/${groupId}/${mail}`);
      await button(page, 'Change how it is watched').click();
    },
  },
  {
    name: 'palette',
    show: async (page) => {
      await page.keyboard.press('Control+k');
      await page.keyboard.type('mai');
    },
  },
  {
    name: 'switch-over',
    show: async (page) => {
      await button(page, 'Switch over mail').click();
      await expect(page.getByText('nothing speaks against it')).toBeVisible();
    },
  },
];

const looks: readonly { readonly look: string; readonly theme: Theme; readonly width: number }[] = [
  { look: 'light', theme: 'light', width: 1600 },
  { look: 'dark', theme: 'dark', width: 1024 },
  { look: 'contrast', theme: 'system', width: 1024 },
];

for (const { look, theme, width } of looks) {
  for (const { name, of = snapshot(), show } of screens) {
    test(`${name} is whole and reads well (${look}, ${width} px)`, async ({ page }) => {
      await page.setViewportSize({ width, height: 900 });
      if (look === 'contrast') await page.emulateMedia({ contrast: 'more' });
      const app = await openGroup(page, of, {
        theme,
        answers: {
          'switchOver.plan': { ok: true, value: plan },
          'maintenance.preview': { ok: true, value: pausePreview },
          'timing.choices': { ok: true, value: timings },
          'alerts.show': { ok: true, value: groupAlerts },
          'diagnostics.preview': { ok: true, value: diagnostics },
          'about.read': { ok: true, value: about },
          'vm.screenshot': { ok: true, value: screenshot },
          'vm.drills': { ok: true, value: drills },
          'vm.drillPicture': { ok: true, value: screenshot },
        },
      });
      await app.publish('incidents.recent', stories);
      await app.publish('updates.agents', [updates]);
      await app.publish('hosts.known', knownHosts);
      await show(page, app);
      const beyond = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(beyond).toBe(0);
      await page.screenshot({ path: `${folder}/${name}-${look}-${width}.png`, fullPage: true });
      expect(await accessibilityFindings(page)).toEqual([]);
    });
  }
}
