import { expect, test } from 'vitest';
import { groupId, snapshot } from '../../../test/renderer/samples.ts';
import { lineKey } from '../../backend/checks/check.ts';
import type { Inventory } from '../../backend/inventory/schema.ts';
import { groupView } from '../groupView.ts';
import { type GroupSource, groupScope, sightOf } from './scopes.ts';

const entry = (name: string): Inventory['hosts'][number] => ({
  name,
  address: '192.0.2.1',
  port: 22,
  user: 'root',
  auth: { kind: 'agent' },
  hostKey: {
    algorithm: 'ssh-ed25519',
    sha256: `SHA256:${'A'.repeat(43)}`,
    firstSeenAt: '',
    confirmedBy: 'user',
  },
  jump: null,
});

const inventory: Inventory = {
  version: 2,
  revision: 1,
  hosts: [entry('alpha'), entry('beta')],
  groups: [
    {
      name: 'office',
      groupId,
      areaId: groupId,
      areaPath: '/srv/area',
      hosts: ['alpha', 'beta'].map((name, slot) => ({ name, slot })),
    },
  ],
  setups: [],
};

const group = (change: (view: ReturnType<typeof groupView>) => ReturnType<typeof groupView>): GroupSource => {
  const sample = snapshot();
  return { source: { id: groupId }, snapshots: () => sample.hosts, view: () => change(groupView(sample)) };
};

test('the network lines of a group are what its agents hear, one for each direction of each link', () => {
  const { heardLinks } = groupScope(
    inventory,
    group((view) => view),
  );
  const lines = heardLinks?.() ?? [];
  expect(new Set(lines.map(lineKey)).size).toBe(lines.length);
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.every(({ status }) => status === 'pass')).toBe(true);
});

test('a link on which one host hears nothing fails in that direction only, and may be taken on', () => {
  const silent = group((view) => ({
    ...view,
    links: view.links.slice(0, 1).map((link) => ({
      ...link,
      ends: link.ends.map((end, index) => (index === 0 ? { ...end, state: 'down' as const } : end)),
    })),
  }));
  const lines = groupScope(inventory, silent).heardLinks?.() ?? [];
  expect(lines.map(({ status, acceptable }) => [status, acceptable === true])).toEqual([
    ['fail', true],
    ['pass', false],
  ]);
});

test('a group that was not set up on hosts has nothing to check', () => {
  const demo = group((view) => view);
  expect(() => groupScope({ ...inventory, groups: [] }, demo)).toThrowError(/not set up on hosts/);
  expect(sightOf(inventory, demo).hosts).toEqual(['alpha', 'beta']);
});
