import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Secret } from '../../backend/secret.ts';
import { type Cipher, SecretStore } from './secretStore.ts';

const folder = mkdtempSync(join(tmpdir(), 'understudy-secrets-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const newFile = (): string => join(folder, `secrets-${(files += 1)}.json`);

const flip = (data: Uint8Array): Uint8Array => data.map((byte) => byte ^ 0x5a);
const cipher = (backend: string, change: Partial<Cipher> = {}): Cipher => ({
  backend,
  seal: async (text) => flip(Buffer.from(text)),
  open: async (sealed) => ({ text: Buffer.from(flip(sealed)).toString(), sealAgain: false }),
  ...change,
});

test('a kept secret is there after a restart, and its file holds nothing readable', async () => {
  const path = newFile();
  await new SecretStore(path, cipher('keyring')).put('alpha', 'sudo', new Secret('correct horse'));
  expect(readFileSync(path, 'utf8')).not.toContain('correct horse');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const after = await new SecretStore(path, cipher('keyring')).get('alpha', 'sudo');
  expect(after?.reveal()).toBe('correct horse');
  expect(await new SecretStore(path, cipher('keyring')).get('alpha', 'passphrase')).toBe(null);
});

test('without a keeper of keys nothing is written, and the session still has it', async () => {
  const path = newFile();
  const store = new SecretStore(path, { refused: 'No key ring is open here.' });
  await store.put('alpha', 'sudo', new Secret('x'));
  expect(existsSync(path)).toBe(false);
  expect((await store.get('alpha', 'sudo'))?.reveal()).toBe('x');
  expect(store.refused).toBe('No key ring is open here.');
});

test('what another key ring sealed, or this one can’t open, is asked for again', async () => {
  const path = newFile();
  await new SecretStore(path, cipher('kwallet')).put('alpha', 'sudo', new Secret('x'));
  expect(await new SecretStore(path, cipher('gnome')).get('alpha', 'sudo')).toBe(null);
  const locked = cipher('kwallet', { open: async () => Promise.reject(new Error('locked')) });
  expect(await new SecretStore(path, locked).get('alpha', 'sudo')).toBe(null);
});

test('a damaged, foreign or huge file is the same as none and does not stop a new secret', async () => {
  for (const text of [
    '{"version":1,',
    '{"version":9}',
    `"${'x'.repeat(2_000_000)}"`,
    '{"version":1,"backend":3}',
  ]) {
    const path = newFile();
    writeFileSync(path, text);
    const store = new SecretStore(path, cipher('keyring'));
    expect(await store.get('alpha', 'sudo')).toBe(null);
    await store.put('alpha', 'sudo', new Secret('x'));
    expect((await new SecretStore(path, cipher('keyring')).get('alpha', 'sudo'))?.reveal()).toBe('x');
  }
});

test('a changed key seals again what it opened', async () => {
  const path = newFile();
  let seals = 0;
  const turning = cipher('keyring', {
    seal: async (text) => {
      seals += 1;
      return flip(Buffer.from(text));
    },
    open: async (sealed) => ({ text: Buffer.from(flip(sealed)).toString(), sealAgain: true }),
  });
  await new SecretStore(path, turning).put('alpha', 'sudo', new Secret('x'));
  await new SecretStore(path, turning).get('alpha', 'sudo');
  expect(seals).toBe(2);
});

test('a forgotten host leaves nothing behind', async () => {
  const path = newFile();
  const store = new SecretStore(path, cipher('keyring'));
  await store.put('alpha', 'sudo', new Secret('x'));
  await store.put('alpha-2', 'sudo', new Secret('y'));
  store.forget('alpha');
  expect(await store.get('alpha', 'sudo')).toBe(null);
  expect((await store.get('alpha-2', 'sudo'))?.reveal()).toBe('y');
  store.forget('alpha-2');
  expect(existsSync(path)).toBe(false);
});

test('the store is bounded: the oldest give way', async () => {
  const path = newFile();
  const full = Object.fromEntries(Array.from({ length: 192 }, (_, at) => [`host-${at}/sudo`, 'eA==']));
  writeFileSync(path, JSON.stringify({ version: 1, backend: 'keyring', sealed: full }));
  const store = new SecretStore(path, cipher('keyring'));
  await store.put('newest', 'sudo', new Secret('x'));
  const { sealed } = JSON.parse(readFileSync(path, 'utf8')) as { sealed: Record<string, string> };
  expect(Object.keys(sealed)).toHaveLength(192);
  expect(Object.keys(sealed).at(-1)).toBe('newest/sudo');
  expect(await store.get('host-0', 'sudo')).toBe(null);
});
