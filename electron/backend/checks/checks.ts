import type { HostFacts } from '../facts/facts.ts';
import { fail } from '../failures.ts';
import { blocking, type Check } from './check.ts';
import { hostChecks } from './host.ts';
import { hypervisorChecks, hypervisorsTogether } from './hypervisor.ts';
import { stepDownCheck } from './stepDown.ts';
import { storageChecks } from './storage.ts';
import { togetherChecks } from './together.ts';
import { type WatchdogChoice, watchdogChecks } from './watchdog.ts';

export type WatchdogChoices = ReadonlyMap<string, WatchdogChoice>;

/** The whole validation report of one or several hosts, from their facts alone. Pure. */
export function runChecks(all: readonly HostFacts[], watchdogs: WatchdogChoices): Check[] {
  const single = all.flatMap((facts) => [
    ...hostChecks(facts),
    stepDownCheck(facts),
    ...hypervisorChecks(facts),
    ...watchdogChecks(facts, watchdogs.get(facts.name) ?? configured(facts)),
  ]);
  if (all.length < 2) return single;
  return [...single, ...togetherChecks(all), ...hypervisorsTogether(all), ...storageChecks(all)];
}

/** What the host's keeper was given when its group was made. */
function configured({ settings }: HostFacts): WatchdogChoice | null {
  if (settings === null || settings.watchdogDevice === null) return null;
  return { device: settings.watchdogDevice, attributes: settings.watchdogAttributes };
}

/** Throws the first fail that is not accepted by name, with the number of the others. */
export function requireNoFails(checks: readonly Check[], accepted: ReadonlySet<string>): void {
  const [first, ...others] = blocking(checks, accepted);
  if (first?.failure === undefined) return;
  const more = others.length === 0 ? '' : ` (and ${others.length} more: see check)`;
  throw fail({ ...first.failure, message: `${first.failure.message}${more}` });
}
