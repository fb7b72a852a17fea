import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { app } from 'electron';
import { autostartEntry } from '../app/desktop/autostart.ts';
import type { LoginItem } from '../app/desktop/hooks.ts';

/** Given to the app when the desktop starts it at login: it shows itself in the tray only. */
export const HIDDEN = '--hidden';

/** An AppImage is mounted somewhere else at each start; its file stays. */
const program = (): string => process.env['APPIMAGE'] ?? process.execPath;

const autostartFile = (): string =>
  join(process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'autostart', 'understudy.desktop');

function onLinux(): LoginItem {
  const path = autostartFile();
  const write = (): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, autostartEntry(program()));
  };
  // The app may have moved since; an entry that names its old place would start nothing, silently.
  if (existsSync(path)) write();
  return {
    refused: null,
    get: async () => existsSync(path),
    set: async (on) => (on ? write() : rmSync(path, { force: true })),
  };
}

/** Starting with the user's session: a file on Linux, the system's own list on Windows and macOS. */
export function loginItem(): LoginItem {
  if (!app.isPackaged) {
    const refused = 'Only the installed app can start at login; this one runs from its source.';
    return { refused, get: async () => false, set: async () => Promise.reject(new Error(refused)) };
  }
  if (process.platform === 'linux') return onLinux();
  return {
    refused: null,
    get: async () => app.getLoginItemSettings({ args: [HIDDEN] }).openAtLogin,
    set: async (openAtLogin) => app.setLoginItemSettings({ openAtLogin, args: [HIDDEN] }),
  };
}
