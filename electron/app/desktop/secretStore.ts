import { rmSync } from 'node:fs';
import * as z from 'zod/mini';
import { readBoundedFile } from '../../backend/boundedFile.ts';
import { writeFileAtomically } from '../../backend/inventory/atomicFile.ts';
import { Secret, type SecretKind, type SecretVault } from '../../backend/secret.ts';

/** The computer's own keeper of keys. */
export interface Cipher {
  /** Which one it is; what another one sealed can't be opened. */
  readonly backend: string;
  seal(text: string): Promise<Uint8Array>;
  /** Rejects when it can't be opened. `sealAgain`: the key has changed, and what is stored should follow. */
  open(sealed: Uint8Array): Promise<{ readonly text: string; readonly sealAgain: boolean }>;
}

/** Secrets of as many hosts as an inventory holds, each with all its kinds, sealed, in base64. */
const MAX_FILE_BYTES = 1_048_576;
const MAX_SECRETS = 192;
const MAX_SECRET_LENGTH = 1_024;

const StoredSecrets = z.strictObject({
  version: z.literal(1),
  backend: z.string().check(z.maxLength(40)),
  sealed: z.record(
    z.string().check(z.maxLength(200)),
    z.string().check(z.maxLength(8_192), z.regex(/^[0-9A-Za-z+/]+={0,2}$/)),
  ),
});
type StoredSecrets = z.infer<typeof StoredSecrets>;

function readFile(path: string): StoredSecrets | null {
  try {
    return StoredSecrets.parse(JSON.parse(readBoundedFile(path, MAX_FILE_BYTES).toString('utf8')));
  } catch {
    return null;
  }
}

const keyOf = (hostName: string, kind: SecretKind): string => `${hostName}/${kind}`;

/**
 * Passwords and passphrases that the user let the app remember. With a cipher they are kept on this computer, sealed;
 * without one only until the app ends, and `refused` says why. Whatever can't be opened is as if it had never been
 * kept: the user is asked again.
 */
export class SecretStore implements SecretVault {
  readonly refused: string | null;
  readonly #path: string;
  readonly #cipher: Cipher | null;
  readonly #held = new Map<string, Secret>();

  constructor(path: string, cipher: Cipher | { readonly refused: string }) {
    this.#path = path;
    this.#cipher = 'refused' in cipher ? null : cipher;
    this.refused = 'refused' in cipher ? cipher.refused : null;
  }

  async get(hostName: string, kind: SecretKind): Promise<Secret | null> {
    const key = keyOf(hostName, kind);
    const held = this.#held.get(key);
    if (held !== undefined) return held;
    const sealed = this.#stored()?.sealed[key];
    if (this.#cipher === null || sealed === undefined) return null;
    try {
      const { text, sealAgain } = await this.#cipher.open(Buffer.from(sealed, 'base64'));
      const secret = new Secret(text);
      this.#held.set(key, secret);
      if (sealAgain) await this.put(hostName, kind, secret);
      return secret;
    } catch {
      this.#change((all) => delete all[key]);
      return null;
    }
  }

  async put(hostName: string, kind: SecretKind, secret: Secret): Promise<void> {
    if (secret.reveal().length > MAX_SECRET_LENGTH) return;
    const key = keyOf(hostName, kind);
    this.#held.delete(key);
    this.#held.set(key, secret);
    for (const oldest of [...this.#held.keys()].slice(0, -MAX_SECRETS)) this.#held.delete(oldest);
    if (this.#cipher === null) return;
    const sealed = Buffer.from(await this.#cipher.seal(secret.reveal())).toString('base64');
    this.#change((all) => {
      delete all[key];
      all[key] = sealed;
      for (const oldest of Object.keys(all).slice(0, -MAX_SECRETS)) delete all[oldest];
    });
  }

  /** A wrong or outdated secret, or a host that is gone. */
  forget(hostName: string): void {
    const isOf = (key: string): boolean => key.startsWith(`${hostName}/`);
    for (const key of this.#held.keys()) if (isOf(key)) this.#held.delete(key);
    this.#change((all) => {
      for (const key of Object.keys(all)) if (isOf(key)) delete all[key];
    });
  }

  #stored(): StoredSecrets | null {
    const stored = readFile(this.#path);
    return stored === null || stored.backend !== this.#cipher?.backend ? null : stored;
  }

  #change(change: (sealed: Record<string, string>) => void): void {
    if (this.#cipher === null) return;
    const sealed = { ...this.#stored()?.sealed };
    change(sealed);
    if (Object.keys(sealed).length === 0) return rmSync(this.#path, { force: true });
    const { backend } = this.#cipher;
    writeFileAtomically(this.#path, `${JSON.stringify({ version: 1, backend, sealed })}\n`);
  }
}
