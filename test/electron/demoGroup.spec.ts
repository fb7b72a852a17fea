import { type ElectronApplication, expect, type Page, test } from '@playwright/test';
import type { Bridge } from '../../electron/ipc/contract.ts';
import { type DesktopSession, startDesktopSession, type TrayLine } from './desktopSession.ts';
import { launchApp, windowOf } from './launch.ts';

/** One demo group, watched from the tray alone, in this order. */
test.describe.configure({ mode: 'serial' });

/** A fresh group joins, protects three VMs and starts them; a loaded machine takes its time. */
const HEALTHY_WITHIN_MS = 90_000;
/** T of the profile swift is 12 s. */
const FAILOVER_WITHIN_MS = 60_000;

let session: DesktopSession;
let app: ElectronApplication;
let page: Page;
let groupId: string;

const isVisible = (): Promise<boolean> =>
  app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().some((window) => window.isVisible()));
const hide = (): Promise<void> =>
  app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
const labels = async (): Promise<readonly string[]> => (await session.trayMenu()).map(({ label }) => label);
const line = async (pattern: RegExp): Promise<TrayLine> => {
  const found = (await session.trayMenu()).find(({ label }) => pattern.test(label));
  if (found === undefined) throw new Error(`The tray has no line ${pattern}.`);
  return found;
};
/** The last place that the window was asked to go to. */
const wantedPlace = () =>
  page.evaluate(async () => {
    const bridge = Reflect.get(globalThis, 'understudy') as Bridge;
    return new Promise((resolve) => bridge.daily.goTo(resolve));
  });

test.beforeAll(async () => {
  session = await startDesktopSession({ tray: true });
  app = await launchApp(session);
  page = await windowOf(app);
});
test.afterAll(async () => {
  await app.close();
  session.end();
});

test('the tray follows the demo group until every VM is protected', async () => {
  const reply = await page.evaluate(() =>
    (Reflect.get(globalThis, 'understudy') as Bridge).groups.startDemo({}),
  );
  if (!reply.ok) throw new Error(reply.failure.message);
  ({ groupId } = reply.value);
  await expect.poll(labels, { timeout: HEALTHY_WITHIN_MS }).toContain('All 3 VMs are protected.');
  expect(await labels()).toContain('Maintenance…');
  expect((await labels()).filter((label) => /^Switch over to (alpha|beta)…$/.test(label))).toHaveLength(3);
});

test('a switchover from the tray opens the dialog in the window, and moves nothing by itself', async () => {
  await hide();
  await expect.poll(isVisible).toBe(false);
  await session.clickTray(await line(/^Switch over to/));
  await expect.poll(isVisible).toBe(true);
  expect(await wantedPlace()).toMatchObject({ page: 'vm', groupId, dialog: 'switch-over' });
  const dialog = page.getByRole('dialog', { name: /^Switch .* over$/ });
  await expect(dialog.getByRole('button', { name: /^Switch over to/ })).toBeEnabled();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toBeHidden();
  expect(await labels()).toContain('All 3 VMs are protected.');
});

test('a failover is told when it begins and when it is done, with its seconds; a click leads to it', async () => {
  await hide();
  await expect.poll(isVisible).toBe(false);
  const before = session.notifications().length;
  const told = (): readonly string[] => session.notifications().slice(before);
  const host = await page.evaluate(async (groupId) => {
    const bridge = Reflect.get(globalThis, 'understudy') as Bridge;
    const views = await new Promise<Parameters<Parameters<Bridge['groups']['views']>[0]>[0]>((resolve) =>
      bridge.groups.views(resolve),
    );
    const vm = views[0]?.vms[0];
    const on = vm?.place.kind === 'running' ? vm.place.host : 'none';
    await bridge.demo.pullPlug({ groupId, host: on });
    return on;
  }, groupId);
  await expect
    .poll(() => told().find((text) => text.startsWith(`${host} does not answer: `)), {
      timeout: FAILOVER_WITHIN_MS,
    })
    .toBeDefined();
  await expect
    .poll(() => told().find((text) => /runs? on (alpha|beta): /.test(text)), {
      timeout: FAILOVER_WITHIN_MS,
    })
    .toMatch(new RegExp(`: (It was|They were) away for (up to )?\\d+\\u00a0s\\. ${host} .*\\.$`));
  expect(await labels()).toContainEqual(
    expect.stringMatching(new RegExp(`^${host}: (silent|counted as lost)`)),
  );
  // One host is left: what it runs has no standby now, and that is news of its own.
  await expect.poll(() => told().filter((text) => text.includes('protection lost'))).toHaveLength(1);
  await session.clickNotification();
  await expect.poll(isVisible).toBe(true);
  expect(await wantedPlace()).toMatchObject({ groupId });
});
