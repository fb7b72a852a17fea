import { duration } from '../../ipc/words.ts';

/** A length of time that is known exactly, as it was configured or measured: `12 s`, `21.5 s`, `8 ms`. */
export const exactly = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)}\u00a0ms` : `${Number((ms / 1000).toFixed(1))}\u00a0s`;

/** A pause to the tenth of a second while it is short: people compare these. */
export const seconds = (ms: number): string =>
  ms < 60_000 ? `${(Math.max(0, ms) / 1000).toFixed(ms < 9_950 ? 1 : 0)}\u00a0s` : duration(ms);
