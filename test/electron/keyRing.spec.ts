import { expect, test } from '@playwright/test';
import type { systemCipher } from '../../electron/main/vault.ts';
import { startDesktopSession } from './desktopSession.ts';
import { closeApp, launchApp, windowOf } from './launch.ts';

/** The bundle for an older runtime hands its cipher out; the product's own has no such door. */
type WithCipher = { readonly systemCipher: typeof systemCipher };

test('a secret is sealed by the system’s key ring, and opened by it again', async () => {
  const session = await startDesktopSession({ tray: false, keyRing: true });
  try {
    const app = await launchApp(session);
    await windowOf(app);
    const seen = await app.evaluate(async () => {
      const cipher = await (globalThis as unknown as WithCipher).systemCipher();
      if ('refused' in cipher) return cipher.refused;
      const sealed = await cipher.seal('correct horse');
      return {
        backend: cipher.backend,
        isReadable: Buffer.from(sealed).includes('correct'),
        opened: await cipher.open(sealed),
      };
    });
    expect(seen).toEqual({
      backend: 'gnome_libsecret',
      isReadable: false,
      opened: { text: 'correct horse', sealAgain: false },
    });
    await closeApp(app);
  } finally {
    session.end();
  }
});

test('without a key ring nothing is kept, and the reason is a sentence', async () => {
  const session = await startDesktopSession({ tray: false });
  try {
    const app = await launchApp(session);
    await windowOf(app);
    const cipher = await app.evaluate(() => (globalThis as unknown as WithCipher).systemCipher());
    expect(cipher).toEqual({ refused: expect.stringMatching(/^This computer has no key ring that is open/) });
    await closeApp(app);
  } finally {
    session.end();
  }
});
