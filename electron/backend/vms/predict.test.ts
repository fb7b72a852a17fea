import { expect, test } from 'vitest';
import { ifHostsFail, type PlannedVm } from '../../../agent/core/capacity.ts';
import { recovery } from './predict.ts';

const planned = (
  name: string,
  memoryMiB: number,
  more: Partial<PlannedVm<string>> = {},
): PlannedVm<string> => ({
  vmId: name,
  name,
  memoryMiB,
  runsOn: 'a',
  hosts: ['a', 'b', 'c'],
  order: 100,
  ...more,
});

test('the VMs of a failed host go in their order to the first host with room, and the rest is named', () => {
  const vms = [
    planned('late', 3000, { order: 200 }),
    planned('first', 2000, { order: 1 }),
    planned('off', 9000, { runsOn: null }),
  ];
  const free = new Map([
    ['a', 1000],
    ['b', 2500],
    ['c', 1000],
  ]);
  const [a, b] = ifHostsFail(vms, free);
  expect(a).toEqual({
    host: 'a',
    fits: false,
    survivors: [{ host: 'b', vms: ['first'], needMiB: 2000, haveMiB: 2500 }],
    left: ['late'],
  });
  expect(b).toMatchObject({ fits: true, survivors: [] });
  expect(ifHostsFail(vms, new Map([...free, ['c', null]]))[0]).toMatchObject({ fits: true, left: [] });
});

test('a recovery by time needs a watchdog that the user trusts', () => {
  expect(recovery('steady', 'armed', false)).toMatchObject({ takeoverMs: 21_500 });
  expect(recovery('steady', 'software', false)).toMatchObject({ takeoverMs: null, totalMs: null });
  expect(recovery('steady', 'software', true)).toMatchObject({ takeoverMs: 43_000 });
  expect(recovery('steady', null, true).totalMs).toBeNull();
});
