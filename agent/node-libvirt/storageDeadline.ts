import type { CallOptions } from './callTable.ts';

/** Mounting, scanning and formatting take as long as the storage does. */
export const STORAGE_DEADLINE_MS = 5 * 60_000;

export const slowStorage = (options: CallOptions = {}): CallOptions => ({
  deadlineMs: options.deadlineMs ?? STORAGE_DEADLINE_MS,
});
