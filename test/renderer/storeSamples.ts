import type { StoreCandidateView, StoreProof } from '../../electron/ipc/setup/views.ts';
import { hostName } from './samples.ts';

/** Places for the store, and what was proven and measured of one. */

export const candidate = (more: Partial<StoreCandidateView> = {}): StoreCandidateView => ({
  kind: 'folder',
  path: '/srv/vms',
  fileSystem: 'nfs4',
  source: 'nas:/export/vms',
  sizeBytes: 2 * 1024 ** 4,
  freeBytes: 820 * 1024 ** 3,
  vms: ['web-shop', 'mail', 'files', 'erp', 'wiki', 'build'],
  problems: [],
  ...more,
});
export const candidates: readonly StoreCandidateView[] = [
  candidate(),
  candidate({
    path: '/dev/disk/by-id/scsi-36001405',
    kind: 'device',
    fileSystem: 'disk',
    source: null,
    freeBytes: null,
    vms: [],
  }),
  candidate({
    path: '/var/lib/libvirt/images',
    fileSystem: 'ext4',
    source: null,
    vms: ['scratch'],
    problems: [
      {
        code: 'store.local-file-system',
        message: 'On alpha, /var/lib/libvirt/images lies on ext4, which two machines can not share.',
        fix: 'Use NFS, GFS2, OCFS2, GlusterFS or CephFS, or a block device of its own.',
      },
    ],
  }),
];

const bounds = [0.5, 1, 2, 5, 10, 20, 50, 100, 250, 500, 1000, 4000, null];
const counts = [0, 4, 61, 88, 31, 9, 4, 2, 1, 0, 0, 0, 0];
export const proof = (hosts = 2): StoreProof => ({
  kind: 'folder',
  path: '/srv/vms',
  provenAt: Date.now(),
  seen: Array.from({ length: hosts }, (_, slot) => ({
    writer: hostName(slot),
    reader: hostName((slot + 1) % hosts),
  })),
  latencies: Array.from({ length: hosts }, (_, slot) => ({
    host: hostName(slot),
    writes: 200,
    p50Ms: 2.9 + slot / 10,
    p99Ms: 61,
    maxMs: 132,
    histogram: bounds.map((belowMs, index) => ({ belowMs, count: counts[index] ?? 0 })),
  })),
  profiles: [
    {
      name: 'swift',
      recommended: false,
      refused: 'The slowest of 100 writes needs 61 ms; swift leaves room for 50 ms.',
      loseAfterMs: 4_000,
      takeoverMs: 12_000,
      softwareTakeoverMs: null,
      sentence: 'For a store on its own switch that never hesitates.',
    },
    {
      name: 'steady',
      recommended: true,
      refused: null,
      loseAfterMs: 8_000,
      takeoverMs: 21_500,
      softwareTakeoverMs: null,
      sentence: 'For most networks and NAS devices.',
    },
    {
      name: 'patient',
      recommended: false,
      refused: null,
      loseAfterMs: 20_000,
      takeoverMs: 45_500,
      softwareTakeoverMs: null,
      sentence: 'For a store that restarts or hesitates at times.',
    },
  ],
});
