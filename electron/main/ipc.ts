import type { IpcMain, IpcMainEvent, IpcMainInvokeEvent, WebContents } from 'electron';
import type { App } from '../app/app.ts';
import { dispatch } from '../app/dispatch.ts';
import { feedNamed } from '../ipc/contract.ts';

/** Only the window's own page, at top level, may speak. A custom scheme has no origin in Node: protocol and host tell. */
export function isOwnPage({ senderFrame }: Pick<IpcMainInvokeEvent, 'senderFrame'>): boolean {
  if (senderFrame === null || senderFrame.parent !== null) return false;
  // A frame that has loaded nothing yet has an empty address, which is none.
  const address = URL.canParse(senderFrame.url) ? new URL(senderFrame.url) : null;
  return address?.protocol === 'app:' && address.host === 'main';
}

/** Carries the bridge over Electron's IPC: one channel for calls, one for subscriptions, one for each feed. */
export function serveIpc(
  ipc: Pick<IpcMain, 'handle' | 'on'>,
  app: App,
  onFault: (fault: unknown) => void,
): void {
  ipc.handle('call', async (event, name: unknown, input: unknown) => {
    if (isOwnPage(event) && typeof name === 'string') return dispatch(app.handlers, name, input, onFault);
    return {
      ok: false,
      failure: { code: 'app.foreign-page', message: 'Only the window of the app may ask this.' },
    };
  });
  const pages = new Map<WebContents, Map<string, () => void>>();
  ipc.on('subscribe', (event: IpcMainEvent, name: unknown) => {
    const feed = isOwnPage(event) ? feedNamed(name) : null;
    if (feed === null) return;
    const page = event.sender;
    const feeds = pages.get(page) ?? new Map<string, () => void>();
    if (!pages.has(page)) {
      pages.set(page, feeds);
      page.once('destroyed', () => {
        for (const end of feeds.values()) end();
        pages.delete(page);
      });
    }
    // A reload subscribes anew: the value of now is sent again, the old subscription goes.
    feeds.get(feed)?.();
    feeds.set(
      feed,
      app.feeds.subscribe(feed, (value) => page.send(feed, value)),
    );
  });
}
