import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Diagnostics } from './diagnostics.ts';
import { zip } from './zip.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-diagnostics-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Names in the archive's directory, found from its end as programs do. */
function namesIn(archive: Buffer): readonly string[] {
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let at = archive.readUInt32LE(end + 16);
  return Array.from({ length: archive.readUInt16LE(end + 10) }, () => {
    const length = archive.readUInt16LE(at + 28);
    const name = archive.toString('latin1', at + 46, at + 46 + length);
    at += 46 + length;
    return name;
  });
}

const parts = [
  { name: 'app.json', read: async () => '{"password":"hunter2hunter2"}' },
  { name: 'beta-status.json', read: () => Promise.reject(new Error('beta does not answer')) },
];

test('a report shows its files as they would be saved, and what could not be had', async () => {
  const shown = await new Diagnostics().preview(parts);
  expect(shown.files).toEqual([
    { name: 'app.json', bytes: 27, preview: '{"password":"[redacted 1]"}', isWhole: true, redactions: 1 },
  ]);
  expect(shown.missing).toMatchObject([
    { name: 'beta-status.json', failure: { message: 'beta does not answer' } },
  ]);
  expect(shown.redactedKinds).toContain('private keys');
});

test('what is saved is what was shown, nothing else', async () => {
  const diagnostics = new Diagnostics();
  const { id } = await diagnostics.preview(parts);
  const { path } = diagnostics.save(id, '2026-11-21', folder);
  expect(path).toBe(join(folder, 'understudy-diagnostics-2026-11-21.zip'));
  const archive = readFileSync(path);
  expect(namesIn(archive)).toEqual(['app.json']);
  expect(archive.includes('hunter2')).toBe(false);
});

test('an old preview, and one that another has replaced, is not saved', async () => {
  let nowMs = 0;
  const diagnostics = new Diagnostics(() => nowMs);
  const first = await diagnostics.preview(parts);
  const second = await diagnostics.preview(parts);
  expect(() => diagnostics.save(first.id, 'x', folder)).toThrow('not kept any more');
  nowMs = 700_000;
  expect(() => diagnostics.save(second.id, 'x', folder)).toThrow('not kept any more');
});

test('a file of any size is cut before it is shown', async () => {
  const huge = { name: 'huge.txt', read: async () => 'x'.repeat(5_000_000) };
  const { files } = await new Diagnostics().preview([huge]);
  expect(files[0]?.bytes).toBeLessThan(1_048_700);
  expect(files[0]?.preview).toHaveLength(16_384);
  expect(files[0]?.isWhole).toBe(false);
});

test('an archive holds each file, compressed, with its checksum', () => {
  const archive = zip([{ name: 'a.txt', data: Buffer.from('hello hello hello') }]);
  const packed = archive.readUInt32LE(18);
  expect(inflateRawSync(archive.subarray(35, 35 + packed)).toString()).toBe('hello hello hello');
});
