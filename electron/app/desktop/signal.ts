/** Changes further back than this are no flapping any more. */
export const FLAPPING_WINDOW_MS = 10 * 60_000;
/** Changes remembered of one signal: more than this in ten minutes reads the same as this many. */
const MAX_CHANGES = 99;

/** Something that is well or not, as it was last told, and how it moved since. */
export interface Signal {
  /** null: it has not been well since it is watched, and nothing was told of it. */
  readonly told: boolean | null;
  readonly value: boolean;
  readonly sinceMs: number;
  /** When it changed, the newest last, within the flapping window. */
  readonly changes: readonly number[];
}

export const recent = (times: readonly number[], nowMs: number): readonly number[] =>
  times.filter((atMs) => nowMs - atMs < FLAPPING_WINDOW_MS).slice(-MAX_CHANGES);

/**
 * The signal after `value` was seen at `nowMs`; null: it can't be seen now, and nothing is concluded from that. What is
 * seen first is how things are, and no news; nor is that something is well for the first time.
 */
export function observe(
  signal: Signal | undefined,
  value: boolean | null,
  nowMs: number,
): Signal | undefined {
  if (value === null) return signal;
  if (signal === undefined) return { told: value || null, value, sinceMs: nowMs, changes: [] };
  const changes = recent(signal.changes, nowMs);
  const told = signal.told ?? (value || null);
  if (signal.value === value) return { ...signal, told, changes };
  return { told, value, sinceMs: nowMs, changes: [...changes, nowMs] };
}

/** Whether what is seen differs from what was told and has stayed so for `settleMs`. */
export function isNews(signal: Signal, nowMs: number, settleMs: number): boolean {
  return signal.told !== null && signal.value !== signal.told && nowMs - signal.sinceMs >= settleMs;
}
