/** Counters further behind the highest than this are refused unseen. At 250 ms a beat: more than a minute. */
const WINDOW_COUNTERS = 256;
/** Heartbeats that loss is counted over: one minute at 250 ms a beat. */
export const LOSS_BEATS = 240;
const ALL_SEEN = (1n << BigInt(WINDOW_COUNTERS)) - 1n;

/** Which counters of one session on one link have been seen; each is accepted once. (As RFC 4303, section 3.4.3.) */
export interface ReplayWindow {
  readonly first: number;
  readonly highest: number;
  /** Bit n: `highest - n` has been seen. */
  readonly seen: bigint;
}

/** The window with `counter` marked, or null: seen before, or too old to tell. */
export function admit(window: ReplayWindow | null, counter: number): ReplayWindow | null {
  if (window === null) return { first: counter, highest: counter, seen: 1n };
  const ahead = counter - window.highest;
  if (ahead > 0) {
    const seen = ahead >= WINDOW_COUNTERS ? 1n : ((window.seen << BigInt(ahead)) & ALL_SEEN) | 1n;
    return { first: window.first, highest: counter, seen };
  }
  if (-ahead >= WINDOW_COUNTERS) return null;
  const bit = 1n << BigInt(-ahead);
  if ((window.seen & bit) !== 0n) return null;
  return { ...window, first: Math.min(window.first, counter), seen: window.seen | bit };
}

function countBits(bits: bigint): number {
  let count = 0;
  for (let rest = bits; rest !== 0n; rest &= rest - 1n) count += 1;
  return count;
}

/**
 * Share of the last `LOSS_BEATS` expected heartbeats that did not come, 0 to 1.
 * `overdue`: beats that should have come since the last one did.
 */
export function lossOf(window: ReplayWindow, overdue: number): number {
  const missing = Math.min(Math.max(0, overdue), LOSS_BEATS);
  const counted = Math.min(window.highest - window.first + 1, LOSS_BEATS - missing);
  const received = countBits(window.seen & ((1n << BigInt(counted)) - 1n));
  return 1 - received / (counted + missing);
}
