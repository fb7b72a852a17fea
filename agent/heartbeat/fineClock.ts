/** The boot clock comes in steps of 10 ms; a greater difference than this means that the machine was suspended. */
const SUSPENDED_MS = 50;

/**
 * A boot clock with the resolution of a monotonic one, for round-trip times. `bootMs` may step and goes on in suspend;
 * `fineMs` is smooth and may not. The result never goes back.
 */
export function createFineClock(bootMs: () => number, fineMs: () => number): () => number {
  let differenceMs = bootMs() - fineMs();
  return () => {
    const behindMs = bootMs() - fineMs() - differenceMs;
    if (behindMs > SUSPENDED_MS) differenceMs += behindMs;
    // Microseconds are as fine as a round trip is told; more digits only make heartbeats longer.
    return Math.round((fineMs() + differenceMs) * 1000) / 1000;
  };
}
