import type { HostDrills } from '../../electron/ipc/daily/views.ts';

/** Two standbys: one with a drill that passed, and one that is at it. */
export const drills: readonly HostDrills[] = [
  {
    host: 'beta',
    refused: null,
    running: { vmName: 'mail', step: 'waiting until the copy is well', ofThisVm: true },
    last: {
      vm: '5f000000-0000-4000-8000-000000000001',
      name: 'mail',
      host: 'beta',
      atWallMs: Date.UTC(2026, 4, 3, 2, 10),
      result: 'passed',
      because: null,
      copiedBytes: 20_000_000_000,
      copyMs: 310_000,
      bootMs: 21_400,
      wellMs: 24_900,
      checks: [{ probe: 'agent', outcome: 'well', text: 'the guest agent answers' }],
      hasPicture: true,
    },
  },
  { host: 'gamma', refused: null, running: null, last: null },
];
