import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { app as electron, type BrowserWindow, dialog, ipcMain, powerMonitor } from 'electron';
import { App } from '../app/app.ts';
import { SecretStore } from '../app/desktop/secretStore.ts';
import { nowhere, type Place } from '../app/desktop/tray.ts';
import { hasTrayHost, TrayPresence } from '../app/desktop/trayHost.ts';
import {
  agentFolder,
  appVersion,
  demoPrograms,
  preferencesPath,
  preloadFile,
  rendererFolder,
} from '../app/places.ts';
import { defaultInventoryPath } from '../backend/inventory/inventory.ts';
import { createDemoMaker } from '../demo/demoMaker.ts';
import { guardContents, guardSession, registerScheme, serveScheme } from './guards.ts';
import { serveIpc } from './ipc.ts';
import { setKeys } from './keys.ts';
import { HIDDEN, loginItem } from './loginItem.ts';
import { explainTray, notify } from './notifications.ts';
import { showTray } from './trayIcon.ts';
import { systemCipher } from './vault.ts';
import { MainWindow } from './window.ts';

const onFault = (fault: unknown): void =>
  void process.stderr.write(`${fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)}\n`);

/** The page died twice in a row: the app itself goes on, and so does the tray. */
async function offerReload(window: BrowserWindow): Promise<void> {
  const { response } = await dialog.showMessageBox({
    type: 'error',
    title: 'Understudy',
    message: 'The window has stopped working twice.',
    detail: 'The hosts are not affected. If it happens again, start the app anew.',
    buttons: ['Show it again', 'Quit'],
    cancelId: 0,
  });
  if (response === 1) electron.quit();
  else if (!window.isDestroyed()) window.webContents.reload();
}

/** Nothing of the app stands yet that could tell the user. */
function endWith(fault: unknown): void {
  onFault(fault);
  const why = fault instanceof Error ? fault.message : String(fault);
  dialog.showErrorBox(
    'Understudy could not start',
    `${why}\n\nThe hosts are not affected: they go on by themselves.`,
  );
  electron.exit(1);
}

/** Makes the parts and connects them; each does its own work. */
async function run(): Promise<void> {
  await electron.whenReady();
  setKeys();
  guardSession();
  serveScheme(rendererFolder);
  const tray = new TrayPresence(process.platform === 'linux' ? hasTrayHost : async () => true);
  await tray.refresh();
  const config = dirname(preferencesPath());
  const app: App = new App({
    info: { version: appVersion(), transport: 'electron', lacks: tray.refused },
    preferencesPath: preferencesPath(),
    inventoryPath: defaultInventoryPath(),
    demo: createDemoMaker(demoPrograms(), () => app.changed()),
    desktop: { loginItem: loginItem(), tray },
    secrets: new SecretStore(join(config, 'secrets.json'), await systemCipher()),
    agentFolder,
    onFault,
  });
  process.once('exit', () => app.close());
  const window = new MainWindow({
    preload: preloadFile,
    statePath: join(config, 'window.json'),
    hidesOnClose: () => tray.refused === null && (app.feeds.latest('settings.values')?.closeToTray ?? true),
    explainTray,
    onPageLost: (lost) => void offerReload(lost).catch(onFault),
    onFault,
  });
  let goTos = 0;
  const open = (place: Place): void => {
    if (place !== nowhere) app.feeds.publish('daily.goTo', { id: (goTos += 1), ...place });
    window.show();
  };
  serveIpc(ipcMain, app, onFault);
  app.feeds.subscribe('app.preferences', ({ theme }) => window.setTheme(theme));
  showTray(app, { open, quit: () => electron.quit() });
  notify(app, () => window.isInFront, open);
  powerMonitor.on('resume', () => app.resumed());
  electron.on('second-instance', () => window.show());
  electron.on('activate', () => window.show());
  electron.on('window-all-closed', () => {
    // On macOS an app without a window stays in the Dock.
    if (process.platform !== 'darwin') electron.quit();
  });
  electron.on('before-quit', () => {
    window.beginQuit();
    app.close();
  });
  // A tray can come and go while the app runs: with an extension, or when the panel starts anew.
  electron.on('browser-window-focus', () => void tray.refresh().catch(onFault));
  const hidden = process.argv.includes(HIDDEN) && (await tray.appeared(wait));
  if (!hidden) window.show();
}

electron.setAppUserModelId('app.understudy');
electron.enableSandbox();
registerScheme();
guardContents();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => electron.quit());
if (electron.requestSingleInstanceLock()) run().catch(endWith);
else electron.quit();
