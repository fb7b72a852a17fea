import { join } from 'node:path';
import type { Figure } from './reading.ts';
import { printable, wholeIn } from './reading.ts';
import { namesIn, textOf } from './sysfs.ts';

const HWMON = '/sys/class/hwmon';
/** Where a sensor names no limit of its own below the critical one. */
const BELOW_CRITICAL_MILLIDEGREES = 5000;
/** Firmware writes these where it means "no limit"; no machine works there. */
const LEAST_LIMIT_MILLIDEGREES = 40_000;
const MOST_LIMIT_MILLIDEGREES = 150_000;

export interface Sensors {
  readonly temperatures: readonly Figure[];
  readonly fans: readonly Figure[];
}

/** All sensors that the kernel has drivers for, each against the limits that it names itself. */
export async function readSensors(root = HWMON): Promise<Sensors> {
  const temperatures: Figure[] = [];
  const fans: Figure[] = [];
  for (const chip of await namesIn(root)) {
    const folder = join(root, chip);
    const files = await namesIn(folder);
    const name = (await textOf(join(folder, 'name')))?.trim() ?? chip;
    for (const file of files) {
      const [, kind = '', number = ''] = /^(temp|fan)(\d{1,3})_input$/.exec(file) ?? [];
      if (kind === '') continue;
      const read = async (what: string): Promise<number | null> =>
        files.includes(`${kind}${number}_${what}`)
          ? wholeIn(await textOf(join(folder, `${kind}${number}_${what}`)))
          : null;
      const label = (await textOf(join(folder, `${kind}${number}_label`)))?.trim() ?? number;
      const called = printable(`${name} ${label}`).slice(0, 60);
      const figure = kind === 'temp' ? await temperature(called, read) : await fan(called, read);
      if (figure !== null) (kind === 'temp' ? temperatures : fans).push(figure);
    }
  }
  return { temperatures, fans };
}

type Read = (what: string) => Promise<number | null>;

/** Null: it can't be read, or names no limit to judge it by. */
async function temperature(name: string, read: Read): Promise<Figure | null> {
  const now = await read('input');
  const critical = limit(await read('crit'));
  const high = limit(await read('max'));
  const alarm = await read('crit_alarm');
  if (now === null || (critical === null && high === null)) return null;
  const worryingAt = Math.min(
    high ?? Infinity,
    critical === null ? Infinity : critical - BELOW_CRITICAL_MILLIDEGREES,
  );
  const isCritical = alarm === 1 || (critical !== null && now >= critical);
  const level = isCritical ? 'failing' : now >= worryingAt ? 'worrying' : 'fine';
  const limits = [
    high === null ? '' : `high ${degrees(high)}`,
    critical === null ? '' : `critical ${degrees(critical)}`,
  ];
  return { level, evidence: `${name}: ${degrees(now)} (${limits.filter((text) => text !== '').join(', ')})` };
}

const limit = (value: number | null): number | null =>
  value !== null && value >= LEAST_LIMIT_MILLIDEGREES && value <= MOST_LIMIT_MILLIDEGREES ? value : null;

const degrees = (milli: number): string => `${Math.round(milli / 1000)} C`;

/** A fan that nobody has plugged in stands still as well: only one with a least speed, or with an alarm, is judged. */
async function fan(name: string, read: Read): Promise<Figure | null> {
  const now = await read('input');
  const least = await read('min');
  const alarm = await read('alarm');
  if (now === null || ((least === null || least <= 0) && alarm !== 1)) return null;
  const isSlow = alarm === 1 || (least !== null && now < least);
  const level = isSlow ? (now === 0 ? 'failing' : 'worrying') : 'fine';
  return { level, evidence: `${name}: ${now} turns a minute${least === null ? '' : `, at least ${least}`}` };
}
