import { Failback, type VmPolicy } from '../protocol/group.ts';
import { OnTrouble } from '../protocol/hostCondition.ts';
import { type ReadWords, UsageError, wholeNumber } from './commandLine.ts';

const MINUTE_MS = 60_000;
/** Options with which a VM's policy is given, to `protect` and to `policy`. */
export const POLICY_OPTIONS = [
  '--restarts',
  '--window',
  '--order',
  '--shutdown-timeout',
  '--live-limit',
  '--on-isolation',
  '--on-degraded',
  '--failback',
  '--failback-how',
  '--room',
  '--drill-days',
  '--drill-hours',
] as const;

/** What of the policy the words name. Throws a UsageError for a value out of bounds. */
export function policyOf({ options }: ReadWords): Partial<VmPolicy> {
  const number = (name: (typeof POLICY_OPTIONS)[number], least: number, most: number): number | null => {
    const text = options.get(name);
    return text === undefined ? null : wholeNumber(name, text, least, most);
  };
  const restarts = number('--restarts', 0, 20);
  const windowMinutes = number('--window', 1, 1440);
  const order = number('--order', 0, 1000);
  const shutdownSeconds = number('--shutdown-timeout', 1, 3600);
  const liveLimit = number('--live-limit', 0, 1_000_000);
  const onIsolation = troubleOf('--on-isolation', options.get('--on-isolation'));
  const onDegraded = troubleOf('--on-degraded', options.get('--on-degraded'));
  const failback = failbackOf(options.get('--failback'), options.get('--failback-how'));
  const room = options.get('--room');
  if (room !== undefined && room !== 'must' && room !== 'warn') {
    throw new UsageError(`--room must be must or warn, not "${room}".`);
  }
  const drillDays = number('--drill-days', 0, 365);
  return {
    ...(failback === undefined ? {} : { failback }),
    ...(room === undefined ? {} : { needsRoom: room === 'must' }),
    ...(restarts === null ? {} : { maxRestarts: restarts }),
    ...(windowMinutes === null ? {} : { windowMs: windowMinutes * MINUTE_MS }),
    ...(order === null ? {} : { order }),
    ...(shutdownSeconds === null ? {} : { shutdownTimeoutMs: shutdownSeconds * 1000 }),
    ...(liveLimit === null ? {} : { liveMebibytesPerSecond: liveLimit }),
    ...(onIsolation === null ? {} : { onIsolation }),
    ...(onDegraded === null ? {} : { onDegraded }),
    ...(drillDays === null ? {} : { drillEveryDays: drillDays }),
    ...drillHours(options.get('--drill-hours')),
  };
}

/** `22-5`: from 22 to 5 o'clock; `off`: not by itself. */
function drillHours(text: string | undefined): Partial<VmPolicy> {
  if (text === undefined) return {};
  if (text === 'off') return { drillFromHour: 0, drillToHour: 0 };
  const hours = /^(\d{1,2})-(\d{1,2})$/.exec(text);
  if (hours === null)
    throw new UsageError(`--drill-hours must be two hours such as 22-5, or off, not "${text}".`);
  return {
    drillFromHour: wholeNumber('--drill-hours', hours[1] ?? '', 0, 23),
    drillToHour: wholeNumber('--drill-hours', hours[2] ?? '', 0, 23),
  };
}

function troubleOf(name: string, text: string | undefined): OnTrouble | null {
  if (text === undefined) return null;
  const parsed = OnTrouble.safeParse(text);
  if (!parsed.success) throw new UsageError(`${name} takes tell, live or move.`);
  return parsed.data;
}

const HOURS = /^(\d{1,2})-(\d{1,2})$/;

/** `never`, `at-once`, or the idle hours as `22-6`. */
function failbackOf(when: string | undefined, how: string | undefined): Failback | undefined {
  if (when === undefined) {
    if (how !== undefined) throw new UsageError('--failback-how goes with --failback.');
    return undefined;
  }
  if (how !== undefined && how !== 'live' && how !== 'live-or-shutdown') {
    throw new UsageError(`--failback-how must be live or live-or-shutdown, not "${how}".`);
  }
  const orShutDown = how === 'live-or-shutdown';
  if (when === 'never' || when === 'at-once') return { when, orShutDown };
  const [, from, to] = HOURS.exec(when) ?? [];
  const hours = { from: Number(from), to: Number(to) };
  const read = Failback.safeParse({ when: 'idle-hours', hours, orShutDown });
  if (read.success) return read.data;
  throw new UsageError(
    `--failback must be never, at-once, or two hours from 0 to 23 such as 22-6, not "${when}".`,
  );
}
