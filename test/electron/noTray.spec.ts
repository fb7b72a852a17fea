import { expect, test } from '@playwright/test';
import { type DesktopSession, startDesktopSession } from './desktopSession.ts';
import { closeApp, launchApp, windowOf } from './launch.ts';

let session: DesktopSession;

test.beforeAll(async () => {
  session = await startDesktopSession({ tray: false });
});
test.afterAll(() => session.end());

test('on a desktop that shows no tray icons, closing the window ends the app, and the window says so', async () => {
  const app = await launchApp(session);
  const page = await windowOf(app);
  const lacks = await page.evaluate(async () => {
    const bridge = Reflect.get(globalThis, 'understudy') as {
      app: { info(onValue: (value: { readonly lacks: string | null }) => void): () => void };
    };
    return new Promise<string | null>((resolve) => bridge.app.info((info) => resolve(info.lacks)));
  });
  expect(lacks).toMatch(/^This desktop shows no tray icons/);
  const ended = app.waitForEvent('close');
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
  await ended;
});

test('a start at login shows the window all the same: it could not be brought back else', async () => {
  const app = await launchApp(session, { args: ['--hidden'] });
  await windowOf(app);
  await closeApp(app);
});
