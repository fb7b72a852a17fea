import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DrillStore } from './drillStore.ts';

const GIB = 1024 ** 3;
let dir: string;
let store: DrillStore;
const spaceOf = vi.fn<NonNullable<ConstructorParameters<typeof DrillStore>[1]>>();

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'drill-store-'));
  store = new DrillStore(join(dir, 'area'), spaceOf);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const space = (freeGiB: number, totalGiB: number): void => {
  const stats = { bsize: 4096, blocks: (totalGiB * GIB) / 4096, bavail: (freeGiB * GIB) / 4096 };
  spaceOf.mockResolvedValue(stats);
};

test('each host that drills has a folder, and clears only its own', async () => {
  const mine = await store.prepare(1, 'one');
  const other = await store.prepare(0, 'two');
  expect(mine).toBe(join(dir, 'drills/host-1/one'));
  await store.clear(1);
  expect([existsSync(mine), existsSync(other)]).toEqual([false, true]);
  await store.clear(1);
});

test.each([
  ['a fifth more than the disks hold, beside 5 %', 5 + 12, 100, 10 * GIB, true],
  ['less', 5 + 11.9, 100, 10 * GIB, false],
  ['a GiB on a small store', 1, 2, 0, true],
  ['less than a GiB on a small store', 0.9, 2, 0, false],
])('room: %s', async (_what, freeGiB, totalGiB, bytes, isRoom) => {
  space(freeGiB, totalGiB);
  const checked = store.checkRoom(bytes);
  if (isRoom) await expect(checked).resolves.toBeUndefined();
  else await expect(checked).rejects.toMatchObject({ failure: { code: 'drill.no-room' } });
});

test('a store that hangs keeps one question, and the others are refused', async () => {
  spaceOf.mockReturnValue(new Promise(() => undefined));
  void store.checkRoom(1);
  await expect(store.clear(1)).rejects.toMatchObject({ failure: { code: 'drill.store-hangs' } });
});

test('a store that is a block device has no folder', async () => {
  await expect(new DrillStore('/dev/mapper/area').prepare(1, 'x')).rejects.toMatchObject({
    failure: { code: 'drill.no-folder' },
  });
});
