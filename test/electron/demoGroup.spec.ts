import { type ElectronApplication, expect, type Page, test } from '@playwright/test';
import type { Bridge } from '../../electron/ipc/contract.ts';
import type { GoTo } from '../../electron/ipc/daily/views.ts';
import type { GroupView } from '../../electron/ipc/views.ts';
import { type DesktopSession, startDesktopSession } from './desktopSession.ts';
import { closeApp, launchApp, windowOf } from './launch.ts';

/** One demo group, watched from the tray alone, in this order. */
test.describe.configure({ mode: 'serial' });

/** A fresh group joins, protects three VMs and starts them; a loaded machine takes its time. */
const HEALTHY_WITHIN_MS = 180_000;
/** T of the profile swift is 12 s. */
const FAILOVER_WITHIN_MS = 120_000;

let session: DesktopSession;
let app: ElectronApplication;
let page: Page;
let groupId: string;

const isVisible = (): Promise<boolean> =>
  app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().some((window) => window.isVisible()));
const hide = (): Promise<void> =>
  app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
const protectedGroup = (labels: readonly string[]): boolean =>
  labels.includes('All 3 VMs are protected.') &&
  labels.includes('Maintenance…') &&
  labels.filter((label) => /^Switch over to (alpha|beta)…$/.test(label)).length === 3;
/** The last place that the window was asked to go to. */
const wantedPlace = () =>
  page.evaluate(async () => {
    const bridge = Reflect.get(globalThis, 'understudy') as Bridge;
    return new Promise<GoTo | null>((resolve) => bridge.daily.goTo(resolve));
  });
/** The host that each VM runs on. */
const places = () =>
  page.evaluate(async () => {
    const bridge = Reflect.get(globalThis, 'understudy') as Bridge;
    const views = await new Promise<readonly GroupView[]>((resolve) => bridge.groups.views(resolve));
    return views[0]?.vms.map(({ place }) => (place.kind === 'running' ? place.host : place.kind)) ?? [];
  });

test.beforeAll(async () => {
  session = await startDesktopSession({ tray: true });
  app = await launchApp(session);
  page = await windowOf(app);
});
test.afterAll(async () => {
  await closeApp(app);
  session.end();
});

test('the tray follows the demo group until every VM is protected', async () => {
  const reply = await page.evaluate(() =>
    (Reflect.get(globalThis, 'understudy') as Bridge).groups.startDemo({}),
  );
  if (!reply.ok) throw new Error(reply.failure.message);
  ({ groupId } = reply.value);
  await session.tray.menu(protectedGroup, HEALTHY_WITHIN_MS);
});

test('a switchover from the tray opens the dialog in the window, and moves nothing by itself', async () => {
  const before = await places();
  await hide();
  await expect.poll(isVisible).toBe(false);
  await session.tray.click(/^Switch over to/);
  await expect.poll(isVisible).toBe(true);
  expect(await wantedPlace()).toMatchObject({ page: 'vm', groupId, dialog: 'switch-over' });
  const dialog = page.getByRole('dialog', { name: /^Switch .* over$/ });
  await expect(dialog.getByRole('button', { name: /^Switch over to/ })).toBeEnabled();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toBeHidden();
  await session.tray.menu(protectedGroup, HEALTHY_WITHIN_MS);
  expect(await places()).toEqual(before);
});

test('a failover is told when it begins and when it is done, with its seconds; a click leads to it', async () => {
  await hide();
  await expect.poll(isVisible).toBe(false);
  // That the app goes on in the tray was told as the window was hidden for the first time; it leads nowhere.
  await expect.poll(() => session.notifications().length).toBeGreaterThan(0);
  await session.closeNotifications();
  const before = session.notifications().length;
  const told = (): readonly string[] => session.notifications().slice(before);
  const led = (await wantedPlace())?.id ?? 0;
  const [host = 'none'] = await places();
  await page.evaluate(async (plug) => (Reflect.get(globalThis, 'understudy') as Bridge).demo.pullPlug(plug), {
    groupId,
    host,
  });
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
  const lost = new RegExp(`^${host}: (silent|counted as lost)`);
  await session.tray.menu((labels) => labels.some((label) => lost.test(label)));
  // One host is left: what it runs has no standby now, and that is news of its own.
  await expect.poll(() => told().some((text) => text.includes('protection lost'))).toBe(true);
  await session.clickNotification();
  await expect.poll(isVisible).toBe(true);
  await expect.poll(async () => (await wantedPlace())?.id ?? 0).toBeGreaterThan(led);
  expect(await wantedPlace()).toMatchObject({ groupId });
});
