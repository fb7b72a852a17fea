import { expect, test } from 'vitest';
import { parseRoute, routeHash, type Route } from './route.ts';

test('every place comes back from its address, whatever its id is made of', () => {
  const places: readonly Route[] = [
    { page: 'overview', groupId: null, item: null },
    { page: 'vm', groupId: 'g-1', item: '5f000000-0000-4000-8000-000000000001' },
    { page: 'events', groupId: 'g-1', item: 'g-1/beta/12/boot' },
    { page: 'setup', groupId: null, item: 'hosts' },
  ];
  for (const place of places) expect(parseRoute(routeHash(place))).toEqual(place);
});

test('an address that is nothing of ours leads to the overview, a damaged part to nothing', () => {
  expect(parseRoute('')).toEqual({ page: 'overview', groupId: null, item: null });
  expect(parseRoute('#/no-such-page/x')).toEqual({ page: 'overview', groupId: null, item: null });
  expect(parseRoute('#/vm/g/%E0%A4%A')).toEqual({ page: 'vm', groupId: 'g', item: null });
  expect(parseRoute(`#/vm/${'x'.repeat(400)}/y`)).toEqual({ page: 'vm', groupId: null, item: 'y' });
});
