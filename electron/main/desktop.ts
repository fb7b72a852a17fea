import { Menu, nativeImage, Notification, Tray } from 'electron';
import type { App } from '../app/app.ts';
import type { Word } from '../ipc/views.ts';
import { alerts, type Alert, type AlertState } from './alerts.ts';
import { ICON_PIXELS, trayBitmap } from './trayIcon.ts';
import { trayMenu, worstWord, type TrayItem } from './trayMenu.ts';
import type { MainWindow } from './window.ts';

/** A menu that is built anew while it is open closes under the hand; only a different text is worth that. */
function sameMenu(a: readonly TrayItem[], b: readonly TrayItem[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

const icon = (word: Word) =>
  nativeImage.createFromBitmap(Buffer.from(trayBitmap(word)), {
    width: ICON_PIXELS,
    height: ICON_PIXELS,
    scaleFactor: 2,
  });

function showTray(app: App, window: MainWindow, quit: () => void): void {
  const tray = new Tray(icon('not-known'));
  let shownWord: Word = 'not-known';
  let shownItems: readonly TrayItem[] = [];
  tray.setToolTip('Understudy');
  tray.on('click', () => window.show());
  app.feeds.subscribe('groups.views', (groups) => {
    const word = worstWord(groups);
    if (word !== shownWord) tray.setImage(icon(word));
    shownWord = word;
    const items = trayMenu(groups);
    if (sameMenu(items, shownItems)) return;
    shownItems = items;
    tray.setContextMenu(
      Menu.buildFromTemplate(
        items.map((item) => {
          if (item.kind === 'separator') return { type: 'separator' as const };
          if (item.kind === 'text') return { label: item.label, enabled: false };
          return {
            label: item.label,
            click: () => (item.kind === 'quit' ? quit() : window.show(item.route)),
          };
        }),
      ),
    );
  });
}

/** Notifications while the window is not in front: what happened, and a click leads there. */
function notify(app: App, window: MainWindow): void {
  const shown = new Map<string, Notification>();
  const show = ({ key, title, body, route }: Alert): void => {
    shown.get(key)?.close();
    const notification = new Notification({ title, body });
    shown.set(key, notification);
    notification.on('click', () => window.show(route));
    notification.on('close', () => shown.delete(key));
    notification.show();
  };
  let before: AlertState = { groups: [], runs: [] };
  app.feeds.subscribe('runs.recent', (runs) => {
    const now = { groups: app.feeds.latest('groups.views') ?? [], runs };
    for (const alert of window.isInFront ? [] : alerts(before, now)) show(alert);
    before = now;
  });
}

/** Tray and notifications: all that the desktop shows of the app besides its window. */
export function joinDesktop(app: App, window: MainWindow, quit: () => void): void {
  showTray(app, window, quit);
  if (Notification.isSupported()) notify(app, window);
}
