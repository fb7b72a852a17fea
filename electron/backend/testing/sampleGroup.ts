import type { GroupInput } from '../group/plan.ts';
import { sampleFacts } from './sampleFacts.ts';

/** A group of two hosts that pass every check, as the console would make it. */
export const sampleGroupInput: GroupInput = {
  name: 'office',
  groupId: '11111111-1111-4111-8111-111111111111',
  areaId: '22222222-2222-4222-8222-222222222222',
  areaPath: '/srv/vms/understudy.area',
  profile: 'steady',
  port: 7677,
  hosts: ['a', 'b'].map((name, slot) => ({
    slot,
    facts: sampleFacts(name),
    addresses: sampleFacts(name).addresses,
    watchdog: null,
    acceptSoftwareWatchdog: false,
  })),
};
