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
const deadUpTo = () => 7;

describe('a host that is added', () => {
  test('gets the lowest slot that was never given, and stands by for every VM', () => {
    const retired = { ...pair, retired: [{ slot: 2, epoch: 5 }] };
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
    const full = { ...pair, retired: [2, 3, 4, 5, 6, 7].map((slot) => ({ slot, epoch: 1 })) };
    expect(withHostAdded(full, spare, 0)).toMatchObject({ code: 'group.no-slot' });
  });
});

describe('a host that is removed', () => {
  test('takes its slot with it, and is no VM’s host any more', () => {
    const pause = { since: 1, forMs: null, untilWallMs: null };
    const held = { ...pair, maintenance: [{ slot: 1, pause }] };
    expect(withHostRemoved(held, 'host1', deadUpTo)).toMatchObject({
      hosts: [{ slot: 0 }],
      retired: [{ slot: 1, epoch: 7 }],
      maintenance: [],
      vms: [{ hosts: [0] }],
    });
  });

  test('must be known, not the last one, and not the only one for a VM', () => {
    expect(withHostRemoved(pair, 'nobody', deadUpTo)).toMatchObject({ code: 'host.unknown' });
    expect(withHostRemoved({ ...pair, hosts: pair.hosts.slice(0, 1) }, 'host0', deadUpTo)).toMatchObject({
      code: 'group.last-host',
    });
    const bound = { ...pair, vms: pair.vms.map((vm) => ({ ...vm, hosts: [1] })) };
    expect(withHostRemoved(bound, 'host1', deadUpTo)).toMatchObject({ code: 'group.host-needed' });
  });
});

test('a host that takes the place of another keeps each VM’s order of hosts, and may keep its name', () => {
  const replaced = withHostReplaced(pair, 'host0', { ...spare, name: 'host0' }, 0, deadUpTo);
  expect(replaced).toMatchObject({
    hosts: [{ slot: 1 }, { slot: 2, name: 'host0', hardwareId: spare.hardwareId }],
    retired: [{ slot: 0, epoch: 7 }],
    vms: [{ hosts: [2, 1] }],
  });
  expect(withHostReplaced(pair, 'host0', { ...spare, name: 'host1' }, 0, deadUpTo)).toMatchObject({
    code: 'group.host-name-taken',
  });
});
