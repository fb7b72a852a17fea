import { expect, test } from 'vitest';
import { FakeGroup } from './testing/fakeGroup.ts';

const settled = (hosts = 2): FakeGroup => new FakeGroup(hosts, [{}]).settle('h1');
const gamma = {
  name: 'gamma',
  hardwareId: 'f'.repeat(64),
  links: [{ link: 0, address: '10.0.0.9', port: 7000 }],
  acceptSoftwareWatchdog: false,
};

test('a host is added in the first slot that no machine had, and the answer names it', () => {
  const group = settled();
  const host = group.host('h1');
  host.refusedSlots.add(2);
  host.command(1, { kind: 'addHost', host: gamma });
  group.run(3000);
  expect(host.replies.get(1)).toMatchObject({ kind: 'text', text: expect.stringContaining('in slot 3') });
  expect(group.config.hosts.at(-1)).toEqual({ ...gamma, slot: 3 });
  expect(group.config.vms[0]?.hosts).toEqual([0, 1, 3]);
});

test('a host is replaced in one decision, in which VMs keep their order of hosts', () => {
  const group = settled();
  group.host('h2').powerOff();
  group.run(2000);
  group.host('h1').command(1, { kind: 'replaceHost', host: 'h2', by: gamma });
  group.run(3000);
  expect(group.host('h1').replies.get(1)).toMatchObject({
    text: expect.stringContaining('gamma is in the place of h2'),
  });
  expect(group.config.vms[0]?.hosts).toEqual([0, 2]);
  expect(group.config.retired?.map(({ slot }) => slot)).toEqual([1]);
});

test('when the keeper refuses every slot, its refusal is the answer and the group stays as it was', () => {
  const group = settled();
  for (let slot = 0; slot < 8; slot += 1) group.host('h1').refusedSlots.add(slot);
  group.host('h1').command(1, { kind: 'addHost', host: gamma });
  group.run(5000);
  expect(group.host('h1').replies.get(1)).toMatchObject({
    kind: 'failure',
    failure: { code: 'group.no-slot' },
  });
  expect(group.config.generation).toBe(1);
});

test('removing a host that there is not, and the last one, is refused', () => {
  const group = settled(1);
  group.host('h1').command(1, { kind: 'removeHost', host: 'h9' });
  group.host('h1').command(2, { kind: 'removeHost', host: 'h1' });
  expect(group.host('h1').replies.get(1)).toMatchObject({ failure: { code: 'host.unknown' } });
  expect(group.host('h1').replies.get(2)).toMatchObject({ failure: { code: 'group.last-host' } });
});
