import {
  beatsTwice,
  DEFAULT_DEEP,
  DEFAULT_FAST,
  DEFAULT_HEALTH,
  type HealthLevel,
  ONE_LEVEL_BEATS,
  parseProbe,
  PROBE_FORMS,
  type VmHealth,
} from '../protocol/health.ts';
import { type ReadWords, UsageError, wholeNumber } from './commandLine.ts';

const MINUTE_MS = 60_000;

/** Options with which it is said how a VM's guest is watched and what is done when it fails. */
export const HEALTH_OPTIONS = [
  '--fast',
  '--fast-every',
  '--fast-timeout',
  '--fast-failures',
  '--deep',
  '--deep-every',
  '--deep-timeout',
  '--deep-failures',
  '--min-uptime',
  '--reboot-grace',
  '--quiet',
  '--restart-app',
  '--app-restarts',
  '--resets',
] as const;
type HealthOption = (typeof HEALTH_OPTIONS)[number];

export const changesHealth = ({ options }: ReadWords): boolean =>
  HEALTH_OPTIONS.some((name) => options.has(name));

/** Health as it becomes. What is not named stays, or is the default. Throws a UsageError that names the option. */
export function healthOf(words: ReadWords, before: VmHealth | undefined): VmHealth {
  const { fast: oldFast, deep: oldDeep, restartApp: oldCommand, ...old } = before ?? DEFAULT_HEALTH;
  const number = (name: HealthOption, least: number, most: number, unitMs: number, other: number): number => {
    const text = words.options.get(name);
    return text === undefined ? other : wholeNumber(name, text, least, most) * unitMs;
  };
  const fast = levelOf(words, 'fast', oldFast, DEFAULT_FAST);
  const deep = levelOf(words, 'deep', oldDeep, DEFAULT_DEEP);
  if (beatsTwice(fast?.probe, deep?.probe)) {
    throw new UsageError(`--deep ${ONE_LEVEL_BEATS}. Take one of them "off".`);
  }
  const command = commandOf(words, oldCommand);
  return {
    ...(fast === undefined ? {} : { fast }),
    ...(deep === undefined ? {} : { deep }),
    ...(command === undefined ? {} : { restartApp: command }),
    minUptimeMs: number('--min-uptime', 0, 3600, 1000, old.minUptimeMs),
    rebootGraceMs: number('--reboot-grace', 0, 240, MINUTE_MS, old.rebootGraceMs),
    quietMs: number('--quiet', 5, 3600, 1000, old.quietMs),
    appRestarts: number('--app-restarts', 0, 10, 1, old.appRestarts),
    resets: number('--resets', 0, 10, 1, old.resets),
  };
}

function levelOf(
  words: ReadWords,
  name: 'fast' | 'deep',
  before: HealthLevel | undefined,
  usual: Omit<HealthLevel, 'probe'>,
): HealthLevel | undefined {
  const text = words.options.get(`--${name}`);
  if (text === 'off') return undefined;
  const probe = text ?? before?.probe;
  if (text !== undefined && parseProbe(text) === null) {
    throw new UsageError(`--${name} ${PROBE_FORMS}, or "off". It is "${text}".`);
  }
  const seconds = (what: 'every' | 'timeout', most: number): number | null => {
    const option = `--${name}-${what}` as const;
    const given = words.options.get(option);
    return given === undefined ? null : wholeNumber(option, given, 1, most) * 1000;
  };
  const failures = words.options.get(`--${name}-failures`);
  const { everyMs, timeoutMs, failures: count } = before ?? usual;
  const numbers = {
    everyMs: seconds('every', 3600) ?? everyMs,
    timeoutMs: seconds('timeout', 60) ?? timeoutMs,
    failures: failures === undefined ? count : wholeNumber(`--${name}-failures`, failures, 1, 100),
  };
  return probe === undefined ? undefined : { probe, ...numbers };
}

function commandOf({ options }: ReadWords, before: string | undefined): string | undefined {
  const text = options.get('--restart-app');
  if (text === undefined) return before;
  if (text === 'off') return undefined;
  if (parseProbe(text)?.kind === 'exec') return text;
  throw new UsageError(`--restart-app must be "exec:/PROGRAM ARGUMENTS" or "off", not "${text}".`);
}
