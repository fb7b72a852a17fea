import { createHash, timingSafeEqual } from 'node:crypto';
import ssh2 from 'ssh2';
import type { HostKey } from '../inventory/schema.ts';

/** A host's key as people compare it: the type's name and OpenSSH's `SHA256:` fingerprint. Throws on a malformed key. */
export function describeKey(key: Buffer): HostKey {
  const parsed = ssh2.utils.parseKey(key);
  if (parsed instanceof Error) throw parsed;
  const sha256 = createHash('sha256').update(key).digest('base64').replace(/=+$/, '');
  return { algorithm: parsed.type, sha256: `SHA256:${sha256}` };
}

/** The same for a key that a stranger has just sent: null when it is no key. Must not throw inside the handshake. */
export function describeOfferedKey(key: Buffer): HostKey | null {
  try {
    return describeKey(key);
  } catch {
    return null;
  }
}

/** Whether two fingerprints are the same key. Fingerprints of different length are different keys. */
export function sameKey(a: HostKey, b: HostKey): boolean {
  const left = Buffer.from(a.sha256);
  const right = Buffer.from(b.sha256);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** A fingerprint given by hand, with or without `SHA256:`, base64 padding or blanks. */
export function normalFingerprint(text: string): string {
  const body = text
    .trim()
    .replace(/^SHA256:/i, '')
    .replaceAll(/\s/g, '')
    .replace(/=+$/, '');
  return `SHA256:${body}`;
}
