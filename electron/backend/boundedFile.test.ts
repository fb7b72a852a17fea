import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readWindowState } from '../app/desktop/windowState.ts';
import { PreferencesFile } from '../app/preferencesFile.ts';
import { readBoundedFile } from './boundedFile.ts';
import { readInventory } from './inventory/inventory.ts';
import { readKnownHosts } from './ssh/knownHosts.ts';
import { loginMaterial } from './ssh/login.ts';

const folder = mkdtempSync(join(tmpdir(), 'understudy-files-'));
const huge = join(folder, 'huge');
const pipe = join(folder, 'pipe');
const garbage = join(folder, 'garbage');

beforeAll(() => {
  writeFileSync(huge, '');
  truncateSync(huge, 100 * 1024 * 1024);
  execFileSync('mkfifo', [pipe]);
  writeFileSync(garbage, Buffer.from([0, 255, 123, 34, 0xc3, 0x28, 10]));
});
afterAll(() => rmSync(folder, { recursive: true }));

const strange = [
  ['a device without end', '/dev/zero'],
  ['a pipe that nobody writes to', pipe],
  ['a folder', folder],
  ['a file of 100 MB', huge],
] as const;

describe.each(strange)('%s', (_what, path) => {
  test('is not read', () => {
    expect(() => readBoundedFile(path, 1_000)).toThrowError(/not a regular file|are the most there can be/);
  });

  test('is no private key, and the field is named', async () => {
    const hostKey = { algorithm: 'ssh-ed25519', sha256: '', firstSeenAt: '', confirmedBy: 'user' } as const;
    const at = { address: '192.0.2.11', port: 22, user: 'admin', hostKey };
    const login = { ...at, auth: { kind: 'key', keyFile: path } } as const;
    await expect(loginMaterial('alpha', login, async () => null)).rejects.toMatchObject({
      failure: { code: 'ssh.key-file-unreadable', field: 'key' },
    });
  });

  test('is no inventory, and that is said', () => {
    expect(() => readInventory(path)).toThrowError(/inventory|can not be read/);
  });

  test('vouches for no host, remembers nothing, and stops no start', () => {
    expect(readKnownHosts(path)).toBe('');
    expect(new PreferencesFile(path).chosen.theme).toBe('system');
    expect(readWindowState(path).box).toBe(null);
  });
});

test('garbage in a file of the app’s own is the same as no file', () => {
  expect(new PreferencesFile(garbage).chosen).toMatchObject({ theme: 'system', closeToTray: true });
  expect(readWindowState(garbage).box).toBe(null);
});
