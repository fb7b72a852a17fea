import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pathsUnder, type Paths } from '../paths.ts';
import { EngineMemoryFile } from './memoryFile.ts';

const bootId = '7d8f3c52-0a1b-4c2d-8e3f-000000000001';
const vm = '7d8f3c52-0a1b-4c2d-8e3f-000000000002';
const generations = { ranAtGeneration: 4, lateStartGeneration: 5, stoppedGeneration: 3, moving: 4 };
const vms = [{ vm, ...generations, failuresMs: [1], ownStopUntilMs: 0 }];
let root: string;
let paths: Paths;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'memory-'));
  paths = pathsUnder(root);
  mkdirSync(paths.runDir, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

const file = (): EngineMemoryFile => new EngineMemoryFile(paths, bootId);
const written = (text: string): void => writeFileSync(join(paths.runDir, 'agent.json'), text);

test('what was saved is known after a restart of the agent, ends of pauses too', async () => {
  const memory = { vms, pauses: [{ since: 9, endsAtMs: 7_200_000 }] };
  file().save(memory);
  await vi.waitFor(() => expect(file().load()).toEqual(memory));
});

test('the file of an agent that knew no pauses is read', () => {
  written(JSON.stringify({ bootId, memory: { vms } }));
  expect(file().load()).toEqual({ vms, pauses: [] });
});

test.each([
  ['of another boot', JSON.stringify({ bootId: vm, memory: { vms } })],
  ['that is damaged', '{"bootId":'],
  [
    'with more pauses than hosts',
    JSON.stringify({ bootId, memory: { vms, pauses: Array(10).fill({ since: 1, endsAtMs: 1 }) } }),
  ],
  ['that is not there', null],
])('a file %s is as good as none', (_what, text) => {
  if (text !== null) written(text);
  expect(file().load()).toBeNull();
});
