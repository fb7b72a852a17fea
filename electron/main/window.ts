import { BrowserWindow, nativeTheme, screen } from 'electron';
import {
  type Box,
  MIN_HEIGHT,
  MIN_WIDTH,
  placeWindow,
  readWindowState,
  type WindowState,
  writeWindowState,
} from '../app/desktop/windowState.ts';
import type { Theme } from '../ipc/views.ts';

const HOME = 'app://main/index.html';
/** Moving and resizing come in bursts; the file is written when they rest. */
const SAVE_AFTER_MS = 500;
/** A page that dies again within this time would do so for ever. */
const DIES_AGAIN_WITHIN_MS = 60_000;

export interface WindowOptions {
  readonly preload: string;
  readonly statePath: string;
  /** Whether closing the window hides it. */
  readonly hidesOnClose: () => boolean;
  /** Tells the user once that the app goes on in the tray; false: it could not be told. */
  readonly explainTray: () => boolean;
  /** The page died twice in a row. */
  readonly onPageLost: (window: BrowserWindow) => void;
  readonly onFault: (fault: unknown) => void;
}

/** The one window: made when it is first shown, hidden or closed by the user, made again when wanted. */
export class MainWindow {
  readonly #options: WindowOptions;
  #state: WindowState;
  #window: BrowserWindow | null = null;
  #saving: NodeJS.Timeout | null = null;
  #quitting = false;

  constructor(options: WindowOptions) {
    this.#options = options;
    this.#state = readWindowState(options.statePath);
  }

  get isInFront(): boolean {
    return this.#window?.isFocused() ?? false;
  }

  /** Brings the window to the front. */
  show(): void {
    const window = this.#window ?? this.#create();
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  }

  setTheme(theme: Theme): void {
    // High contrast is drawn on dark by the page itself.
    nativeTheme.themeSource = theme === 'contrast' ? 'dark' : theme;
  }

  /** From now on closing is closing. */
  beginQuit(): void {
    this.#quitting = true;
  }

  #create(): BrowserWindow {
    const window = new BrowserWindow({
      ...placeWindow(this.#state.box, screens()),
      minWidth: MIN_WIDTH,
      minHeight: MIN_HEIGHT,
      show: false,
      title: 'Understudy',
      backgroundColor: nativeTheme.shouldUseDarkColors ? '#101216' : '#f4f2ee',
      webPreferences: {
        preload: this.#options.preload,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webviewTag: false,
        spellcheck: false,
      },
    });
    window.setMenuBarVisibility(false);
    if (this.#state.maximized) window.maximize();
    const moved = (): void => this.#saveSoon(window);
    window.on('resize', moved);
    window.on('move', moved);
    window.on('maximize', moved);
    window.on('unmaximize', moved);
    window.on('close', (event) => this.#onClose(event, window));
    window.on('closed', () => {
      this.#window = null;
    });
    this.#watchPage(window);
    window.loadURL(HOME).catch(this.#options.onFault);
    this.#window = window;
    return window;
  }

  #onClose(event: { preventDefault(): void }, window: BrowserWindow): void {
    this.#save(window);
    if (this.#quitting || !this.#options.hidesOnClose()) return;
    event.preventDefault();
    window.hide();
    if (this.#state.trayExplained || !this.#options.explainTray()) return;
    this.#keep({ ...this.#state, trayExplained: true });
  }

  #watchPage(window: BrowserWindow): void {
    let diedMs = Number.NEGATIVE_INFINITY;
    window.webContents.on('render-process-gone', (_event, { reason }) => {
      if (reason === 'clean-exit') return;
      const again = performance.now() - diedMs < DIES_AGAIN_WITHIN_MS;
      diedMs = performance.now();
      if (again) this.#options.onPageLost(window);
      else window.webContents.reload();
    });
  }

  #saveSoon(window: BrowserWindow): void {
    if (this.#saving !== null) clearTimeout(this.#saving);
    this.#saving = setTimeout(() => this.#save(window), SAVE_AFTER_MS);
  }

  #save(window: BrowserWindow): void {
    if (this.#saving !== null) clearTimeout(this.#saving);
    this.#saving = null;
    if (window.isDestroyed() || window.isMinimized()) return;
    this.#keep({ ...this.#state, box: window.getNormalBounds(), maximized: window.isMaximized() });
  }

  #keep(state: WindowState): void {
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return;
    this.#state = state;
    try {
      writeWindowState(this.#options.statePath, state);
    } catch (fault) {
      this.#options.onFault(fault);
    }
  }
}

/** Work areas, the main screen first. */
function screens(): readonly Box[] {
  const main = screen.getPrimaryDisplay();
  const others = screen.getAllDisplays().filter(({ id }) => id !== main.id);
  return [main, ...others].map(({ workArea }) => workArea);
}
