import { describe, expect, test } from 'vitest';
import { benchConfig } from '../keeper/testing/fixtures.ts';
import { type NewHost, withHostAdded, withHostRemoved, withHostReplaced } from './membership.ts';

const spare: NewHost = {
  name: 'spare',
  hardwareId: 'f'.repeat(64),
  links: [{ link: 0, address: '192.0.2.9', port: 7000 }],
  acceptSoftwareWatchdog: false,
};
const pair = benchConfig();

describe('a host that is added', () => {
  test('gets the lowest slot that was never given, and stands by for every VM', () => {
    const retired = { ...pair, retiredSlots: [2] };
    expect(withHostAdded(retired, spare, 0)).toMatchObject({
      hosts: [{ slot: 0 }, { slot: 1 }, { slot: 3, name: 'spare' }],
      vms: [{ hosts: [0, 1, 3] }],
    });
    expect(withHostAdded(retired, spare, 1)).toMatchObject({ hosts: [{}, {}, { slot: 4 }] });
  });

  test('must not be there already, and needs a slot', () => {
    expect(withHostAdded(pair, { ...spare, name: 'host1' }, 0)).toMatchObject({
      code: 'group.host-name-taken',
    });
    expect(withHostAdded(pair, { ...spare, hardwareId: '1'.repeat(64) }, 0)).toMatchObject({
      code: 'group.host-there',
    });
    const full = { ...pair, retiredSlots: [2, 3, 4, 5, 6, 7] };
    expect(withHostAdded(full, spare, 0)).toMatchObject({ code: 'group.no-slot' });
  });
});

describe('a host that is removed', () => {
  test('takes its slot with it, and is no VM’s host any more', () => {
    const pause = { since: 1, forMs: null, untilWallMs: null };
    const held = { ...pair, maintenance: [{ slot: 1, pause }] };
    expect(withHostRemoved(held, 'host1')).toMatchObject({
      hosts: [{ slot: 0 }],
      retiredSlots: [1],
      maintenance: [],
      vms: [{ hosts: [0] }],
    });
  });

  test('must be known, not the last one, and not the only one for a VM', () => {
    expect(withHostRemoved(pair, 'nobody')).toMatchObject({ code: 'host.unknown' });
    expect(withHostRemoved({ ...pair, hosts: pair.hosts.slice(0, 1) }, 'host0')).toMatchObject({
      code: 'group.last-host',
    });
    const bound = { ...pair, vms: pair.vms.map((vm) => ({ ...vm, hosts: [1] })) };
    expect(withHostRemoved(bound, 'host1')).toMatchObject({ code: 'group.host-needed' });
  });
});

test('a host that takes the place of another keeps each VM’s order of hosts, and may keep its name', () => {
  const replaced = withHostReplaced(pair, 'host0', { ...spare, name: 'host0' }, 0);
  expect(replaced).toMatchObject({
    hosts: [{ slot: 1 }, { slot: 2, name: 'host0', hardwareId: spare.hardwareId }],
    retiredSlots: [0],
    vms: [{ hosts: [2, 1] }],
  });
  expect(withHostReplaced(pair, 'host0', { ...spare, name: 'host1' }, 0)).toMatchObject({
    code: 'group.host-name-taken',
  });
});
