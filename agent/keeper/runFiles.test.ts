import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Paths } from '../paths.ts';
import type { RunFile } from '../protocol/keeperLink.ts';
import {
  loadRunFile,
  loadWatchdogUntil,
  makeRunFolders,
  saveGate,
  saveRunFile,
  saveWatchdogUntil,
} from './runFiles.ts';
import { AREA_ID, temporaryPaths } from './testSupport.ts';

const BOOT = 'bbbbbbbb-0000-4000-8000-000000000001';
const VM = 'aaaaaaaa-0000-4000-8000-000000000001';

const runFile: RunFile = {
  version: 1,
  bootId: BOOT,
  areaId: AREA_ID,
  slot: 0,
  hostName: 'a',
  epoch: 3,
  lastGoodMs: 1234.5,
  holdUntilMs: null,
  burntEpoch: 2,
  drainedEpoch: 2,
  burntGenerations: [],
  held: [{ token: 0, vm: VM, generation: 4, drain: 'exit-waits' }],
  pendingStarts: [],
  leaseSeq: 9,
  unreturned: [{ id: 7, block: 300, class: 'exclusive', issuedAtMs: 1, storeIoPid: 41 }],
};

let paths: Paths;
beforeEach(() => {
  paths = temporaryPaths();
  makeRunFolders(paths);
});
afterEach(() => {
  rmSync(paths.root ?? '', { recursive: true });
});

describe('the run file', () => {
  test('comes back as it was saved', () => {
    expect(loadRunFile(paths, BOOT)).toEqual({ kind: 'none' });
    saveRunFile(paths, runFile);
    expect(loadRunFile(paths, BOOT)).toEqual({ kind: 'loaded', file: runFile });
  });

  test('of another boot is none', () => {
    saveRunFile(paths, runFile);
    expect(loadRunFile(paths, VM)).toEqual({ kind: 'none' });
  });

  test('that can not be read is never taken for none', () => {
    for (const text of ['', '{"version":1', '{"version":2}', JSON.stringify({ ...runFile, epoch: -1 })]) {
      writeFileSync(paths.keeperRunFile, text);
      expect(loadRunFile(paths, BOOT).kind).toBe('unreadable');
    }
  });

  test('stays whole when a keeper was killed while it wrote the next one', () => {
    saveRunFile(paths, runFile);
    writeFileSync(`${paths.keeperRunFile}.new`, '{"version":1,"bootId":');
    expect(loadRunFile(paths, BOOT)).toEqual({ kind: 'loaded', file: runFile });
    saveRunFile(paths, { ...runFile, epoch: 4 });
    expect(loadRunFile(paths, BOOT)).toMatchObject({ file: { epoch: 4 } });
  });

  test('has room in reserve for when /run is full', () => {
    const ballast = readdirSync(paths.runDir).find((name) => name.endsWith('.ballast'));
    expect(ballast).toBeDefined();
  });
});

test('the gate file names this boot and each open VM, and nothing else', () => {
  saveGate(paths, BOOT, [{ vm: VM, epoch: 3, generation: 4, notAfterMs: 9000.9, incoming: false }]);
  expect(readFileSync(paths.gateFile, 'utf8')).toBe(`${BOOT}\n${VM} 3 4 9000\n`);
  saveGate(paths, BOOT, [{ vm: VM, epoch: 3, generation: 4, notAfterMs: 9000, incoming: true }]);
  expect(readFileSync(paths.gateFile, 'utf8')).toBe(`${BOOT}\n${VM} 3 4 9000 incoming\n`);
  saveGate(paths, BOOT, []);
  expect(readFileSync(paths.gateFile, 'utf8')).toBe(`${BOOT}\n`);
});

test('how long the watchdog may be opened is rounded down, and a broken record means "no longer"', () => {
  expect(loadWatchdogUntil(paths)).toBeNull();
  saveWatchdogUntil(paths, 5000.9);
  expect(loadWatchdogUntil(paths)).toBe(5000);
  writeFileSync(paths.watchdogUntilFile, 'soon');
  expect(loadWatchdogUntil(paths)).toBe(0);
});
