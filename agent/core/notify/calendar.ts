/** The calendar of wall times (Unix ms, UTC), computed: the core has no clock and no `Date` that would carry one. */
const DAY_MS = 86_400_000;

interface Civil {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** The Gregorian date of a day since 1970, by eras of 400 years that begin in March. */
function civilOf(days: number): Civil {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

const two = (value: number): string => String(value).padStart(2, '0');

/** `2026-11-30T14:05:09Z` */
export function isoTime(wallMs: number): string {
  const days = Math.floor(wallMs / DAY_MS);
  const { year, month, day } = civilOf(days);
  const seconds = Math.floor((wallMs - days * DAY_MS) / 1000);
  const time = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':');
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${time}Z`;
}

/** When the newest hour of that weekday was, 0 being Sunday. The first of January 1970 was a Thursday. */
export function lastWeekdayMs(wallMs: number, weekday: number, hour: number): number {
  const days = Math.floor(wallMs / DAY_MS);
  const back = (((days + 4 - weekday) % 7) + 7) % 7;
  const at = (days - back) * DAY_MS + hour * 3_600_000;
  return at > wallMs ? at - 7 * DAY_MS : at;
}
