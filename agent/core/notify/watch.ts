import { isoTime, lastWeekdayMs } from './calendar.ts';
import { open } from './incidents.ts';
import { missingMessage, weeklyMessage } from './message.ts';
import type { Draft, Look } from './types.ts';

/** Protection must be whole for so long before it counts as back: what flickers is missing. */
const WELL_AFTER_MS = 60_000;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
const HOUR_CHARS = '2026-11-30T14'.length;
/** The weekly note goes out at this hour, UTC: in the morning of the product's first users. */
const WEEKLY_HOUR = 7;
/** A host that was off at that time does not make up for it later: another one was there, or its absence was the news. */
const WEEKLY_LATE_MS = 6 * 3_600_000;

/** Shouts when protection has been missing for too long, again each day, and says when it is back. */
export function watchProtection(draft: Draft, look: Look): void {
  const { plan, missing, nowMs } = draft;
  if (plan === null || !plan.tell.protection) return;
  const isMissing = look.vms.some(({ unprotectedBecause }) => unprotectedBecause !== null);
  if (!isMissing) {
    if (missing === null) return;
    const wellSinceMs = missing.wellSinceMs ?? nowMs;
    draft.missing = { ...missing, wellSinceMs };
    if (nowMs - wellSinceMs < WELL_AFTER_MS) return;
    draft.missing = null;
    if (missing.toldDays === 0) return;
    const key = `${keyOf(missing.sinceWallMs)}-back`;
    return open(draft, 'protection', missingMessage(draft, key, missing.sinceWallMs, look));
  }
  const since = missing ?? { sinceMs: nowMs, sinceWallMs: draft.wallMs, toldDays: 0 };
  const isDue = nowMs - since.sinceMs >= plan.missingAfterMs + since.toldDays * DAY_MS;
  draft.missing = { ...since, wellSinceMs: null, toldDays: since.toldDays + (isDue ? 1 : 0) };
  if (!isDue) return;
  const day = since.toldDays === 0 ? '' : `-day${since.toldDays + 1}`;
  open(
    draft,
    'protection',
    missingMessage(draft, `${keyOf(since.sinceWallMs)}${day}`, since.sinceWallMs, look),
  );
}

/** The hour is nearly always the same on all hosts that see it. */
const keyOf = (sinceWallMs: number): string => `protection-${isoTime(sinceWallMs).slice(0, HOUR_CHARS)}`;

export function tellWeekly(draft: Draft, look: Look): void {
  const weekday = draft.plan?.tell.weeklyOn ?? null;
  if (draft.plan === null || weekday === null || look.vms.length === 0) return;
  const dueMs = lastWeekdayMs(draft.wallMs, weekday, WEEKLY_HOUR);
  if (draft.wallMs - dueMs > WEEKLY_LATE_MS || dueMs <= draft.plan.savedAtWallMs) return;
  const key = `weekly-${isoTime(dueMs).slice(0, '2026-11-30'.length)}`;
  if (draft.weekly === key) return;
  draft.weekly = key;
  const told = [...draft.told.values()].filter(({ wallMs }) => draft.wallMs - wallMs < WEEK_MS).length;
  open(draft, 'weekly', weeklyMessage(draft, key, look, told));
}
