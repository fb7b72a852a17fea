import { app as electron, ipcMain } from 'electron';
import { App } from '../app/app.ts';
import { appVersion, demoPrograms, preferencesPath, preloadFile, rendererFolder } from '../app/places.ts';
import { defaultInventoryPath } from '../backend/inventory/inventory.ts';
import { createDemoMaker } from '../demo/demoMaker.ts';
import { joinDesktop } from './desktop.ts';
import { guardContents, guardSession, registerScheme, serveScheme } from './guards.ts';
import { serveIpc } from './ipc.ts';
import { MainWindow } from './window.ts';

const onFault = (fault: unknown): void =>
  void process.stderr.write(`${fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)}\n`);

/** Makes the parts and connects them; each does its own work. */
async function run(): Promise<void> {
  await electron.whenReady();
  guardSession();
  serveScheme(rendererFolder);
  const app: App = new App({
    info: { version: appVersion(), transport: 'electron', lacks: null },
    preferencesPath: preferencesPath(),
    inventoryPath: defaultInventoryPath(),
    demo: createDemoMaker(demoPrograms(), () => app.changed()),
    onFault,
  });
  process.once('exit', () => app.close());
  const window = new MainWindow(preloadFile);
  serveIpc(ipcMain, app, onFault);
  app.feeds.subscribe('app.preferences', ({ theme }) => window.setTheme(theme));
  joinDesktop(app, window, () => electron.quit());
  electron.on('second-instance', () => window.show());
  electron.on('activate', () => window.show());
  // Where a tray is certain the app goes on watching in it. On Linux there may be none, and then no way to quit.
  electron.on('window-all-closed', () => {
    if (process.platform === 'linux') electron.quit();
  });
  electron.on('before-quit', () => app.close());
  window.show();
}

electron.enableSandbox();
registerScheme();
guardContents();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => electron.quit());
if (electron.requestSingleInstanceLock()) run().catch(onFault);
else electron.quit();
