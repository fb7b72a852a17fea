import { app, net, protocol, session } from 'electron';
import { pathToFileURL } from 'node:url';
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
    if (file === null) return new Response(null, { status: 404 });
    const found = await net.fetch(pathToFileURL(file.path).href);
    return new Response(found.body, {
      status: found.status,
      headers: { 'content-type': file.type, 'content-security-policy': WINDOW_POLICY },
    });
  });
}

/** The window shows our own page and asks the machine for nothing. */
export function guardSession(): void {
  const { defaultSession } = session;
  defaultSession.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  defaultSession.setPermissionCheckHandler(() => false);
  defaultSession.webRequest.onBeforeRequest((details, answer) =>
    answer({ cancel: !/^(app:\/\/main\/|file:|data:|devtools:)/.test(details.url) }),
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
