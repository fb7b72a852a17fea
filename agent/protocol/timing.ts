import * as z from 'zod/mini';

export const ProfileName = z.enum(['swift', 'steady', 'patient']);
export type ProfileName = z.infer<typeof ProfileName>;

/** The timing a host promises in its own lease record. Field names after docs/safety.md: P, L, g, W, d. */
export const Timing = z.strictObject({
  /** P: a renewal is started this often. */
  renewEveryMs: z.int().check(z.gte(100), z.lte(60_000)),
  /** L: counted from the start of the last successful renewal, the owner must stop its VMs. */
  loseAfterMs: z.int().check(z.gte(1000), z.lte(600_000)),
  /** g: the longest time between two of the keeper's decisions. */
  tickMs: z.int().check(z.gte(50), z.lte(10_000)),
  /** W: the watchdog fires this long after its last pet, tick and reset delay included. */
  watchdogMs: z.int().check(z.gte(1000), z.lte(600_000)),
  /** d: a write issued before a reset lands within this time, or never. */
  landWithinMs: z.int().check(z.gte(100), z.lte(120_000)),
});
export type Timing = z.infer<typeof Timing>;

/** Whether the host will be reset if its keeper stops petting. Only `armed` allows a takeover by time. */
export const WatchdogState = z.enum(['armed', 'software', 'none']);
export type WatchdogState = z.infer<typeof WatchdogState>;
