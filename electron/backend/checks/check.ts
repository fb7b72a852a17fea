import type { Failure } from '../../../agent/protocol/failure.ts';

export type CheckStatus = 'pass' | 'warn' | 'fail' | 'skipped';
export type CheckGroup =
  | 'host'
  | 'network'
  | 'storage'
  | 'hypervisor'
  | 'time'
  | 'watchdog'
  | 'other-software';

/** One line of the validation report. */
export interface Check {
  /** Stable: `host.glibc`; documented with its failure codes in docs/codes.md. */
  readonly id: string;
  readonly group: CheckGroup;
  /** Name of the host it is about; null: about all of them together. */
  readonly host: string | null;
  /** Tells lines of the same id and host apart: the other host and the link. */
  readonly part?: string;
  readonly title: string;
  readonly status: CheckStatus;
  /** What was found, in a few words: `glibc 2.36`. */
  readonly evidence: string;
  /** For warn and fail: what it means and what to do. */
  readonly failure?: Failure;
  /** A fail that the user may take on by naming it: `--accept watchdog.device`. */
  readonly acceptable?: boolean;
}

type Base = Pick<Check, 'id' | 'group' | 'host' | 'part' | 'title'>;

/** Names one line of a report, the same at each look. */
export function lineKey({ id, host, part }: Pick<Check, 'id' | 'host' | 'part'>): string {
  return [id, host ?? 'all', ...(part === undefined ? [] : [part])].join(' ');
}
export const idOfLine = (key: string): string => key.split(' ', 1)[0] ?? key;

export function pass(base: Base, evidence: string): Check {
  return { ...base, status: 'pass', evidence };
}
export function skipped(base: Base, evidence: string): Check {
  return { ...base, status: 'skipped', evidence };
}
export function warn(base: Base, evidence: string, failure: Failure): Check {
  return { ...base, status: 'warn', evidence, failure };
}
export function failed(base: Base, evidence: string, failure: Failure, acceptable = false): Check {
  return { ...base, status: 'fail', evidence, failure, ...(acceptable ? { acceptable } : {}) };
}

/** The fails that stop: those that are not accepted by name. Naming one that can't be accepted changes nothing. */
export function blocking(checks: readonly Check[], accepted: ReadonlySet<string>): readonly Check[] {
  return checks.filter((check) => check.status === 'fail' && !(check.acceptable && accepted.has(check.id)));
}
