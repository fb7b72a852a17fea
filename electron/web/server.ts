import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { App } from '../app/app.ts';
import { MAX_PAGE_MESSAGE_BYTES } from '../ipc/frames.ts';
import { Access, isOwnRequest } from './access.ts';
import { Page } from './page.ts';
import { serveFile } from './staticFiles.ts';

/** Pages at once; each is one person's tab. */
const MAX_PAGES = 8;
const HEADERS_WITHIN_MS = 10_000;

export interface WebServer {
  readonly port: number;
  /** The address to open, with a token that works once. A new one voids the one before. */
  address(): string;
  close(): Promise<void>;
}

/** Serves the window and its bridge on the loopback. Port 0 takes a free one. Rejects when the port is taken. */
export async function serveWeb(options: {
  readonly app: App;
  readonly rendererFolder: string;
  readonly port: number;
  readonly onFault: (fault: unknown) => void;
}): Promise<WebServer> {
  const access = new Access();
  const server = createServer({ headersTimeout: HEADERS_WITHIN_MS, requestTimeout: HEADERS_WITHIN_MS });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_PAGE_MESSAGE_BYTES });
  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  server.on('request', (request, response) => {
    if (!isOwnRequest(request.headers, port, false)) return void response.writeHead(403).end();
    void serveFile(options.rendererFolder, request, response);
  });
  server.on('upgrade', (request, socket: Duplex, head: Buffer) => {
    const welcome =
      request.url === '/bridge' &&
      isOwnRequest(request.headers, port, true) &&
      sockets.clients.size < MAX_PAGES;
    if (!welcome) return void socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
    sockets.handleUpgrade(request, socket, head, (page) => {
      new Page(page, options.app, access, options.onFault);
    });
  });
  return {
    port,
    address: () => `http://127.0.0.1:${port}/#token=${access.issue()}`,
    close: async () => {
      for (const page of sockets.clients) page.terminate();
      sockets.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1' }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
