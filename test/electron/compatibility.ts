import { protocol, safeStorage } from 'electron';
import { define } from './languageGaps.ts';

/**
 * What Electron 22 lacks of what main uses, put in before main when the tests run it there: `protocol.handle` and the
 * async `safeStorage`, over what they replaced.
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

define(globalThis, { Response: PlainResponse });

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
