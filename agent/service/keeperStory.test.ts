import { expect, test } from 'vitest';
import { sampleGroup } from '../control/testing/sampleStatus.ts';
import { keeperEvent } from './keeperStory.ts';

test('VMs and hosts are called by their names', () => {
  const [vm] = sampleGroup.vms;
  const [host] = sampleGroup.hosts;
  const event = keeperEvent(
    'vm.stray-killed',
    { vm: vm?.vm ?? '', holder: host?.slot ?? 0 },
    sampleGroup,
    'anna',
  );
  expect(event).toMatchObject({ level: 'alarm', vm: vm?.name });
  expect(event.text).toBe(`${vm?.name} ran here although ${host?.name} holds its token: it was killed.`);
});

test('times and numbers read well', () => {
  expect(keeperEvent('store.back', { afterMs: 8750.304806 }, null, 'anna').text).toBe(
    'The store is back after 9 s.',
  );
  expect(keeperEvent('keeper.thawed', { vms: 1 }, null, 'anna').text).toContain('1 protected VM held here');
});

test('an event of a newer keeper is told by its code, and a wild code does not break the log', () => {
  expect(keeperEvent('keeper.new-thing', { a: 1 }, null, 'anna')).toMatchObject({
    code: 'keeper.new-thing',
    facts: { a: 1 },
  });
  expect(keeperEvent('Not A Code', {}, null, 'anna').code).toBe('keeper.event');
});

test('the end of a host has one name on that host and on those that see it', () => {
  const [host] = sampleGroup.hosts;
  const here = keeperEvent('keeper.lapsed', { epoch: 7, vms: 1 }, sampleGroup, host?.name ?? '');
  const there = keeperEvent('host.dead-up-to', { slot: host?.slot ?? 0, epoch: 7 }, sampleGroup, 'bert');
  expect(here.facts?.['incident']).toBe(`${host?.name}-e7`);
  expect(there.facts?.['incident']).toBe(here.facts?.['incident']);
});
