import type { Settings, SettingsChange } from '../../ipc/daily/views.ts';
import type { DailyHost } from './dailyHost.ts';

const NO_DESKTOP = {
  startAtLogin: 'The browser is not started by this app. The desktop app can start at login.',
  closeToTray: 'A browser has no tray. The desktop app can stay there.',
};

/** The settings as the desktop and the preferences have them now. */
export async function settings({ preferences, desktop }: DailyHost): Promise<Settings> {
  const { closeToTray, notifications, remindOfUpdates } = preferences.chosen;
  const login = desktop === null ? NO_DESKTOP.startAtLogin : desktop.loginItem.refused;
  const tray = desktop === null ? NO_DESKTOP.closeToTray : desktop.tray.refused;
  return {
    startAtLogin: login === null && desktop !== null ? await desktop.loginItem.get() : false,
    closeToTray: tray === null && closeToTray,
    notifications,
    remindOfUpdates,
    refused: {
      ...(login === null ? {} : { startAtLogin: login }),
      ...(tray === null ? {} : { closeToTray: tray }),
    },
  };
}

/** Throws what the system says; nothing else of the change is lost. */
export async function changeSettings(host: DailyHost, change: SettingsChange): Promise<void> {
  const { closeToTray, notifications, remindOfUpdates, startAtLogin } = change;
  host.preferences.change({
    ...(closeToTray === undefined ? {} : { closeToTray }),
    ...(notifications === undefined ? {} : { notifications }),
    ...(remindOfUpdates === undefined ? {} : { remindOfUpdates }),
  });
  if (startAtLogin !== undefined) await host.desktop?.loginItem.set(startAtLogin);
}
