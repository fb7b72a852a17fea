import { safeStorage } from 'electron';
import { define } from './languageGaps.ts';

/**
 * What Electron 25 lacks of what main uses, put in before main when the tests run it there: the language's gaps, and the
 * async `safeStorage` over the one that it replaced.
 */

define(safeStorage, {
  getSelectedStorageBackend: () => (safeStorage.isEncryptionAvailable() ? 'gnome_libsecret' : 'basic_text'),
  isAsyncEncryptionAvailable: async () => safeStorage.isEncryptionAvailable(),
  encryptStringAsync: async (text: string) => safeStorage.encryptString(text),
  decryptStringAsync: async (sealed: Buffer) => ({
    result: safeStorage.decryptString(sealed),
    shouldReEncrypt: false,
  }),
});
