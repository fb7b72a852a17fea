import { BrowserWindow, nativeTheme } from 'electron';
import type { Theme } from '../ipc/views.ts';

/** Where the window goes; the page reads its place from the fragment. */
const HOME = 'app://main/index.html';

/** The one window: made when it is first shown, hidden or closed by the user, made again when wanted. */
export class MainWindow {
  readonly #preload: string;
  #window: BrowserWindow | null = null;

  constructor(preload: string) {
    this.#preload = preload;
  }

  get isInFront(): boolean {
    return this.#window?.isFocused() ?? false;
  }

  /** Brings the window to the front, on a page of the app when `route` names one. */
  show(route?: string): void {
    const window = this.#window ?? this.#create();
    if (route !== undefined || window.webContents.getURL() === '')
      void window.loadURL(`${HOME}${route ?? ''}`);
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  }

  setTheme(theme: Theme): void {
    nativeTheme.themeSource = theme;
  }

  #create(): BrowserWindow {
    const window = new BrowserWindow({
      width: 1280,
      height: 860,
      minWidth: 900,
      minHeight: 600,
      show: false,
      title: 'Understudy',
      backgroundColor: nativeTheme.shouldUseDarkColors ? '#101216' : '#f4f2ee',
      webPreferences: {
        preload: this.#preload,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
      },
    });
    window.setMenuBarVisibility(false);
    window.on('closed', () => {
      this.#window = null;
    });
    let reloaded = false;
    window.webContents.on('render-process-gone', () => {
      // Once: a page that dies again at once would do so for ever.
      if (!reloaded) window.webContents.reload();
      reloaded = true;
    });
    this.#window = window;
    return window;
  }
}
