/** The boot clock comes in steps of 10 ms; a greater difference than this means that the machine was suspended. */
const SUSPENDED_MS = 50;
/** Reading the boot clock is a read of /proc; once a second is enough to notice a suspend. */
const COMPARE_EVERY_MS = 1000;

/**
 * A boot clock with the resolution of a monotonic one, for round-trip times. `bootMs` may step and goes on in suspend;
 * `fineMs` is smooth and may not. The result never goes back, and is behind by a suspend for at most a second.
 */
export function createFineClock(bootMs: () => number, fineMs: () => number): () => number {
  let comparedMs = fineMs();
  let differenceMs = bootMs() - comparedMs;
  return () => {
    const nowMs = fineMs();
    if (nowMs - comparedMs > COMPARE_EVERY_MS) {
      comparedMs = nowMs;
      const behindMs = bootMs() - nowMs - differenceMs;
      if (behindMs > SUSPENDED_MS) differenceMs += behindMs;
    }
    // Microseconds are as fine as a round trip is told; more digits only make heartbeats longer.
    return Math.round((nowMs + differenceMs) * 1000) / 1000;
  };
}
