import type { GroupConfig } from '../../../protocol/group.ts';
import type { HolderNote } from '../../../protocol/store.ts';
import type { SeenProcess } from '../types.ts';

/** A group of two hosts with one VM, for tests. */

export const areaId = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
export const groupId = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb';
export const vm = 'cccccccc-cccc-4ccc-8ccc-cccccccccccc';
export const bootId = 'dddddddd-dddd-4ddd-8ddd-dddddddddddd';
export const otherBootId = 'eeeeeeee-eeee-4eee-8eee-eeeeeeeeeeee';

export function benchConfig(over: Partial<GroupConfig> = {}): GroupConfig {
  return {
    groupId,
    groupName: 'bench',
    areaId,
    generation: 1,
    profile: 'steady',
    disarmed: false,
    hosts: [0, 1].map((slot) => ({
      slot,
      name: `host${slot}`,
      hardwareId: `${slot}`.repeat(64),
      links: [{ link: 0, address: `192.0.2.${slot + 1}`, port: 7000 }],
      acceptSoftwareWatchdog: false,
    })),
    vms: [
      {
        token: 0,
        vm,
        name: 'one',
        hosts: [0, 1],
        drain: 'threads-stopped',
        policy: { maxRestarts: 1, windowMs: 60_000, order: 0, shutdownTimeoutMs: 60_000 },
        memoryMiB: 512,
      },
    ],
    ...over,
  };
}

export function note(over: Partial<HolderNote> = {}): HolderNote {
  const blank = { released: false, releasedTo: null, notTakeable: false, reason: null, restarts: 0 };
  return { generation: 0, desired: 'running', ...blank, failedOn: [], definition: null, ...over };
}

export function process(over: Partial<SeenProcess> = {}): SeenProcess {
  return { vm, pid: 4711, startTicks: 99, stopped: false, ...over };
}
