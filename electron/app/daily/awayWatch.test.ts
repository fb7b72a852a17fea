import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { EventView } from '../../ipc/views.ts';
import { AwayWatch } from './awayWatch.ts';
import { stories } from './stories.ts';

const groupId = '6d0f7d3e-0000-4000-8000-000000000001';
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function place(): string {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-away-'));
  folders.push(folder);
  return join(folder, 'seen.json');
}

const open = (path: string, wallTime = '2026-11-20T18:00:00.000Z'): AwayWatch =>
  new AwayWatch({
    path,
    nowMs: () => 0,
    wallTime: () => wallTime,
    onFault: (fault) => {
      throw fault;
    },
  });

const event = (seq: number, code: string, more: Partial<EventView> = {}): EventView => ({
  key: `${groupId}/beta/${seq}/b`,
  groupId,
  seq,
  host: 'beta',
  bootId: groupId,
  atBootMs: seq,
  wallTime: `2026-11-21T03:12:${String(seq % 60).padStart(2, '0')}.000Z`,
  code,
  level: 'alarm',
  text: code,
  ...more,
});

const failover = [
  event(11, 'vm.taken-over', { vm: 'web', facts: { incident: 'alpha-e7', why: 'alpha is gone' } }),
  event(12, 'vm.started', { vm: 'web', facts: { incident: 'alpha-e7', downMs: 14_200, tookMs: 900 } }),
];

test('a failover that happened while the app was closed is told at the next start, once', () => {
  const path = place();
  const before = open(path);
  before.heard(groupId, [event(10, 'keeper.passive')], true);
  before.watching([groupId]);
  before.write();
  const after = open(path, '2026-11-21T08:00:00.000Z');
  after.heard(groupId, [event(9, 'vm.panicked'), event(10, 'keeper.passive'), ...failover], false);
  const summary = after.summary(stories(failover, after.missed));
  expect(summary).toMatchObject({ since: '2026-11-20T18:00:00.000Z' });
  expect(summary?.sentence).toBe('beta took over 1 VM from alpha. web is running on beta after 14\u00a0s.');
  after.dismiss();
  expect(after.summary(stories(failover, after.missed))).toBeNull();
  after.write();
  const later = open(path);
  later.heard(groupId, failover, false);
  expect(later.missed.size).toBe(0);
});

test('what was seen live, and what a group did before this app knew it, is no news', () => {
  const watch = open(place());
  watch.heard(groupId, failover, false);
  expect(watch.missed.size).toBe(0);
  watch.heard(groupId, [event(20, 'vm.taken-over', { vm: 'web' })], true);
  expect(watch.missed.size).toBe(0);
});

test('what somebody asked for is not worth a word', () => {
  const path = place();
  const before = open(path);
  before.heard(groupId, [event(1, 'agent.started')], true);
  before.write();
  const after = open(path);
  const asked = [event(2, 'group.disarm-begun', { facts: { incident: 'group-c9' } })];
  after.heard(groupId, asked, false);
  expect(after.summary(stories(asked, after.missed))).toBeNull();
});

test.each(['', '{', '{"version":2}', '{"version":1,"groups":{"x":1}}', '[]'])(
  'a marker file of %j is as good as none',
  (text) => {
    const path = place();
    writeFileSync(path, text);
    const watch = open(path);
    watch.heard(groupId, failover, false);
    expect(watch.missed.size).toBe(0);
    watch.write();
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ version: 1 });
  },
);
