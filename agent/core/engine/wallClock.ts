import type { Draft } from './state.ts';

const HOUR_MS = 3_600_000;
const HOURS = 24;

/** What the host's own clock says. It may be wrong: nothing that safety depends on looks at it. */
export interface WallTime {
  /** Unix ms. */
  readonly wallMs: number;
  /** How far the host's local time is ahead of UTC now. Absent: not at all. */
  readonly localOffsetMs?: number;
}

/** The hour of the host's local day, 0 to 23; null where it has no clock yet. */
export function localHour({ wallClock, nowMs }: Pick<Draft, 'wallClock' | 'nowMs'>): number | null {
  if (wallClock === null) return null;
  const { wallMs, atMs, localOffsetMs = 0 } = wallClock;
  const hours = Math.floor((wallMs + (nowMs - atMs) + localOffsetMs) / HOUR_MS);
  return ((hours % HOURS) + HOURS) % HOURS;
}
