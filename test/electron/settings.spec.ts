import { type ElectronApplication, expect, type Page, test } from '@playwright/test';
import type { Bridge } from '../../electron/ipc/contract.ts';
import { type DesktopSession, startDesktopSession } from './desktopSession.ts';
import { closeApp, configFile, launchApp, runtime, windowOf } from './launch.ts';

let session: DesktopSession;
test.beforeAll(async () => {
  session = await startDesktopSession({ tray: true });
});
test.afterAll(() => session.end());

const change = (page: Page, startAtLogin: boolean) =>
  page.evaluate(
    (on) => (Reflect.get(globalThis, 'understudy') as Bridge).settings.change({ startAtLogin: on }),
    startAtLogin,
  );
const settings = (page: Page) =>
  page.evaluate(
    async () =>
      new Promise<{ readonly startAtLogin: boolean; readonly refused: { readonly startAtLogin?: string } }>(
        (resolve) => (Reflect.get(globalThis, 'understudy') as Bridge).settings.values(resolve),
      ),
  );
const entry = (): string | null => configFile(session, 'autostart', 'understudy.desktop');

test('an app that runs from its source says that it can’t start at login, and writes nothing', async () => {
  const app = await launchApp(session);
  const page = await windowOf(app);
  expect((await settings(page)).refused.startAtLogin).toMatch(/^Only the installed app/);
  expect(await change(page, true)).toMatchObject({ ok: false });
  expect(entry()).toBe(null);
  await closeApp(app);
});

test('an installed app starts at login in the tray, until it is told not to', async () => {
  const { installedExecutable } = runtime();
  const visible = (app: ElectronApplication): Promise<boolean> =>
    app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().some((window) => window.isVisible()));
  const app = await launchApp(session, { installed: true });
  const page = await windowOf(app);
  expect(await change(page, true)).toEqual({ ok: true, value: null });
  expect(entry()).toContain(`Exec="${installedExecutable}" --hidden\n`);
  await closeApp(app);
  const atLogin = await launchApp(session, { installed: true, args: ['--hidden'] });
  await session.tray.menu((labels) => labels.includes('Open Understudy'));
  expect(await visible(atLogin)).toBe(false);
  await session.tray.click(/^Open Understudy$/);
  const shown = await windowOf(atLogin);
  expect((await settings(shown)).startAtLogin).toBe(true);
  expect(await change(shown, false)).toEqual({ ok: true, value: null });
  expect(entry()).toBe(null);
  await closeApp(atLogin);
});

test('an app that is told not to stay in the tray ends with its window', async () => {
  const app = await launchApp(session);
  const page = await windowOf(app);
  const reply = await page.evaluate(() =>
    (Reflect.get(globalThis, 'understudy') as Bridge).settings.change({ closeToTray: false }),
  );
  expect(reply).toEqual({ ok: true, value: null });
  const ended = app.waitForEvent('close');
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
  await ended;
});
