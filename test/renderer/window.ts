import AxeBuilder from '@axe-core/playwright';
import { expect, test as base, type Page } from '@playwright/test';
import { groupView, type GroupSnapshot } from '../../electron/app/groupView.ts';
import type { Theme } from '../../electron/ipc/views.ts';
import { fakeApp, type FakeApp } from './fakeApp.ts';
import { dailyGroup, settings } from './dailySamples.ts';
import { beats, events, info } from './samples.ts';

/** Every test fails on an error in the console: a broken style or script policy shows there, and nowhere else. */
export const test = base.extend<{ readonly consoleErrors: string[] }>({
  consoleErrors: [
    async ({ page }, use) => {
      const errors: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
      });
      page.on('pageerror', (fault) => errors.push(fault.message));
      await use(errors);
      expect(errors).toEqual([]);
    },
    { auto: true },
  ],
});

export async function openWindow(page: Page, app: FakeApp, theme: Theme = 'light'): Promise<void> {
  await page.goto('/');
  await app.publish('app.info', info);
  await app.publish('app.preferences', { theme });
}

/** The window on a group made from what its hosts report. */
export async function openGroup(
  page: Page,
  snapshot: GroupSnapshot,
  options: {
    readonly theme?: Theme;
    readonly answers?: Parameters<typeof fakeApp>[1];
    readonly links?: number;
  } = {},
): Promise<FakeApp> {
  const app = await fakeApp(page, options.answers);
  await openWindow(page, app, options.theme);
  await app.publish('groups.known', { groups: [], failure: null });
  await app.publish('groups.beats', [beats(snapshot.hosts.length, options.links ?? 2)]);
  await app.publish('events.recent', events);
  const view = groupView(snapshot);
  await app.publish('daily.groups', [dailyGroup(view)]);
  await app.publish('settings.values', settings);
  await app.publish('incidents.recent', []);
  await app.publish('groups.views', [view]);
  return app;
}

/** Serious and critical findings of axe, each as one readable line. */
export async function accessibilityFindings(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) => nodes.map(({ target }) => `${id}: ${help} at ${target.join(' ')}`));
}

export { expect };
