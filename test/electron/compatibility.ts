import { protocol, safeStorage } from 'electron';

/**
 * What Electron 22 (Node 16, Chromium 108) lacks of what main uses: put in before main when the tests run it there.
 * Standard library only, as its specification says; `protocol.handle` and the async `safeStorage` over what they replaced.
 */

interface Answer {
  readonly body: Buffer | null;
  readonly status: number;
  readonly headers: Record<string, string>;
}

class PlainResponse implements Answer {
  readonly body: Buffer | null;
  readonly status: number;
  readonly headers: Record<string, string>;
  constructor(
    body: Buffer | null,
    init: { readonly status?: number; readonly headers?: Record<string, string> } = {},
  ) {
    this.body = body;
    this.status = init.status ?? 200;
    this.headers = init.headers ?? {};
  }
}

const define = (target: object, members: Record<string, unknown>): void => {
  for (const [name, value] of Object.entries(members))
    if (!(name in target)) Object.defineProperty(target, name, { value, configurable: true, writable: true });
};

define(globalThis, {
  Response: PlainResponse,
  structuredClone: (value: unknown): unknown => JSON.parse(JSON.stringify(value)),
});
define(Map, {
  groupBy: <Key, Value>(
    values: Iterable<Value>,
    keyOf: (value: Value, at: number) => Key,
  ): Map<Key, Value[]> => {
    const groups = new Map<Key, Value[]>();
    let at = 0;
    for (const value of values) {
      const key = keyOf(value, at);
      at += 1;
      groups.set(key, [...(groups.get(key) ?? []), value]);
    }
    return groups;
  },
});
define(Array.prototype, {
  toSorted(this: unknown[], compare?: (a: unknown, b: unknown) => number) {
    return [...this].sort(compare);
  },
  toReversed(this: unknown[]) {
    return [...this].reverse();
  },
  with(this: unknown[], at: number, value: unknown) {
    const copy = [...this];
    copy[at < 0 ? copy.length + at : at] = value;
    return copy;
  },
  toSpliced(this: unknown[], start: number, remove: number, ...items: unknown[]) {
    const copy = [...this];
    copy.splice(start, remove, ...items);
    return copy;
  },
});
define(Promise, {
  withResolvers: () => {
    let resolve: unknown;
    let reject: unknown;
    const promise = new Promise((resolved, rejected) => {
      resolve = resolved;
      reject = rejected;
    });
    return { promise, resolve, reject };
  },
});
define(URL, {
  canParse: (text: string): boolean => {
    try {
      return new URL(text).href !== '';
    } catch {
      return false;
    }
  },
});

type Handler = (request: { readonly url: string; readonly method: string }) => Promise<Answer>;

define(protocol, {
  handle: (scheme: string, handler: Handler) =>
    protocol.registerBufferProtocol(scheme, (request, give) => {
      const answered = handler({ url: request.url, method: request.method });
      answered.then(
        ({ body, status, headers }) =>
          give({
            statusCode: status,
            headers,
            mimeType: (headers['content-type'] ?? 'text/plain').split(';')[0] ?? '',
            data: body ?? Buffer.alloc(0),
          }),
        () => give({ statusCode: 500, data: Buffer.alloc(0) }),
      );
    }),
});
define(safeStorage, {
  getSelectedStorageBackend: () => (safeStorage.isEncryptionAvailable() ? 'gnome_libsecret' : 'basic_text'),
  isAsyncEncryptionAvailable: async () => safeStorage.isEncryptionAvailable(),
  encryptStringAsync: async (text: string) => safeStorage.encryptString(text),
  decryptStringAsync: async (sealed: Buffer) => ({
    result: safeStorage.decryptString(sealed),
    shouldReEncrypt: false,
  }),
});
