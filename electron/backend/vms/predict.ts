import { PROFILES, takeoverByTimeMs } from '../../../agent/core/timing.ts';
import type { ProfileName, WatchdogState } from '../../../agent/protocol/timing.ts';

/** libvirt and QEMU until the guest's first instruction, as measured on the lab (docs/benchmarks.md); ms. */
const START_MS = 3_000;
/** A usual guest from its first instruction to its services; nobody can know it before it was seen. ms. */
const GUEST_BOOT_MS = 30_000;

export interface Recovery {
  readonly takeoverMs: number | null;
  readonly startMs: number;
  readonly totalMs: number | null;
}

/** From the last sign of life of the lost host to the guest being up. null: no takeover by time. Pure. */
export function recovery(
  profile: ProfileName,
  watchdog: WatchdogState | null,
  softwareWatchdogAccepted: boolean,
): Recovery {
  const timing = PROFILES[profile];
  const takeoverMs = takeoverByTimeMs({ timing, watchdog: watchdog ?? 'none', softwareWatchdogAccepted });
  const startMs = START_MS + GUEST_BOOT_MS;
  return { takeoverMs, startMs, totalMs: takeoverMs === null ? null : takeoverMs + startMs };
}
