import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type ElectronApplication, expect, type Page, test } from '@playwright/test';
import { type DesktopSession, startDesktopSession } from './desktopSession.ts';
import { closeApp, commandLine, configFile, launchApp, runtime, windowOf } from './launch.ts';

let session: DesktopSession;
let app: ElectronApplication;
let page: Page;

test.beforeAll(async () => {
  session = await startDesktopSession({ tray: true });
  app = await launchApp(session);
  page = await windowOf(app);
});

test.afterAll(async () => {
  await closeApp(app);
  session.end();
});

const isVisible = (): Promise<boolean> =>
  app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().some((window) => window.isVisible()));

test('the runtime is the one that is announced', async () => {
  expect(await app.evaluate(() => process.versions['electron'])).toBe(runtime().version);
});

test('the time to the window’s first paint is told', async () => {
  let paintMs = 0;
  const painted = async (): Promise<boolean> => {
    paintMs = await page.evaluate(
      () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
    );
    return paintMs > 0;
  };
  // The page may have loaded before it was painted.
  await expect.poll(painted).toBe(true);
  process.stdout.write(`first paint ${Math.round(paintMs)} ms after the window began to load\n`);
});

test('zoom and editing have their keys; reloading and developer tools have none', async () => {
  const roles = await app.evaluate(({ Menu }) => {
    const items = Menu.getApplicationMenu()?.items.flatMap(({ submenu }) => submenu?.items ?? []) ?? [];
    return items.map(({ role }) => String(role).toLowerCase());
  });
  expect(roles).toEqual(expect.arrayContaining(['zoomin', 'zoomout', 'copy', 'paste', 'close']));
  for (const role of ['reload', 'forcereload', 'toggledevtools']) expect(roles).not.toContain(role);
});

test('the window is sandboxed and isolated: no Node, no Electron, only the bridge', async () => {
  const seen = await page.evaluate(() => ({
    bridge: Object.keys(Reflect.get(globalThis, 'understudy') as object).includes('groups'),
    node: ['require', 'process', 'module', 'Buffer', 'ipcRenderer'].filter((name) => name in globalThis),
    frozen: Object.isFrozen(Reflect.get(globalThis, 'understudy')),
  }));
  expect(seen).toEqual({ bridge: true, node: [], frozen: true });
  const preferences = await app.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as {
      getLastWebPreferences(): Record<string, unknown>;
    };
    return contents.getLastWebPreferences();
  });
  expect(preferences).toMatchObject({ sandbox: true, contextIsolation: true, nodeIntegration: false });
});

test('the system’s own sandbox holds the page’s process', async () => {
  const pid = await app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.getOSProcessId(),
  );
  expect(readFileSync(`/proc/${pid}/status`, 'latin1')).toMatch(/^Seccomp:\t2$/m);
});

test('the page’s policy lets no text become a script', async () => {
  const ran = await page.evaluate(async () => {
    // The test's own call is exempt from the policy as long as it runs; what follows a timer is not.
    await new Promise((resolve) => setTimeout(resolve));
    const script = document.createElement('script');
    script.textContent = 'globalThis.inlineRan = true';
    document.head.append(script);
    let evaluated = true;
    try {
      Reflect.construct(Function, ['return 1']);
    } catch {
      evaluated = false;
    }
    return { inline: 'inlineRan' in globalThis, evaluated };
  });
  expect(ran).toEqual({ inline: false, evaluated: false });
});

test('the page reaches no network, leads nowhere, opens nothing and is granted nothing', async () => {
  const got = await page.evaluate(async () => {
    const fetched = await fetch('http://127.0.0.1:9/').then(
      () => true,
      () => false,
    );
    const opened = window.open('https://example.org/') !== null;
    const permission = await navigator.permissions.query({ name: 'geolocation' as PermissionName });
    const asked = await new Promise((resolve) =>
      navigator.geolocation.getCurrentPosition(
        () => resolve('given'),
        ({ code }) => resolve(code),
      ),
    );
    location.assign('https://example.org/');
    return { fetched, opened, permission: permission.state, asked };
  });
  expect(got).toEqual({ fetched: false, opened: false, permission: 'denied', asked: 1 });
  expect(page.url()).toBe('app://main/index.html');
});

test('the scheme gives the window’s own files and nothing beside them', async () => {
  const statuses = await page.evaluate(async () => {
    const paths = ['/index.html', '/../app/preload.cjs', '/%2e%2e/app/preload.cjs', '/none.html', '/'];
    return Promise.all(paths.map(async (path) => (await fetch(`app://main${path}`)).status));
  });
  expect(statuses).toEqual([200, 404, 404, 404, 200]);
});

test('calls and feeds cross the bridge; what is wrong comes back as data', async () => {
  const seen = await page.evaluate(async () => {
    const bridge = Reflect.get(globalThis, 'understudy') as {
      app: {
        info(onValue: (value: unknown) => void): () => void;
        setTheme(input: unknown): Promise<unknown>;
      };
    };
    const info = await new Promise((resolve) => bridge.app.info(resolve));
    return {
      info,
      wrong: await bridge.app.setTheme({ theme: 'pink' }),
      right: await bridge.app.setTheme({ theme: 'dark' }),
    };
  });
  expect(seen).toMatchObject({
    info: { transport: 'electron', lacks: null },
    wrong: { ok: false, failure: { code: 'input.invalid', field: 'theme' } },
    right: { ok: true },
  });
  expect(await app.evaluate(({ nativeTheme }) => nativeTheme.themeSource)).toBe('dark');
});

test('the tray’s menu leads to the window and says how it stands', async () => {
  const menu = await session.tray.menu((labels) => labels.includes('No group is open.'));
  expect(menu).toEqual(['No group is open.', 'Open Understudy', 'Quit (protection continues)']);
});

test('closing the window hides it in the tray, explained once, and the tray brings it back', async () => {
  const close = (): Promise<void> =>
    app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
  await close();
  await expect.poll(isVisible).toBe(false);
  await expect.poll(() => session.notifications()).toHaveLength(1);
  expect(session.notifications()[0]).toMatch(/^Understudy goes on in the tray: /);
  await session.tray.click(/^Open Understudy$/);
  await expect.poll(isVisible).toBe(true);
  await close();
  await expect.poll(isVisible).toBe(false);
  expect(session.notifications()).toHaveLength(1);
});

test('a second start ends at once and brings the first one’s window back', async () => {
  const [command, args] = await commandLine(session);
  const second = spawn(command, args, { env: session.env, stdio: 'ignore' });
  expect(await once(second, 'exit')).toEqual([0, null]);
  await expect.poll(isVisible).toBe(true);
});

test('the window’s place is kept, whole, and given back at the next start', async () => {
  await app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.setBounds({ x: 210, y: 120, width: 1_111, height: 777 }),
  );
  await expect
    .poll(() => JSON.parse(configFile(session, 'understudy', 'window.json') ?? '{}') as unknown)
    .toMatchObject({ version: 1, box: { width: 1_111, height: 777 }, maximized: false, trayExplained: true });
  await closeApp(app);
  app = await launchApp(session);
  page = await windowOf(app);
  const bounds = await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds());
  expect(bounds).toMatchObject({ width: 1_111, height: 777 });
});

test('the tray’s Quit ends the app', async () => {
  const ended = app.waitForEvent('close');
  await session.tray.click(/^Quit/);
  await ended;
});
