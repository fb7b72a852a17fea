import { readFileSync } from 'node:fs';

/** 32 bytes in hex, as the installer writes it. */
export function readGroupKey(path: string): Uint8Array {
  const text = readFileSync(path, 'utf8').trim();
  if (!/^[0-9a-fA-F]{64}$/.test(text)) throw new Error('it is not 64 hex digits');
  return new Uint8Array(Buffer.from(text, 'hex'));
}
