import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** Milliseconds since boot, suspend included. Never goes back. */
export type BootClock = () => number;

/**
 * The boot-time clock (CLOCK_BOOTTIME) in ms. Node reads it only through /proc/uptime, which is cut to 10 ms, so the
 * fine part comes from the monotonic clock; both run at the same rate and differ by the time spent suspended. The
 * difference is taken anew at each call and only grows: a suspend moves it at once, rounding never takes it back.
 * The result is at most 10 ms behind the kernel's clock and never ahead of it, which is the safe side for stamps.
 */
export function createBootClock(
  uptimeSeconds: () => number = uptime,
  monotonicMs: () => number = () => performance.now(),
): BootClock {
  let offsetMs = Number.NEGATIVE_INFINITY;
  return () => {
    const fineMs = monotonicMs();
    offsetMs = Math.max(offsetMs, uptimeSeconds() * 1000 - fineMs);
    return Math.max(0, fineMs + offsetMs);
  };
}

/** The boot id of this start of the host, in lower case. Throws when the file is not there. */
export function readBootId(bootIdFile: string): string {
  return readFileSync(bootIdFile, 'utf8').trim().toLowerCase();
}
