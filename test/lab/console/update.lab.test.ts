import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openShop, type Shop } from '../faults/shop.ts';
import { waitForGuest, type GuestState } from '../guests.ts';
import { type GuestOptions } from '../guestXml.ts';
import { sourceDir } from '../layout.ts';
import { waitFor } from '../run.ts';

/** New versions of the agent on hosts at work: one that could not take over stays out, one that can comes in unnoticed. */

const guest: GuestOptions = { number: 1 };
/** Longer than T of the swift profile: a keeper that can't start would have ended in a reset by then. */
const WATCH_MS = 16_000;

const folder = mkdtempSync(join(tmpdir(), 'understudy-update-lab-'));
let shop: Shop;
let before: GuestState;

beforeAll(async () => {
  shop = await openShop({ profile: 'swift' });
  const [h1] = shop.hosts;
  if (h1 === undefined) throw new Error('The lab has no host.');
  await shop.protect(h1, guest);
  await shop.untilProtected(guest);
  before = await waitForGuest(guest.number);
});
afterAll(async () => {
  await shop.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Manifest {
  version: string;
  files: {
    name: string;
    sizeBytes: number;
    sha256: string;
    compressedName: string;
    compressedSha256: string;
  }[];
}

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** The carried agent under another version's name, changed as told. */
function otherVersion(version: string, change: (script: string) => string): string {
  const at = join(folder, version);
  cpSync(join(sourceDir, '..', '..', 'out', 'agent', 'x64'), join(at, 'x64'), { recursive: true });
  const file = join(at, 'x64', 'manifest.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  const agent = manifest.files.find(({ name }) => name === 'agent.cjs');
  if (agent === undefined) throw new Error('The bundle has no agent.cjs.');
  const packedAt = join(at, 'x64', agent.compressedName);
  const own = gunzipSync(readFileSync(packedAt)).toString('utf8').replaceAll(manifest.version, version);
  const script = Buffer.from(change(own));
  const packed = gzipSync(script);
  writeFileSync(packedAt, packed);
  agent.sizeBytes = script.length;
  agent.sha256 = sha256(script);
  agent.compressedSha256 = sha256(packed);
  writeFileSync(file, JSON.stringify({ ...manifest, version }));
  return at;
}

const current = (): Promise<string[]> =>
  Promise.all(shop.hosts.map((host) => host.must('readlink /opt/understudy/current')));

async function expectUntouched(): Promise<void> {
  const endMs = performance.now() + WATCH_MS;
  await waitFor('the guest to go on', WATCH_MS + 20_000, async () => {
    const state = await waitForGuest(guest.number);
    expect([state.host, state.boot]).toEqual(['h1', before.boot]);
    return performance.now() >= endMs;
  });
  expect(shop.hosts.map((host) => host.resets('watchdog'))).toEqual([0, 0]);
  expect(shop.verdict(guest).violations).toEqual([]);
}

test('a version whose keeper can not start is refused before it is put into service: no reset, the VM goes on', async () => {
  const versions = await current();
  const dir = otherVersion('9.0.0-broken', (script) => {
    const broken = script.replace(
      /async function keeperMain\([^)]*\) \{/,
      (start) => `${start}\n  throw new Error("a broken keeper");`,
    );
    expect(broken).not.toBe(script);
    return broken;
  });
  const answer = await shop.console('install', 'h1', '--agent-dir', dir);
  expect(answer).toMatchObject({ ok: false, failure: { code: 'install.self-check-failed' } });
  expect(JSON.stringify(answer)).toContain('a broken keeper');
  expect(await current()).toEqual(versions);
  await expectUntouched();
});

test('a version that passes its own check takes over from the one in service, and back, under a running VM', async () => {
  const [versionBefore] = await current();
  const dir = otherVersion('9.0.1-good', (script) => script);
  expect(await shop.console('install', 'h1', '--agent-dir', dir)).toMatchObject({ ok: true });
  expect((await current())[0]).toBe('9.0.1-good');
  await shop.untilProtected(guest);
  await expectUntouched();
  expect(await shop.console('rollback', 'h1')).toMatchObject({ ok: true });
  await shop.untilProtected(guest);
  await expectUntouched();
  const [h1] = shop.hosts;
  expect(await h1?.must('ls /opt/understudy')).toContain(versionBefore);
});
