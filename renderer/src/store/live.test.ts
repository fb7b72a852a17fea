import { expect, test } from 'vitest';
import { groupView } from '../../../electron/app/groupView.ts';
import { snapshot } from '../../../test/renderer/samples.ts';
import { liveGroup, saysTheSame } from './live.ts';

const view = groupView(snapshot({ vms: 3 }));
const ageOf = (by: number) => ({
  ...view,
  vms: view.vms.map((vm) => ({
    ...vm,
    ageMs: by % 1000,
    place: 'forMs' in vm.place ? { ...vm.place, forMs: (vm.place.forMs ?? 0) + by } : vm.place,
  })),
});

test('VMs that only grow older keep their identity from view to view', () => {
  const first = liveGroup(view, 10_000, undefined);
  const later = liveGroup(ageOf(5_000), 15_000, first);
  expect(later.vms).toBe(first.vms);
  expect(later.standing).toBe(first.standing);
});

test('a VM that was started anew is another one; the others stay', () => {
  const first = liveGroup(view, 10_000, undefined);
  const [one, ...others] = ageOf(5_000).vms;
  if (one === undefined) throw new Error('The sample has no VM.');
  const place = { kind: 'running', host: 'beta', forMs: 200 } as const;
  const later = liveGroup({ ...view, vms: [{ ...one, place }, ...others] }, 15_000, first);
  expect(later.vms).not.toBe(first.vms);
  expect(later.vms[0]).not.toBe(first.vms[0]);
  expect(later.vms[0]?.atMs).toBe(15_000);
  expect(later.vms[1]).toBe(first.vms[1]);
});

test('a countdown that goes on is the same, one that begins again is not', () => {
  const left = { kind: 'waiting', takeoverInMs: 9_000 };
  expect(saysTheSame(left, { ...left, takeoverInMs: 5_100 }, 4_000)).toBe(true);
  expect(saysTheSame(left, { ...left, takeoverInMs: 12_000 }, 4_000)).toBe(false);
});

test('a field more or less is a difference', () => {
  expect(saysTheSame({ a: 1 }, { a: 1, b: 2 }, 0)).toBe(false);
  expect(saysTheSame({ a: undefined }, { b: undefined }, 0)).toBe(false);
  expect(saysTheSame([1, [2, null]], [1, [2, null]], 0)).toBe(true);
});
