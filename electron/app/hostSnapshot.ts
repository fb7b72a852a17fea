import type { Status, VmStatus } from '../../agent/protocol/control.ts';
import type { ConsoleLink } from '../ipc/views.ts';

/**
 * A report older than this is old: agents push one at least every second, so three have been missed. Nothing is
 * concluded from an old report except what was once true.
 */
export const FRESH_FOR_MS = 3_500;

/** All that this app holds of one host when a view is made. */
export interface HostSnapshot {
  readonly name: string;
  readonly address: string;
  readonly console: ConsoleLink;
  readonly status: Status | null;
  /** How long ago `status` came in; null without one. */
  readonly ageMs: number | null;
  readonly demoPower: 'on' | 'off' | null;
}

/** A snapshot that has a report, with what is asked of it again and again. */
export interface Reporter {
  readonly name: string;
  readonly slot: number;
  readonly status: Status;
  readonly ageMs: number;
  readonly fresh: boolean;
}

export function reporters(hosts: readonly HostSnapshot[]): readonly Reporter[] {
  return hosts.flatMap(({ name, status, ageMs }) =>
    status === null || ageMs === null
      ? []
      : [{ name, slot: status.self.slot, status, ageMs, fresh: ageMs <= FRESH_FOR_MS }],
  );
}

/** One host's word on one VM. */
export interface VmWord {
  readonly from: Reporter;
  readonly vm: VmStatus;
}

/** Every VM that any host names, with all that is said about it, in the order of the token table. */
export function wordsByVm(all: readonly Reporter[]): readonly (readonly [VmWord, ...VmWord[]])[] {
  const words = new Map<string, [VmWord, ...VmWord[]]>();
  for (const from of all) {
    for (const vm of from.status.vms) {
      const known = words.get(vm.vm);
      if (known === undefined) words.set(vm.vm, [{ from, vm }]);
      else known.push({ from, vm });
    }
  }
  return [...words.values()].toSorted(([a], [b]) => a.vm.token - b.vm.token);
}

/** Names by slot, from the newest configuration that any host reports, completed by the hosts themselves. */
export function hostNames(all: readonly Reporter[]): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  const configs = all.flatMap(({ status }) => (status.group === null ? [] : [status.group]));
  for (const config of configs.toSorted((a, b) => a.generation - b.generation)) {
    for (const { slot, name } of config.hosts) names.set(slot, name);
  }
  for (const { slot, name } of all) names.set(slot, name);
  return names;
}
