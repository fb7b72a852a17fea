import { decodeLease, leaseBlock } from '../../../agent/core/area.ts';
import type { GroupConfig } from '../../../agent/protocol/group.ts';
import type { HostLease } from '../../../agent/protocol/store.ts';
import type { Store } from './store.ts';

/** What stands on the store, as the judge reads it. */

/** r: a clock may be off by 1000 ppm. */
const RATE = 0.001;

/** The lease record of a slot; null: none, or one that can't be read. */
export function recordOf(store: Store, config: GroupConfig, slot: number): HostLease | null {
  const bytes = store.block(leaseBlock(slot));
  const lease = bytes === null ? null : decodeLease(bytes, config.areaId, slot);
  return lease?.kind === 'record' ? lease.value : null;
}

/** T as docs/safety.md has it, worked out here anew: the judge does not take the product's word for it. */
export function leastTakeoverMs({ timing, watchdog, softwareWatchdogAccepted }: HostLease): number | null {
  const { loseAfterMs, tickMs, watchdogMs, landWithinMs } = timing;
  const leastMs = ((loseAfterMs + tickMs + watchdogMs) * (1 + RATE) + landWithinMs) / (1 - RATE);
  if (watchdog === 'armed') return leastMs;
  return watchdog === 'software' && softwareWatchdogAccepted ? 2 * leastMs : null;
}

/** The same text for the same content, whatever the order of its fields. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
