import { safeStorage } from 'electron';
import type { Cipher } from '../app/desktop/secretStore.ts';

/** A key ring may ask the user for its password; without an answer the app goes on without it. */
const ANSWER_WITHIN_MS = 60_000;

const NO_KEY_RING =
  'This computer has no key ring that is open (GNOME Keyring or KWallet), so secrets are kept until the app ends only.';

function inTime<T>(answer: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('The key ring does not answer.')), ANSWER_WITHIN_MS);
  return Promise.race([answer, promise]).finally(() => clearTimeout(timer));
}

/**
 * The system's keeper of keys. Chromium has a fallback on Linux that seals with a key that is in its source
 * (`basic_text`): that is no keeping, so it counts as none.
 */
export async function systemCipher(): Promise<Cipher | { readonly refused: string }> {
  const backend = process.platform === 'linux' ? safeStorage.getSelectedStorageBackend() : process.platform;
  if (backend === 'basic_text' || backend === 'unknown') return { refused: NO_KEY_RING };
  const isThere = await inTime(safeStorage.isAsyncEncryptionAvailable()).catch(() => false);
  if (!isThere) return { refused: NO_KEY_RING };
  return {
    backend,
    seal: (text) => inTime(safeStorage.encryptStringAsync(text)),
    open: async (sealed) => {
      const { result, shouldReEncrypt } = await inTime(safeStorage.decryptStringAsync(Buffer.from(sealed)));
      return { text: result, sealAgain: shouldReEncrypt };
    },
  };
}
