import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { configBlock, leaseBlock } from '../core/area.ts';
import { BLOCK_BYTES } from '../core/record.ts';
import { emptyRunFile, hostSettings, makeArea, temporaryPaths } from '../keeper/testSupport.ts';
import type { Paths } from '../paths.ts';
import { readOwnFiles } from './ownFiles.ts';
import { readOwnStore } from './ownStore.ts';
import { rehearseKeeper } from './rehearsal.ts';

const BOOT = 'bbbbbbbb-0000-4000-8000-000000000001';
let paths: Paths;

beforeEach(() => {
  paths = temporaryPaths();
  for (const dir of [paths.runDir, paths.etcDir, paths.libDir]) mkdirSync(dir, { recursive: true });
  writeFileSync(paths.bootIdFile, `${BOOT}\n`);
});
afterEach(() => rmSync(paths.root ?? '', { recursive: true, force: true }));

const areaPath = (): string => join(paths.libDir, 'area');
const settings = () => ({ ...hostSettings(areaPath()), hypervisor: 'demo' as const });

describe('what the keeper in service has written', () => {
  test('is not there on a host without a group', async () => {
    expect(await readOwnFiles(paths)).toBeNull();
  });

  test('is read, and nothing is written', async () => {
    writeFileSync(paths.hostSettings, JSON.stringify(settings()));
    writeFileSync(paths.keeperRunFile, JSON.stringify(emptyRunFile(BOOT)));
    const before = readdirSync(paths.root ?? '', { recursive: true });
    expect(await readOwnFiles(paths)).toEqual(settings());
    expect(readdirSync(paths.root ?? '', { recursive: true })).toEqual(before);
  });

  test('keeps a version out that can not read it: the run file', async () => {
    writeFileSync(paths.hostSettings, JSON.stringify(settings()));
    writeFileSync(paths.keeperRunFile, JSON.stringify({ ...emptyRunFile(BOOT), version: 2 }));
    await expect(readOwnFiles(paths)).rejects.toThrow('keeper.json can not be read');
  });

  test('keeps a version out that can not read it: the configuration', async () => {
    writeFileSync(paths.hostSettings, JSON.stringify(settings()));
    writeFileSync(paths.groupConfig, '{"generation":1,"of":"the future"}');
    await expect(readOwnFiles(paths)).rejects.toThrow('group.json can not be read');
  });
});

/** Dispatches by role, as agent/main.ts does. */
function rolesWith(keeper = ''): readonly string[] {
  const script = join(paths.libDir, 'roles.mjs');
  const url = (name: string): string => JSON.stringify(new URL(`../keeper/${name}`, import.meta.url).href);
  writeFileSync(
    script,
    `const [role, ...argv] = process.argv.slice(2);
const mains = {
  keeper: async () => { ${keeper}; return (await import(${url('main.ts')})).keeperMain; },
  'store-io': async () => (await import(${url('storeIoMain.ts')})).storeIoMain,
  'demo-watchdog': async () => (await import(${url('demoWatchdogMain.ts')})).demoWatchdogMain,
};
process.exit(await (await mains[role]())(argv));
`,
  );
  return [process.execPath, script];
}

describe('the lease area', () => {
  const read = (): Promise<void> => readOwnStore(paths, settings(), rolesWith());

  test('is read with this version’s own child, and not written', async () => {
    makeArea(areaPath());
    const before = readFileSync(areaPath());
    await read();
    expect(readFileSync(areaPath()).equals(before)).toBe(true);
  });

  test.each([
    ['the lease', leaseBlock(0), 'lease record'],
    ['the configuration', configBlock(0, 0), 'configuration record'],
  ])('keeps a version out that does not understand a record: %s', async (_what, block, named) => {
    makeArea(areaPath());
    const area = readFileSync(areaPath());
    area.fill(0xff, block * BLOCK_BYTES, (block + 40) * BLOCK_BYTES);
    writeFileSync(areaPath(), area);
    await expect(read()).rejects.toThrow(named);
  });

  test('of another group, or away, is said', async () => {
    makeArea(areaPath(), '99999999-9999-4999-8999-999999999999');
    await expect(read()).rejects.toThrow('lease area');
    rmSync(areaPath());
    await expect(read()).rejects.toThrow('can not be read');
  });
});

describe('the rehearsal', () => {
  test('is passed by a keeper that renews its lease', async () => {
    expect(await rehearseKeeper(rolesWith())).toBeGreaterThan(0);
  }, 60_000);

  test('is not passed by one that ends, and what it said is passed on', async () => {
    const broken = rehearseKeeper(rolesWith(`throw new Error('a broken keeper')`));
    await expect(broken).rejects.toThrow(/the keeper ended with 1: Error: a broken keeper/);
  }, 60_000);
});
