import type { ProfileName, Timing, WatchdogState } from '../protocol/timing.ts';

/** r: how far clock rates of two hosts may be off, as a share. */
export const CLOCK_RATE_ERROR = 0.001;
const HALF_SECOND_MS = 500;
/** A software watchdog can't fire when its kernel is stuck: where the user accepts it, T is doubled. */
const SOFTWARE_WATCHDOG_FACTOR = 2;
/** Longest margin before L at which a host starts to stop its VMs. */
const MAX_MARGIN_MS = 1000;
const MARGIN_SHARE_OF_L = 8;

/** The three profiles of docs/safety.md, section 2. T is computed from them and never configured. */
export const PROFILES: { readonly [Name in ProfileName]: Timing } = {
  swift: { renewEveryMs: 500, loseAfterMs: 4000, tickMs: 500, watchdogMs: 5000, landWithinMs: 2000 },
  steady: { renewEveryMs: 1000, loseAfterMs: 8000, tickMs: 1000, watchdogMs: 10_000, landWithinMs: 2000 },
  patient: { renewEveryMs: 2000, loseAfterMs: 20_000, tickMs: 1000, watchdogMs: 20_000, landWithinMs: 4000 },
};

/**
 * T: how long a host's lease must stand unchanged on the taker's clock before its VMs can run nowhere any more.
 * In ms, strictly above ((L + g + W) * (1 + r) + d) / (1 - r), rounded up to the next half second.
 */
export function takeoverTimeMs(timing: Timing): number {
  const ownersMs = (timing.loseAfterMs + timing.tickMs + timing.watchdogMs) * (1 + CLOCK_RATE_ERROR);
  const leastMs = (ownersMs + timing.landWithinMs) / (1 - CLOCK_RATE_ERROR);
  return (Math.floor(leastMs / HALF_SECOND_MS) + 1) * HALF_SECOND_MS;
}

/** What a victim's last record promises, as far as it decides when it may be taken over by time. */
export interface TimePromise {
  readonly timing: Timing;
  readonly watchdog: WatchdogState;
  readonly softwareWatchdogAccepted: boolean;
}

/** T for a victim with this record, in ms; null when it may not be taken over by time at all (rule 1). */
export function takeoverByTimeMs(victim: TimePromise): number | null {
  switch (victim.watchdog) {
    case 'armed':
      return takeoverTimeMs(victim.timing);
    case 'software':
      return victim.softwareWatchdogAccepted
        ? takeoverTimeMs(victim.timing) * SOFTWARE_WATCHDOG_FACTOR
        : null;
    case 'none':
      return null;
  }
}

/** The longest T of any profile: for a victim whose present record can't be read and may promise anything. */
export function takeoverByTimeUnreadableMs(lastReadable: TimePromise): number | null {
  const known = takeoverByTimeMs(lastReadable);
  const longest = takeoverByTimeMs({ ...lastReadable, timing: PROFILES.patient });
  return known === null || longest === null ? null : Math.max(known, longest);
}

/** How long before L the owner begins to stop: at least one tick, so that it is decided before L, not after. */
export function stopMarginMs(timing: Timing): number {
  return Math.max(Math.min(MAX_MARGIN_MS, timing.loseAfterMs / MARGIN_SHARE_OF_L), timing.tickMs);
}

/** Uptime before which a host writes nothing: late writes of its earlier boot have landed by then (rule 5). */
export function quietAfterBootMs(timing: Timing): number {
  return timing.landWithinMs * (1 + CLOCK_RATE_ERROR);
}
