import type { Page } from '@playwright/test';
import type { SetupView } from '../../electron/ipc/setup/views.ts';
import type { Theme } from '../../electron/ipc/views.ts';
import { fakeApp, type FakeApp } from './fakeApp.ts';
import { openWindow } from './window.ts';

const done = { ok: true, value: null } as const;
/** What the pages ask by themselves when one comes to them; the answers' contents come by feeds. */
const asked: Parameters<typeof fakeApp>[1] = {
  'checks.run': done,
  'setup.plan': done,
  'setup.findStores': done,
  'setup.saveDraft': done,
  'pairs.refresh': done,
  'pairs.predict': { ok: true, value: { ifHostFails: [], vms: [] } },
};

/** The window on a set-up, as the app publishes it. */
export async function openSetup(
  page: Page,
  view: SetupView | null,
  options: {
    readonly theme?: Theme;
    readonly answers?: Parameters<typeof fakeApp>[1];
    readonly step?: string;
  } = {},
): Promise<FakeApp> {
  const app = await fakeApp(page, { ...asked, ...options.answers });
  await openWindow(page, app, options.theme);
  await app.publish('groups.known', { groups: [], failure: null });
  await app.publish('groups.views', []);
  await app.publish('setup.saved', []);
  await app.publish('setup.state', view);
  if (view !== null) await openStep(page, options.step ?? null);
  return app;
}

export async function openStep(page: Page, step: string | null): Promise<void> {
  await page.evaluate(
    (hash) => {
      location.hash = hash;
    },
    step === null ? '#/setup' : `#/setup/-/${step}`,
  );
}
