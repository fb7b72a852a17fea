import { Menu, type MenuItemConstructorOptions } from 'electron';

const zoom: MenuItemConstructorOptions = {
  label: 'View',
  submenu: [
    { role: 'resetZoom' },
    { role: 'zoomIn' },
    { role: 'zoomOut' },
    { type: 'separator' },
    { role: 'togglefullscreen' },
  ],
};

/**
 * The keys that every program has: editing, zoom, closing. Electron's own default menu would add reloading and developer
 * tools. On macOS it is the menu bar; elsewhere no bar is shown, and the keys work all the same.
 */
export function setKeys(): void {
  const isMac = process.platform === 'darwin';
  const own: MenuItemConstructorOptions[] = isMac ? [{ role: 'appMenu' }] : [];
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([...own, { role: 'editMenu' }, zoom, { role: 'windowMenu' }]),
  );
}
