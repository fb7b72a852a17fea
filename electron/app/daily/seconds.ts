import { duration } from '../../ipc/words.ts';

/** A pause to the tenth of a second while it is short: people compare these. */
export const seconds = (ms: number): string =>
  ms < 60_000 ? `${(Math.max(0, ms) / 1000).toFixed(ms < 9_950 ? 1 : 0)}\u00a0s` : duration(ms);
