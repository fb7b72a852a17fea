import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { closeSync, fsyncSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FileCalls, writeFileAtomically } from './atomicFile.ts';
import { groupByName, hostByName, readInventory, updateInventory } from './inventory.ts';
import type { HostEntry, SavedSetup } from './schema.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-inventory-'));
  path = join(folder, 'inventory.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const host = (name: string): HostEntry => ({
  name,
  address: '192.0.2.1',
  port: 22,
  user: 'root',
  auth: { kind: 'agent' },
  hostKey: {
    algorithm: 'ssh-ed25519',
    sha256: `SHA256:${'A'.repeat(43)}`,
    firstSeenAt: '2026-01-01T00:00:00Z',
    confirmedBy: 'user',
  },
  jump: null,
});

const setup: SavedSetup = {
  id: '11111111-1111-4111-8111-111111111111',
  kind: 'new',
  savedAt: '2026-01-01T00:00:00Z',
  stage: 'checks',
  hosts: ['a'],
  accepted: ['watchdog.device a'],
  draft: {
    name: 'office',
    profile: null,
    port: 7677,
    links: [{ host: 'a', addresses: ['192.0.2.1'] }],
    watchdogs: [],
    acceptSoftwareWatchdog: false,
  },
  store: { kind: 'folder', path: '/srv/vms' },
  groupId: null,
};

test('an absent file is an empty inventory', () => {
  expect(readInventory(path)).toEqual({ version: 2, revision: 0, hosts: [], groups: [], setups: [] });
});

test('what was written is read back, and the revision grows', () => {
  updateInventory(path, (present) => ({ ...present, hosts: [host('a')] }));
  updateInventory(path, (present) => ({ ...present, hosts: [...present.hosts, host('b')] }));
  const hosts = [host('a'), host('b')];
  expect(readInventory(path)).toEqual({ version: 2, revision: 2, hosts, groups: [], setups: [] });
});

test('a file of version 1 is read as one of version 2, and written so at the next change', () => {
  const old = { version: 1, revision: 7, hosts: [host('a')], groups: [] };
  writeFileSync(path, JSON.stringify(old));
  expect(readInventory(path)).toEqual({ ...old, version: 2, setups: [] });
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(old);
  updateInventory(path, (present) => present);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ ...old, version: 2, revision: 8, setups: [] });
});

test('a newer version is refused and the file stays as it was', () => {
  const text = '{"version": 3, "surprise": true}';
  writeFileSync(path, text);
  expect(() => updateInventory(path, (present) => present)).toThrowError(/version 3/);
  expect(readFileSync(path, 'utf8')).toBe(text);
});

test('a file that is damaged at any byte is refused, never half read', () => {
  updateInventory(path, (present) => ({ ...present, hosts: [host('a')], setups: [setup] }));
  const whole = readFileSync(path, 'utf8').trimEnd();
  for (let length = 0; length < whole.length; length += 1) {
    writeFileSync(path, whole.slice(0, length));
    expect(() => readInventory(path)).toThrowError(/not valid JSON/);
  }
});

test('an unknown field is named', () => {
  writeFileSync(
    path,
    JSON.stringify({ version: 1, revision: 0, hosts: [{ ...host('a'), password: 'x' }], groups: [] }),
  );
  expect(() => readInventory(path)).toThrowError(/hosts\.0 .*password/);
});

test('the same host name twice is refused', () => {
  expect(() => updateInventory(path, (now) => ({ ...now, hosts: [host('a'), host('a')] }))).toThrowError(
    /a twice/,
  );
  expect(readdirSync(folder)).toEqual([]);
});

test('unknown names are refused with the known ones', () => {
  const inventory = updateInventory(path, (present) => ({ ...present, hosts: [host('a')] }));
  expect(() => hostByName(inventory, 'z')).toThrowError(/no host z/);
  expect(() => groupByName(inventory, 'z')).toThrowError(/no group z/);
});

/** Real calls, dying before the call with number `dieAt`; each written byte counts as a call. */
function dyingCalls(dieAt: number): FileCalls {
  let calls = 0;
  const count = (): void => {
    calls += 1;
    if (calls > dieAt) throw new Error('power lost');
  };
  const dead = (): boolean => calls > dieAt;
  return {
    open: (file, flags, mode) => (count(), openSync(file, flags, mode)),
    write: (descriptor, data, offset) => (count(), writeSync(descriptor, data, offset, 1)),
    sync: (descriptor) => (count(), fsyncSync(descriptor)),
    close: (descriptor) => (dead() ? closeSync(descriptor) : (count(), closeSync(descriptor))),
    rename: (from, to) => (count(), renameSync(from, to)),
    remove: (file) => (dead() ? undefined : unlinkSync(file)),
  };
}

test('a crash at any byte leaves the old file or the new one, whole', () => {
  const before = `${JSON.stringify({ version: 1, revision: 1, hosts: [], groups: [] })}\n`;
  const after = `${JSON.stringify({ version: 2, revision: 2, hosts: [host('a')], groups: [], setups: [setup] })}\n`;
  const seen = new Set<string>();
  let finished = false;
  for (let dieAt = 0; !finished; dieAt += 1) {
    writeFileSync(path, before);
    try {
      writeFileAtomically(path, after, dyingCalls(dieAt));
      finished = true;
    } catch {
      seen.add(readFileSync(path, 'utf8'));
    }
  }
  seen.add(readFileSync(path, 'utf8'));
  expect([...seen]).toEqual([before, after]);
});
