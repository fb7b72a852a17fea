import {
  beatsTwice,
  DEFAULT_DEEP,
  DEFAULT_FAST,
  DEFAULT_HEALTH,
  type HealthLevel,
  MAX_PROBE_CHARS,
  parseProbe,
  type VmHealth,
} from '../../../agent/protocol/health.ts';
import type { WholeNumber } from './wholeNumber.ts';

/** The form as it is typed; what is wrong in it; and the policy that it makes. */

type NumberName =
  | 'fastEvery'
  | 'fastFailures'
  | 'deepEvery'
  | 'deepFailures'
  | 'appRestarts'
  | 'resets'
  | 'minUptime'
  | 'rebootGrace'
  | 'quiet';

type ProbeName = 'fast' | 'deep' | 'restartApp';
export type HealthTexts = Readonly<Record<ProbeName | NumberName, string>>;

export const probeFields: readonly {
  readonly field: ProbeName;
  readonly label: string;
  readonly hint: string;
}[] = [
  {
    field: 'fast',
    label: 'Fast look',
    hint: 'Often and cheap. agent, heartbeat (the guest says by itself that it is well: the guide tells how), or tcp://ADDRESS:PORT. Empty: not used. Addresses are numbers, not names.',
  },
  {
    field: 'deep',
    label: 'Deep look',
    hint: 'Seldom and thorough. http://ADDRESS/PATH, https://ADDRESS/PATH, or exec:/PROGRAM ARGUMENTS in the guest.',
  },
  {
    field: 'restartApp',
    label: 'Restart the application with',
    hint: 'exec:/PROGRAM ARGUMENTS, run in the guest by its guest agent. Empty: the guest is reset instead.',
  },
];

export const numberFields: readonly WholeNumber<NumberName>[] = [
  { field: 'fastEvery', label: 'Fast look every, seconds', hint: '', least: 1, most: 3600 },
  { field: 'fastFailures', label: 'Fast failures in a row that count', hint: '', least: 1, most: 100 },
  { field: 'deepEvery', label: 'Deep look every, seconds', hint: '', least: 1, most: 3600 },
  { field: 'deepFailures', label: 'Deep failures in a row that count', hint: '', least: 1, most: 100 },
  {
    field: 'appRestarts',
    label: 'Restarts of the application',
    hint: 'Within the time of the policy above.',
    least: 0,
    most: 10,
  },
  { field: 'resets', label: 'Resets of the guest', hint: 'Within the same time.', least: 0, most: 10 },
  {
    field: 'minUptime',
    label: 'Least uptime, seconds',
    hint: 'Nothing counts before the guest has run so long.',
    least: 0,
    most: 3600,
  },
  {
    field: 'rebootGrace',
    label: 'Time for updates, minutes',
    hint: 'A guest that restarted itself may take so long.',
    least: 0,
    most: 240,
  },
  {
    field: 'quiet',
    label: 'Stillness before a reset, seconds',
    hint: 'A silent guest is reset only when its disks and network stood still for so long.',
    least: 5,
    most: 3600,
  },
];

export function textsOf(health: VmHealth | undefined): HealthTexts {
  const { fast, deep, restartApp, ...numbers } = health ?? DEFAULT_HEALTH;
  const fastNumbers = fast ?? DEFAULT_FAST;
  const deepNumbers = deep ?? DEFAULT_DEEP;
  return {
    fast: fast?.probe ?? '',
    deep: deep?.probe ?? '',
    restartApp: restartApp ?? '',
    fastEvery: String(fastNumbers.everyMs / 1000),
    fastFailures: String(fastNumbers.failures),
    deepEvery: String(deepNumbers.everyMs / 1000),
    deepFailures: String(deepNumbers.failures),
    appRestarts: String(numbers.appRestarts),
    resets: String(numbers.resets),
    minUptime: String(numbers.minUptimeMs / 1000),
    rebootGrace: String(numbers.rebootGraceMs / 60_000),
    quiet: String(numbers.quietMs / 1000),
  };
}

export function wrongProbe(field: ProbeName, texts: HealthTexts): string | null {
  const probe = texts[field].trim();
  if (probe === '') return null;
  if (probe.length > MAX_PROBE_CHARS) return `At most ${MAX_PROBE_CHARS} characters.`;
  const parsed = parseProbe(probe);
  if (field === 'restartApp')
    return parsed?.kind === 'exec' ? null : 'It begins with exec:/ and the path of a program.';
  if (parsed === null) return 'None of the forms below.';
  const isSecond = field === 'deep' && beatsTwice(texts.fast.trim(), probe);
  return isSecond ? 'The fast look waits for beats already.' : null;
}

/** Times that the form does not show stay as they were. */
export function healthOf(texts: HealthTexts, before: VmHealth | undefined): VmHealth {
  const level = (
    name: 'fast' | 'deep',
    usualMs: number,
  ): { readonly [Name in typeof name]?: HealthLevel } => {
    const probe = texts[name].trim();
    if (probe === '') return {};
    const everyMs = Number(texts[`${name}Every`]) * 1000;
    const timeoutMs = before?.[name]?.timeoutMs ?? usualMs;
    return { [name]: { probe, everyMs, timeoutMs, failures: Number(texts[`${name}Failures`]) } };
  };
  const command = texts.restartApp.trim();
  return {
    ...level('fast', DEFAULT_FAST.timeoutMs),
    ...level('deep', DEFAULT_DEEP.timeoutMs),
    ...(command === '' ? {} : { restartApp: command }),
    minUptimeMs: Number(texts.minUptime) * 1000,
    rebootGraceMs: Number(texts.rebootGrace) * 60_000,
    quietMs: Number(texts.quiet) * 1000,
    appRestarts: Number(texts.appRestarts),
    resets: Number(texts.resets),
  };
}
