import { readFile } from 'node:fs/promises';
import { app, protocol, session } from 'electron';
import { WINDOW_POLICY, windowFile } from '../app/windowFiles.ts';

/** Before the app is ready: the window's own scheme, which is no `file:`. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** `app://main/...` gives the files of the built window and nothing else. */
export function serveScheme(folder: string): void {
  protocol.handle('app', async (request) => {
    const { host, pathname } = new URL(request.url);
    const file = host === 'main' && request.method === 'GET' ? windowFile(folder, pathname) : null;
    const data = file === null ? null : await readFile(file.path).catch(() => null);
    if (file === null || data === null) return new Response(null, { status: 404 });
    return new Response(data, {
      headers: { 'content-type': file.type, 'content-security-policy': WINDOW_POLICY },
    });
  });
}

/** The window shows our own page and asks the machine for nothing. */
export function guardSession(): void {
  const { defaultSession } = session;
  defaultSession.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  defaultSession.setPermissionCheckHandler(() => false);
  defaultSession.setDevicePermissionHandler(() => false);
  // Files are written by the app itself, where it says so.
  defaultSession.on('will-download', (event) => event.preventDefault());
  defaultSession.webRequest.onBeforeRequest((details, answer) =>
    answer({ cancel: !/^(app:\/\/main\/|data:|devtools:)/.test(details.url) }),
  );
}

/** No page may lead anywhere else, open another window, or attach a view. */
export function guardContents(): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-navigate', (event) => event.preventDefault());
    contents.on('will-frame-navigate', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  });
}
