import { randomBytes, timingSafeEqual } from 'node:crypto';

/** Pages that may be open at a time; each exchange makes a key, the oldest gives way. */
const MAX_KEYS = 8;

const newSecret = (): string => randomBytes(32).toString('hex');
const same = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/**
 * Who may speak to the app over the loopback: the page that brings the one-time token, once, and after that the tab
 * that holds the key it was exchanged for. Nothing is stored; all ends with the process.
 */
export class Access {
  #token: string | null = null;
  #keys: string[] = [];

  /** A fresh token; an earlier one that was not used is void. */
  issue(): string {
    this.#token = newSecret();
    return this.#token;
  }

  /** The key for this tab, or null when the token is not the one, or was used. */
  exchange(token: string): string | null {
    if (this.#token === null || !same(this.#token, token)) return null;
    this.#token = null;
    const key = newSecret();
    this.#keys = [...this.#keys, key].slice(-MAX_KEYS);
    return key;
  }

  knows(key: string): boolean {
    return this.#keys.some((known) => same(known, key));
  }
}

/**
 * Whether a request was meant for this server by a page of this server. A name that another site points at the
 * loopback (DNS rebinding) shows in Host; a page of another site shows in Origin.
 */
export function isOwnRequest(
  headers: { readonly host?: string | undefined; readonly origin?: string | undefined },
  port: number,
  needsOrigin: boolean,
): boolean {
  const own = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (headers.host === undefined || !own.includes(headers.host)) return false;
  if (headers.origin === undefined) return !needsOrigin;
  return headers.origin === `http://${headers.host}`;
}
