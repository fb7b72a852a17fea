import { EventEmitter } from 'node:events';

/**
 * A STAND-IN for the module `electron`, for the one thing the electron tier can't show where only an older Electron is to
 * be had: that the main bundle which is shipped starts as it is, in today's Node, and sets everything up. It shows no
 * window, isolates nothing, and proves nothing about Electron.
 */

/** What main asked of it, in order. */
const asked: { readonly what: string; readonly detail: unknown }[] = [];
const note = (what: string, detail: unknown = null): void => void asked.push({ what, detail });
const ignore = (): undefined => undefined;

type Served = (request: { readonly url: string; readonly method: string }) => Promise<Response>;
type Answered = (event: unknown, ...args: readonly unknown[]) => unknown;
const served = new Map<string, Served>();
const answers = new Map<string, Answered>();

class App extends EventEmitter {
  readonly isPackaged = false;
  whenReady = async (): Promise<void> => undefined;
  setAppUserModelId = ignore;
  enableSandbox = (): void => note('enableSandbox');
  requestSingleInstanceLock = (): boolean => {
    note('requestSingleInstanceLock');
    return true;
  };
  quit = (): void => {
    this.emit('before-quit', { preventDefault: ignore });
    process.exit(0);
  };
}

class Contents extends EventEmitter {
  readonly mainFrame = { url: 'app://main/index.html', parent: null };
  send = (channel: string, value: unknown): void => void process.send?.({ feed: channel, value });
  setWindowOpenHandler = (answer: () => unknown): void => note('setWindowOpenHandler', answer());
  reload = ignore;
}

export class BrowserWindow extends EventEmitter {
  readonly webContents = new Contents();
  constructor(options: unknown) {
    super();
    note('BrowserWindow', options);
    app.emit('web-contents-created', {}, this.webContents);
  }
  loadURL = async (address: string): Promise<void> => note('loadURL', address);
  show = (): void => note('show');
  focus = ignore;
  maximize = ignore;
  setMenuBarVisibility = ignore;
  isMinimized = (): boolean => false;
  isMaximized = (): boolean => false;
  isFocused = (): boolean => true;
  isDestroyed = (): boolean => false;
  getNormalBounds = () => ({ x: 0, y: 0, width: 1_280, height: 860 });
}

export const app = new App();
export const ipcMain = Object.assign(new EventEmitter(), {
  handle: (channel: string, answer: Answered): void => void answers.set(channel, answer),
});
export const protocol = {
  registerSchemesAsPrivileged: (schemes: unknown): void => note('registerSchemesAsPrivileged', schemes),
  handle: (scheme: string, serve: Served): void => void served.set(scheme, serve),
};
type Asked = (details: { readonly url: string }, answer: (verdict: unknown) => void) => void;
let requested: Asked = ignore;
export const session = {
  defaultSession: Object.assign(new EventEmitter(), {
    setPermissionRequestHandler: (
      decide: (contents: null, name: string, answer: (granted: boolean) => void) => void,
    ) => decide(null, 'media', (granted) => note('permission', granted)),
    setPermissionCheckHandler: (decide: () => boolean): void => note('permissionCheck', decide()),
    setDevicePermissionHandler: (decide: () => boolean): void => note('device', decide()),
    webRequest: {
      onBeforeRequest: (decide: Asked): void => {
        requested = decide;
      },
    },
  }),
};
export const nativeTheme = Object.assign(new EventEmitter(), {
  shouldUseDarkColors: false,
  themeSource: 'system',
});
export const nativeImage = { createFromBitmap: () => ({ setTemplateImage: ignore }) };
export class Tray extends EventEmitter {
  setImage = ignore;
  setToolTip = (text: string): void => note('tooltip', text);
  setContextMenu = (items: unknown): void => note('menu', items);
}
export const Menu = {
  setApplicationMenu: ignore,
  buildFromTemplate: (items: readonly { readonly label?: string }[]) =>
    items.map(({ label }) => label ?? '-'),
};
export class Notification extends EventEmitter {
  static isSupported = (): boolean => false;
  show = ignore;
  close = ignore;
}
export const dialog = { showMessageBox: async () => ({ response: 0 }) };
const display = { id: 1, workArea: { x: 0, y: 0, width: 1_920, height: 1_080 } };
export const screen = { getPrimaryDisplay: () => display, getAllDisplays: () => [display] };
export const powerMonitor = new EventEmitter();
export const safeStorage = { getSelectedStorageBackend: () => 'basic_text' };

/** What the test asks of the stand-in, each answered by one message with the same id. */
export type Question =
  | { readonly id: number; readonly kind: 'asked' }
  | { readonly id: number; readonly kind: 'fetch'; readonly url: string; readonly method: string }
  | { readonly id: number; readonly kind: 'request'; readonly url: string }
  | { readonly id: number; readonly kind: 'call'; readonly frame: string; readonly args: readonly unknown[] }
  | { readonly id: number; readonly kind: 'quit' };

async function answer(question: Question): Promise<unknown> {
  switch (question.kind) {
    case 'asked':
      return asked;
    case 'fetch': {
      const response = await served.get('app')?.({ url: question.url, method: question.method });
      const body = (await response?.text()) ?? '';
      return {
        status: response?.status,
        headers: Object.fromEntries(response?.headers ?? []),
        body: body.slice(0, 80),
      };
    }
    case 'request': {
      let verdict: unknown;
      requested({ url: question.url }, (given) => {
        verdict = given;
      });
      return verdict;
    }
    case 'call':
      return answers.get('call')?.({ senderFrame: { url: question.frame, parent: null } }, ...question.args);
    case 'quit':
      return app.quit();
  }
}

process.on('message', (question: Question) => {
  void answer(question).then((value) => process.send?.({ id: question.id, value }));
});
