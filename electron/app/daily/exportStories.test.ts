import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { EventView } from '../../ipc/views.ts';
import { saveDownload } from '../downloads.ts';
import { filtered, storiesCsv, storiesJson } from './exportStories.ts';
import { stories } from './stories.ts';

const groupId = '6d0f7d3e-0000-4000-8000-000000000001';
const event = (seq: number, code: string, text: string, vm: string): EventView => ({
  key: `k${seq}`,
  groupId,
  seq,
  host: 'beta',
  bootId: groupId,
  atBootMs: seq,
  wallTime: `2026-11-21T03:12:0${seq}.000Z`,
  code,
  level: 'warning',
  vm,
  text,
  facts: { incident: `${vm}-g1`, tookMs: 1500 },
});
const all = stories([
  event(1, 'vm.crashed', '=SUM(1) went down, "really"', 'web'),
  event(2, 'vm.panicked', 'The guest panicked.', 'mail'),
]);

test('a story is a line an event in CSV, quoted, and no cell is a formula', () => {
  const lines = storiesCsv(all).split('\r\n');
  expect(lines).toHaveLength(4);
  expect(lines[0]?.startsWith('incident,kind,title,started')).toBe(true);
  expect(lines[1]).toContain(`"'=SUM(1) went down, ""really"""`);
  expect(lines[1]).toContain('took: 1.5');
});

test('JSON holds the stories whole', () => {
  expect(JSON.parse(storiesJson(all))).toMatchObject({ version: 1, incidents: [{ id: 'k1' }, { id: 'k2' }] });
});

test('a filter goes by group, kind and any text in the story', () => {
  const by = (change: Partial<Parameters<typeof filtered>[1]>): readonly string[] =>
    filtered(all, { groupId: null, kinds: [], search: '', ...change }).map(({ id }) => id);
  expect(by({})).toEqual(['k1', 'k2']);
  expect(by({ search: 'PANICKED' })).toEqual(['k2']);
  expect(by({ kinds: ['switchover'] })).toEqual([]);
  expect(by({ groupId: '6d0f7d3e-0000-4000-8000-000000000002' })).toEqual([]);
});

test('a saved file is its owner’s alone, and never takes the place of another', () => {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-saved-'));
  try {
    const first = saveDownload('events.csv', 'one', folder);
    const second = saveDownload('events.csv', 'two', folder);
    expect(first).toEqual({ path: join(folder, 'events.csv'), bytes: 3 });
    expect(second.path).toBe(join(folder, 'events (2).csv'));
    expect(readFileSync(first.path, 'utf8')).toBe('one');
    expect(statSync(first.path).mode & 0o777).toBe(0o600);
    expect(() => saveDownload('x.csv', '', join(folder, 'none'))).toThrow('could not be written');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
