import { createServer, type Server } from 'node:http';
import type { Failure } from '../protocol/failure.ts';
import type { NotifySettings, NotifyStatus } from '../protocol/notify.ts';

/** Scrapers at the same time; an honest site has one or two. */
const MAX_CONNECTIONS = 8;
const REQUEST_WITHIN_MS = 5000;
const MAX_HEADER_BYTES = 8192;

type Wanted = NotifySettings['metrics'];

/** Serves figures to Prometheus: off unless wanted, and to this host alone unless said otherwise. It reads, nothing else. */
export class MetricsServer {
  readonly #text: () => string;
  readonly #changed: (failure: Failure | null) => void;
  #wanted: Wanted = null;
  #server: Server | null = null;
  #failure: Failure | null = null;

  constructor(text: () => string, changed: (failure: Failure | null) => void) {
    this.#text = text;
    this.#changed = changed;
  }

  configure(wanted: Wanted): void {
    if (wanted?.listen === this.#wanted?.listen && wanted?.port === this.#wanted?.port) return;
    this.close();
    this.#wanted = wanted;
    if (wanted !== null) this.#open(wanted);
  }

  status(): NotifyStatus['metrics'] {
    const wanted = this.#wanted;
    return wanted === null ? null : { address: addressOf(wanted), failure: this.#failure };
  }

  close(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
    this.#server = null;
    this.#failure = null;
    this.#wanted = null;
  }

  #open(wanted: NonNullable<Wanted>): void {
    const limits = {
      requestTimeout: REQUEST_WITHIN_MS,
      headersTimeout: REQUEST_WITHIN_MS,
      keepAliveTimeout: REQUEST_WITHIN_MS,
      connectionsCheckingInterval: REQUEST_WITHIN_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    };
    const server = createServer(limits, ({ method, url }, answer) => {
      const isRead = method === 'GET' || method === 'HEAD';
      const status = url?.split('?')[0] !== '/metrics' ? 404 : isRead ? 200 : 405;
      const type = status === 200 ? 'text/plain; version=0.0.4; charset=utf-8' : 'text/plain; charset=utf-8';
      answer.writeHead(status, { 'content-type': type });
      answer.end(status === 200 ? this.#text() : 'There is only GET /metrics here.\n');
    });
    server.maxConnections = MAX_CONNECTIONS;
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#server !== server) return;
      this.#failure = {
        code: 'notify.metrics-failed',
        message: `Figures for Prometheus can't be served at ${addressOf(wanted)} (${error.code ?? 'no further reason'}).`,
        meaning: 'Nothing else depends on it.',
        fix: 'Choose a port that nothing else on the host uses.',
      };
      this.#changed(this.#failure);
    });
    this.#server = server;
    if (wanted.listen === 'all') server.listen(wanted.port);
    else server.listen(wanted.port, '127.0.0.1');
  }
}

const addressOf = ({ listen, port }: NonNullable<Wanted>): string =>
  `${listen === 'all' ? 'every address of the host' : '127.0.0.1'}, port ${port}`;
