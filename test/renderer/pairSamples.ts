import type { PairRow, PairsPrediction, PairsView } from '../../electron/ipc/setup/pairViews.ts';
import { groupId, hostName } from './samples.ts';

/** VMs to choose from, with what keeps some of them from being protected. */

const predicted = {
  takeoverMs: 21_500,
  startMs: 18_000,
  startFrom: 'estimate',
  totalMs: 39_500,
  sentence: '21.5 s until it is certain that the host is gone, then the guest starts.',
} as const;
const vmNames = ['web-shop', 'mail', 'files', 'erp', 'wiki', 'build', 'phone', 'backup'];
export const vmId = (index: number): string => `5f000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
export const row = (index: number, more: Partial<PairRow> = {}): PairRow => ({
  vmId: vmId(index),
  name: `${vmNames[index % vmNames.length]}${index < vmNames.length ? '' : `-${Math.floor(index / vmNames.length)}`}`,
  host: hostName(index % 2),
  alsoOn: [],
  running: index % 5 !== 4,
  memoryMiB: 2048 + (index % 4) * 2048,
  vcpus: 1 + (index % 4),
  disks: [{ path: `/srv/vms/${index}.qcow2`, onStore: true }],
  protectedAlready: false,
  reasons: [],
  readiness: null,
  policy: null,
  hosts: [hostName(index % 2), hostName((index + 1) % 2)],
  predicted,
  ...more,
});

export const blockedRow = row(1, {
  reasons: [
    {
      failure: {
        code: 'vm.local-iso',
        message: 'It has a CD image in its drive, /home/admin/debian.iso, that only beta has.',
        meaning: 'On another host it could not start.',
        fix: 'Eject the image.',
      },
      blocking: true,
      fix: {
        id: 'eject',
        label: 'Eject the CD',
        consequence: 'The guest sees an empty drive. The image file stays.',
      },
    },
    {
      failure: {
        code: 'vm.disk-local',
        message: 'Its disk /var/lib/libvirt/images/mail.qcow2 is not on the shared storage.',
        fix: 'Move it to /srv/vms.',
      },
      blocking: true,
      fix: {
        id: 'move-disk',
        label: 'Move disk vda to the store',
        consequence:
          'Copies /var/lib/libvirt/images/mail.qcow2 to /srv/vms/mail.qcow2, compares the two, and has the definition of mail name the copy. mail must stay off meanwhile. The old file stays where it is until you delete it.',
      },
    },
  ],
});
export const degradedRow = row(2, {
  reasons: [
    {
      failure: {
        code: 'vm.no-guest-agent',
        message: 'No guest agent answers in it.',
        fix: 'Install qemu-guest-agent in the guest.',
      },
      blocking: false,
      fix: null,
    },
  ],
});

export const pairs = (rows: readonly PairRow[], more: Partial<PairsView> = {}): PairsView => ({
  groupId,
  rows,
  refreshedAt: Date.now(),
  running: false,
  failures: [],
  ...more,
});
export const prediction = (fits: boolean, hosts = 2): PairsPrediction => ({
  ifHostFails: Array.from({ length: hosts }, (_, slot) => ({
    host: hostName(slot),
    fits: fits || slot > 0,
    survivors: [
      {
        host: hostName((slot + 1) % hosts),
        vms: ['web-shop', 'files'],
        needMiB: fits || slot > 0 ? 8_192 : 40_960,
        haveMiB: 32_768,
      },
    ],
    left: fits || slot > 0 ? [] : ['files'],
    sentence:
      fits || slot > 0
        ? `If ${hostName(slot)} fails, ${hostName((slot + 1) % hosts)} takes 2 VMs (8 GiB of 32 GiB free).`
        : `If ${hostName(slot)} fails, ${hostName((slot + 1) % hosts)} takes 2 VMs (40 GiB of 32 GiB free). There is no room for files.`,
  })),
  vms: [],
});
