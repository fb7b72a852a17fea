import { createHash, createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { isKnownKey } from './knownHosts.ts';

const raw = Buffer.from('a host key');
const encoded = raw.toString('base64');
const key = {
  algorithm: 'ssh-ed25519',
  sha256: `SHA256:${createHash('sha256').update(raw).digest('base64').replace(/=+$/, '')}`,
};
const at = (address: string, port = 22) => ({ address, port });

test('plain, bracketed and hashed names vouch for their key', () => {
  const salt = Buffer.from('salt of 20 bytes....');
  const hash = createHmac('sha1', salt).update('10.0.0.3').digest('base64');
  const text = [
    '# comment',
    `h1,10.0.0.1 ssh-ed25519 ${encoded} me@desk`,
    `[10.0.0.2]:2222 ssh-ed25519 ${encoded}`,
    `|1|${salt.toString('base64')}|${hash} ssh-ed25519 ${encoded}`,
  ].join('\n');
  expect(isKnownKey(text, at('h1'), key)).toBe(true);
  expect(isKnownKey(text, at('10.0.0.1'), key)).toBe(true);
  expect(isKnownKey(text, at('10.0.0.2', 2222), key)).toBe(true);
  expect(isKnownKey(text, at('10.0.0.2'), key)).toBe(false);
  expect(isKnownKey(text, at('10.0.0.3'), key)).toBe(true);
});

test('another key, a marked line, a pattern and garbage vouch for nothing', () => {
  const other = `h1 ssh-ed25519 ${Buffer.from('other').toString('base64')}`;
  const marked = `@revoked h1 ssh-ed25519 ${encoded}`;
  const pattern = `h* ssh-ed25519 ${encoded}`;
  for (const text of [other, marked, pattern, 'h1', '|1|x h1 y', '']) {
    expect(isKnownKey(text, at('h1'), key)).toBe(false);
  }
});
