import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Scan } from '../core/keeper/types.ts';
import type { Paths } from '../paths.ts';
import type { GroupConfig } from '../protocol/group.ts';
import { nothingProtectedRuns } from './nothingRuns.ts';
import { makeRunFolders, saveRunFile } from './runFiles.ts';
import { AREA_ID, GROUP_ID, emptyRunFile, temporaryPaths } from './testSupport.ts';

const BOOT = 'bbbbbbbb-0000-4000-8000-000000000001';
const VM = 'aaaaaaaa-0000-4000-8000-000000000001';
const OTHER = 'aaaaaaaa-0000-4000-8000-000000000002';

const policy = { maxRestarts: 1, windowMs: 60_000, order: 0, shutdownTimeoutMs: 60_000 };
const config: GroupConfig = {
  groupId: GROUP_ID,
  groupName: 'g',
  areaId: AREA_ID,
  generation: 1,
  profile: 'swift',
  disarmed: false,
  hosts: [],
  vms: [{ token: 0, vm: VM, name: 'v', hosts: [0], drain: 'threads-stopped', policy, memoryMiB: 1 }],
};

const held = [{ token: 0, vm: VM, generation: 1, drain: 'threads-stopped' } as const];
const runFile = emptyRunFile(BOOT);

let paths: Paths;
beforeEach(() => {
  paths = temporaryPaths();
  makeRunFolders(paths);
});
afterEach(() => {
  rmSync(paths.root ?? '', { recursive: true });
});

async function asked(scan: Scan | null, group: GroupConfig | null = config): Promise<boolean> {
  return await nothingProtectedRuns(paths, BOOT, group, {
    scan: () => scan,
    freeze: () => undefined,
    thaw: () => undefined,
    kill: () => undefined,
    onIdentified: () => undefined,
    stuck: false,
  });
}

const seen = (vm: string): Scan => ({
  startedAtMs: 0,
  processes: [{ vm, pid: 1, startTicks: 1, stopped: false }],
  hookStarts: [],
});
const nothing: Scan = { startedAtMs: 0, processes: [], hookStarts: [] };

describe('that nothing protected runs', () => {
  test('is believed after a boot, and beside VMs that are not protected', async () => {
    expect(await asked(nothing)).toBe(true);
    expect(await asked(seen(OTHER))).toBe(true);
  });

  test('is believed when all that was held is proven gone', async () => {
    saveRunFile(paths, { ...runFile, held, drainedEpoch: 3 });
    expect(await asked(nothing)).toBe(true);
  });

  test('is not believed with a token held or a start in flight', async () => {
    saveRunFile(paths, { ...runFile, held });
    expect(await asked(nothing)).toBe(false);
    saveRunFile(paths, { ...runFile, pendingStarts: [{ token: 0, sinceMs: 1 }] });
    expect(await asked(nothing)).toBe(false);
    saveRunFile(paths, runFile);
    expect(await asked({ ...nothing, hookStarts: [VM] })).toBe(false);
  });

  test('is not believed while a protected VM is seen, or any without a configuration', async () => {
    expect(await asked(seen(VM))).toBe(false);
    expect(await asked(seen(OTHER), null)).toBe(false);
  });

  test('is not believed when the processes can not be told', async () => {
    expect(await asked(null)).toBe(false);
  });
});
