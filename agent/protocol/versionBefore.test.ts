import { expect, test } from 'vitest';
import { sampleStatus } from '../control/testing/sampleStatus.ts';
import { type ControlMethod, controlParams, OLDEST_CONTROL_VERSION, Status } from './control.ts';
import { readTolerantly } from './tolerant.ts';

/**
 * Consoles and agents of the version before, both ways: an app is updated on one day, its hosts on another. What is
 * written here was taken from control version 1 and is not to be changed with the schemas; when the oldest version that is
 * spoken moves on, this page moves on to that one.
 */

test('this page is about the oldest version that is spoken', () => {
  expect(OLDEST_CONTROL_VERSION).toBe(1);
});

const asked: readonly (readonly [ControlMethod, unknown])[] = [
  ['status', {}],
  ['version', {}],
  ['events', {}],
  ['events', { afterSeq: 12, limit: 200 }],
  ['subscribe', {}],
  ['subscribe', { consoleName: 'office' }],
  ['group.show', {}],
  ['group.profile', { profile: 'steady' }],
  ['protect', { vm: 'mail' }],
  [
    'protect',
    {
      vm: 'mail',
      hosts: ['a', 'b'],
      policy: { order: 3, maxRestarts: 1, windowMs: 600_000, shutdownTimeoutMs: 60_000 },
    },
  ],
  ['unprotect', { vm: 'mail' }],
  ['checkVm', { vm: 'mail' }],
  ['switchover', { vm: 'mail' }],
  ['switchover', { vm: 'mail', to: 'b' }],
  ['vm.start', { vm: 'mail' }],
  ['vm.stop', { vm: 'mail' }],
  ['host.leave', {}],
  ['demo.pullPlug', {}],
];

test.each(asked)('a console of the version before asks %s as it always did: %j', (method, params) => {
  expect(controlParams[method].safeParse(params).error).toBeUndefined();
});

/** All that a status of version 1 had at its top and in its VMs, hosts and activities. */
const version1 = {
  top: ['controlVersion', 'agentVersion', 'nowMs', 'wallTime', 'self', 'store', 'group', 'takeoverMs'].concat(
    ['hosts', 'links', 'vms', 'otherVms'],
  ),
  vm: ['vm', 'name', 'token', 'holder', 'generation', 'here', 'desired', 'runningSinceMs'].concat([
    'definitionInSync',
    'readiness',
    'activity',
    'hosts',
    'policy',
  ]),
};

const withFields = (record: object, names: readonly string[]): object =>
  Object.fromEntries(Object.entries(record).filter(([name]) => names.includes(name)));

test('a status that has no more than version 1 had is understood, VMs and all', () => {
  const older = {
    ...withFields(sampleStatus, version1.top),
    controlVersion: 1,
    vms: sampleStatus.vms.map((vm) => withFields(vm, version1.vm)),
  };
  expect(sampleStatus.vms.length).toBeGreaterThan(0);
  const read = readTolerantly(Status, older);
  expect(read.success ? null : read.error.issues).toBeNull();
});
