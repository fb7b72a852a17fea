import type { DomainFact, DomainRunState, HypervisorAction } from '../../../agent/core/engine/types.ts';
import type { Qemu, Vm } from './guests.ts';

/** A domain as libvirt's daemon knows it, which may be less than the truth. */
export interface Domain {
  readonly vm: Vm;
  isDefined: boolean;
  state: DomainRunState;
  reason: string;
  qemu: Qemu | null;
  /** A start is in flight: libvirt lets nothing else at it. */
  isStarting: boolean;
  /** By a call to libvirt, which names the reason when it is gone. */
  isDestroyed: boolean;
  /** By the last step of a migration. */
  hasLeft: boolean;
}

export function newDomain(vm: Vm): Domain {
  const stopped = { state: 'stopped', reason: 'unknown', qemu: null } as const;
  return { vm, isDefined: true, ...stopped, isStarting: false, isDestroyed: false, hasLeft: false };
}

export function factOf({ vm, state, reason }: Domain): DomainFact {
  return { vm: vm.uuid, name: vm.name, state, reason };
}

export function wentDown(domain: Domain, reason: string): void {
  domain.qemu = null;
  domain.isStarting = false;
  domain.hasLeft = false;
  domain.state = 'stopped';
  domain.reason = reason;
}

/** What a daemon that was started anew finds out about a QEMU that lives. */
export function found(domain: Domain, qemu: Qemu): void {
  domain.state = qemu.paused === null ? 'running' : 'paused';
  domain.reason = qemu.paused === 'io-error' ? 'io-error' : qemu.paused === 'moved' ? 'migration' : 'unknown';
}

/** What concerns one host alone. */
export type LocalAction = Exclude<HypervisorAction, { kind: 'migrate' | 'cancelMigration' }>;

export function domainOf(domains: readonly Domain[], vm: Vm): Domain {
  const domain = domains[vm.index];
  if (domain === undefined) throw new RangeError(`there is no VM ${vm.index}`);
  return domain;
}

/** libvirt's word for why the domain's QEMU has ended. */
export function whyDown({ hasLeft, isDestroyed }: Domain, { guest }: Qemu): string {
  if (hasLeft) return 'migrated';
  return guest === 'off' ? 'shutdown' : isDestroyed ? 'destroyed' : 'failed';
}
