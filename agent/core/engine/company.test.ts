import { expect, test } from 'vitest';
import { FakeGroup, uuidOf } from './testing/fakeGroup.ts';

const POLICY = { maxRestarts: 1, windowMs: 60_000, order: 100, shutdownTimeoutMs: 10_000 };
const [FIRST, SECOND, THIRD] = [uuidOf(1), uuidOf(2), uuidOf(3)];

test('VMs that want to be apart go to two hosts when theirs is lost', () => {
  const group = new FakeGroup(3, [{}, { policy: { ...POLICY, apart: [FIRST] } }]).settle('h1');
  group.host('h1').powerOff();
  group.run(40_000);
  expect([group.runningOn(1), group.runningOn(2)].flat().toSorted()).toEqual(['h2', 'h3']);
});

test('where there is one host left they share it: a wish keeps no VM down', () => {
  const group = new FakeGroup(2, [{}, { policy: { ...POLICY, apart: [FIRST] } }]).settle('h1');
  group.host('h1').powerOff();
  group.run(40_000);
  expect([group.runningOn(1), group.runningOn(2)]).toEqual([['h2'], ['h2']]);
});

test('VMs that want to be together meet, though another host is preferred', () => {
  const group = new FakeGroup(3, [
    { hosts: [0, 2, 1] },
    { policy: { ...POLICY, order: 101, together: [FIRST] } },
  ]);
  group.settle('h1').host('h1').powerOff();
  group.run(40_000);
  expect([group.runningOn(1), group.runningOn(2)]).toEqual([['h3'], ['h3']]);
});

test('together and apart at once is refused, also through others', () => {
  const group = new FakeGroup(2, [{}, { policy: { ...POLICY, together: [FIRST] } }, {}]).settle('h1');
  const host = group.host('h1');
  host.command(1, { kind: 'policy', vm: 'web3', policy: { together: [SECOND] } });
  group.run(2000);
  host.command(2, { kind: 'policy', vm: 'web1', policy: { apart: [THIRD] } });
  group.run(2000);
  expect(host.replies.get(1)).toMatchObject({ kind: 'text' });
  expect(host.replies.get(2)).toMatchObject({
    failure: { code: 'vm.company-conflict', field: 'policy.apart' },
  });
});
