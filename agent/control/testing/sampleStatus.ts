import type { Status, VmStatus } from '../../protocol/control.ts';
import type { GroupConfig } from '../../protocol/group.ts';

const hostLinks = (slot: number) => [
  { link: 0, address: `10.0.0.${slot + 1}`, port: 7790 },
  { link: 1, address: `10.0.1.${slot + 1}`, port: 7790 },
];

export const sampleGroup: GroupConfig = {
  groupId: '6f1c2a9e-0000-4000-8000-000000000001',
  groupName: 'office',
  areaId: '6f1c2a9e-0000-4000-8000-000000000002',
  generation: 4,
  profile: 'swift',
  disarmed: false,
  hosts: ['anna', 'bert'].map((name, slot) => ({
    slot,
    name,
    hardwareId: `${slot}`.repeat(64),
    links: hostLinks(slot),
    acceptSoftwareWatchdog: false,
  })),
  vms: [
    {
      token: 0,
      vm: '6f1c2a9e-0000-4000-8000-00000000000a',
      name: 'web',
      hosts: [0, 1],
      drain: 'exit-waits',
      policy: { maxRestarts: 1, windowMs: 600_000, order: 10, shutdownTimeoutMs: 120_000 },
      memoryMiB: 2048,
    },
  ],
};

export const sampleVm: VmStatus = {
  vm: '6f1c2a9e-0000-4000-8000-00000000000a',
  name: 'web',
  token: 0,
  holder: 0,
  generation: 3,
  here: 'running',
  desired: 'running',
  runningSinceMs: 1_000_000,
  definitionInSync: true,
  readiness: { level: 'protected', reasons: [] },
  activity: null,
  hosts: [0, 1],
  policy: { maxRestarts: 1, windowMs: 600_000, order: 10, shutdownTimeoutMs: 120_000 },
};

/** A group of two healthy hosts, as host `anna` sees it. */
export const sampleStatus: Status = {
  controlVersion: 1,
  agentVersion: '0.1.0-test',
  nowMs: 4_600_000,
  wallTime: '2026-01-01T12:00:00.000Z',
  self: {
    slot: 0,
    name: 'anna',
    bootId: '6f1c2a9e-0000-4000-8000-0000000000ff',
    phase: 'alive',
    phaseBecause: null,
    epoch: 2,
    leaseLeftMs: 3400,
    watchdog: 'armed',
    realTime: true,
    keeperConnected: true,
    hypervisor: { connected: true, version: 'libvirt 9.0.0', error: null },
    memoryTotalMiB: 65_536,
    memoryFreeMiB: 40_000,
  },
  store: { path: '/srv/vms/.understudy/area', reachable: true, renewP50Ms: 2.1, renewMaxMs: 14, error: null },
  group: sampleGroup,
  takeoverMs: 12_000,
  hosts: [
    {
      slot: 0,
      name: 'anna',
      state: 'alive',
      epoch: 2,
      lease: 'fresh',
      leaseAgeMs: 300,
      takeableInMs: null,
      watchdog: 'armed',
      agentVersion: '0.1.0-test',
    },
    {
      slot: 1,
      name: 'bert',
      state: 'alive',
      epoch: 5,
      lease: 'fresh',
      leaseAgeMs: 410,
      takeableInMs: 11_600,
      watchdog: 'armed',
      agentVersion: '0.1.0-test',
    },
  ],
  links: [0, 1].map((link) => ({
    peer: 1,
    link,
    address: `10.0.${link}.2`,
    state: 'up',
    lastHeardAgoMs: 120,
    rttMinMs: 0.2,
    rttMs: 0.4,
    rttMaxMs: 2.5,
    heardThereAgoMs: 370,
    loss: 0,
    rejected: 0,
    rejectedBy: {},
  })),
  vms: [sampleVm],
  otherVms: [{ vm: '6f1c2a9e-0000-4000-8000-00000000000b', name: 'scratch', running: false }],
};
