import {
  Menu,
  type MenuItemConstructorOptions,
  nativeImage,
  nativeTheme,
  type NativeImage,
  Tray,
} from 'electron';
import type { App } from '../app/app.ts';
import {
  type BuiltMenu,
  isMenuDue,
  nowhere,
  type Place,
  type TrayItem,
  trayModel,
} from '../app/desktop/tray.ts';
import { ICON_PIXELS, type Panel, trayBitmap } from '../app/desktop/trayIcon.ts';
import type { Word } from '../ipc/views.ts';

/** What a line of the menu leads to. */
export interface TrayActions {
  readonly open: (place: Place) => void;
  readonly quit: () => void;
}

/** macOS colours the icon itself; Windows has a colour of its own for the taskbar; Linux says the theme at best. */
function panel(): Panel {
  if (process.platform === 'darwin') return 'template';
  const isDark =
    process.platform === 'win32'
      ? nativeTheme.shouldUseDarkColorsForSystemIntegratedUI
      : nativeTheme.shouldUseDarkColors;
  return isDark ? 'dark' : 'light';
}

function icon(word: Word): NativeImage {
  const image = nativeImage.createFromBitmap(Buffer.from(trayBitmap(word, panel())), {
    width: ICON_PIXELS,
    height: ICON_PIXELS,
    scaleFactor: 2,
  });
  image.setTemplateImage(process.platform === 'darwin');
  return image;
}

/** An ampersand in a menu marks an access key; names of VMs mean what they say. */
const literal = (label: string): string => label.replaceAll('&', '&&');

function entry(item: TrayItem, actions: TrayActions): MenuItemConstructorOptions {
  switch (item.kind) {
    case 'separator':
      return { type: 'separator' };
    case 'text':
      return { label: literal(item.label), enabled: false };
    case 'menu':
      return { label: literal(item.label), submenu: item.items.map((one) => entry(one, actions)) };
    case 'open':
      return { label: literal(item.label), click: () => actions.open(item.place) };
    case 'quit':
      return { label: literal(item.label), click: actions.quit };
  }
}

/** Shows the groups in the tray: their worst state as an icon, and a menu that leads to the window. */
export function showTray(app: App, actions: TrayActions): void {
  const tray = new Tray(icon('not-known'));
  let shown = { word: 'not-known' as Word, tooltip: '' };
  let built: BuiltMenu | null = null;
  const render = (): void => {
    const model = trayModel(app.feeds.latest('groups.views') ?? []);
    const { word, tooltip, items } = model;
    if (word !== shown.word) tray.setImage(icon(word));
    if (tooltip !== shown.tooltip) tray.setToolTip(tooltip);
    shown = { word, tooltip };
    const nowMs = performance.now();
    if (!isMenuDue(built, model, nowMs)) return;
    tray.setContextMenu(Menu.buildFromTemplate(items.map((item) => entry(item, actions))));
    built = { word, items: JSON.stringify(items), atMs: nowMs };
  };
  tray.on('click', () => actions.open(nowhere));
  nativeTheme.on('updated', () => tray.setImage(icon(shown.word)));
  app.feeds.subscribe('groups.views', render);
}
