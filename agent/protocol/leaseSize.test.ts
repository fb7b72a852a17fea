import { expect, test } from 'vitest';
import * as z from 'zod/mini';
import { recordCapacityBytes, recordText } from '../core/record.ts';
import { MAX_VMS } from './ids.ts';
import { type HolderNote, HostLease, MAX_GIVEN_UP } from './store.ts';

/** A host that can't write its lease loses all its VMs: the fullest lease there can be has room in its block. */

const uuid = '00000000-0000-4000-8000-000000000001';
/** A hundred decisions or renewals a second for a year. */
const MANY = 3_200_000_000;
const slots = Array.from({ length: 8 }, (_, slot) => slot);
const note: HolderNote = {
  generation: MANY,
  desired: 'running',
  released: false,
  releasedTo: 7,
  notTakeable: false,
  reason: 'x'.repeat(80),
  restarts: 1000,
  failedOn: slots,
  definition: 'b'.repeat(64),
  comesBack: 'live-or-shutdown',
  isPlaced: true,
};
const fullest: HostLease = {
  areaId: uuid,
  slot: 7,
  hostName: 'h'.repeat(63),
  hardwareId: 'a'.repeat(64),
  bootId: uuid,
  epoch: MANY,
  seq: MANY,
  state: 'drained',
  timing: {
    renewEveryMs: 10_000,
    loseAfterMs: 120_000,
    tickMs: 10_000,
    watchdogMs: 120_000,
    landWithinMs: 120_000,
  },
  watchdog: 'software',
  softwareWatchdogAccepted: false,
  configGeneration: MANY,
  configSlots: slots,
  tokensHint: MANY,
  configHint: MANY,
  vouches: slots.slice(1).map((slot) => ({ slot, bootId: uuid, epoch: MANY, ask: MANY })),
  ask: MANY,
  holds: Array.from({ length: MAX_VMS }, () => [63, MANY] as [number, number]),
  givenUp: Array.from({ length: MAX_GIVEN_UP }, () => ({ token: 63, note })),
  stampMs: MANY + 0.123_456,
};

test('the fullest lease fits into its block', () => {
  expect(z.safeParse(HostLease, fullest).error).toBeUndefined();
  expect(recordText(fullest).length).toBeLessThanOrEqual(recordCapacityBytes(1));
});
