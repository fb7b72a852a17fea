import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Status } from '../../../agent/protocol/control.ts';
import { groupId, snapshot, status } from '../../../test/renderer/samples.ts';
import { groupView } from '../groupView.ts';
import { type GroupFacts, groupFacts } from './facts.ts';
import { ailment } from './ailment.ts';
import { UpdatesDesk } from './updatesDesk.ts';

const CARRIED = '0.2.0-feed';
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-updates-'));
  mkdirSync(join(folder, 'x64'));
  writeFileSync(join(folder, 'x64', 'node.gz'), 'x');
  const file = {
    name: 'node',
    mode: 0o755,
    sizeBytes: 1,
    sha256: '0'.repeat(64),
    compressedName: 'node.gz',
    compressedSha256: '0'.repeat(64),
  };
  const manifest = { version: CARRIED, architecture: 'x64', files: [file] };
  writeFileSync(join(folder, 'x64', 'manifest.json'), JSON.stringify(manifest));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What a group with these reports is known by. */
function facts(change: (report: Status, slot: number) => Status = (report) => report): GroupFacts {
  const from = snapshot();
  const hosts = from.hosts.map((host, slot) => ({ ...host, status: change(status(slot), slot) }));
  return groupFacts(groupView({ ...from, hosts }), hosts, []);
}

const at = (agentVersion: string) => facts((report) => ({ ...report, agentVersion }));
const group = (kind: 'installed' | 'demo') => ({ source: { id: groupId, kind, name: '', hosts: [] } });

function desk(known: () => GroupFacts, worked: string[] = []) {
  return new UpdatesDesk({
    agentFolder: folder,
    factsOf: known,
    onHost: (host) => {
      worked.push(host);
      return Promise.reject(new Error('no way there'));
    },
    changed: () => undefined,
  });
}

test.each<[string, () => GroupFacts, string | null]>([
  ['older agents', () => at('0.1.0-old'), null],
  ['newer agents', () => at('0.3.0-new'), 'updates.newer-there'],
  ['the agents of this app', () => at(CARRIED), 'updates.nothing-to-do'],
  [
    'a VM that is being moved',
    () =>
      facts((report, slot) => ({
        ...report,
        vms: report.vms.map((vm) =>
          vm.holder === slot ? { ...vm, activity: { kind: 'stop', step: 'note', sinceMs: 0, to: null } } : vm,
        ),
      })),
    'updates.not-now',
  ],
])('with %s the answer is the right one', (_what, known, code) => {
  expect(desk(known).view(group('installed')).refused?.code ?? null).toBe(code);
});

test('the demo group always has the agent of this app', () => {
  expect(() => desk(() => at('0.1.0')).rollOut(group('demo'))).toThrow('The demo group always runs');
});

test('the host with the fewest VMs goes first, and when it fails the other is left as it is', async () => {
  const worked: string[] = [];
  const updates = desk(() => at('0.1.0-old'), worked);
  updates.rollOut(group('installed'));
  expect(() => updates.rollOut(group('installed'))).toThrow('under way');
  await vi.waitFor(() => expect(updates.view(group('installed')).roll?.state).toBe('failed'));
  expect(worked).toEqual(['beta']);
  expect(updates.view(group('installed')).roll?.hosts).toMatchObject([
    { host: 'beta', state: 'failed', failure: { message: expect.stringContaining('no way there') } },
    { host: 'alpha', state: 'left-out' },
  ]);
});

test.each<[string, (report: Status, slot: number) => Status, string | null]>([
  ['all is well', (report) => report, null],
  ['it runs another version', (report) => ({ ...report, agentVersion: 'other' }), 'alpha runs other'],
  [
    'its keeper is away',
    (report) => ({ ...report, self: { ...report.self, keeperConnected: false } }),
    'keeper',
  ],
  [
    'its keeper only reads',
    (report) => ({ ...report, self: { ...report.self, phase: 'waiting' } }),
    'waiting',
  ],
  [
    'the store is away',
    (report) => ({ ...report, store: { ...report.store, reachable: false } }),
    'the store',
  ],
  [
    'the other does not hear it',
    (report, slot) => ({
      ...report,
      hosts: report.hosts.map((host) =>
        slot === 1 && host.slot === 0 ? { ...host, state: 'silent' } : host,
      ),
    }),
    'beta does not see alpha alive',
  ],
])('after an update, when %s', (_what, change, text) => {
  const found = ailment(facts(change), 'alpha', status(0).agentVersion);
  if (text === null) expect(found).toBeNull();
  else expect(found).toContain(text);
});
