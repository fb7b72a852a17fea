import type { Failure } from '../../protocol/failure.ts';
import type { Failback, GroupConfig, ProtectedVm, VmPolicy } from '../../protocol/group.ts';
import type { OnTrouble } from '../../protocol/hostCondition.ts';
import type { VmHealth } from '../../protocol/health.ts';
import { companyFault } from './company.ts';
import { waitingCycle } from './startGates.ts';

/** A policy with a change; health without a probe means that nobody looks into the guest, and 0 is no limit, and no drills. What is empty is left out. */
export function withPolicy(before: VmPolicy, change: Partial<VmPolicy>): VmPolicy {
  const {
    health,
    after,
    apart,
    together,
    needsRoom,
    liveMebibytesPerSecond = 0,
    onIsolation,
    failback,
    onDegraded,
    ...others
  } = { ...before, ...change };
  const { drillEveryDays = 0, drillFromHour = 0, drillToHour = 0, ...rest } = others;
  const isWatched = health?.fast !== undefined || health?.deep !== undefined;
  return {
    ...rest,
    ...(liveMebibytesPerSecond === 0 ? {} : { liveMebibytesPerSecond }),
    ...(drillEveryDays === 0 ? {} : { drillEveryDays }),
    ...(drillFromHour === drillToHour ? {} : { drillFromHour, drillToHour }),
    ...(isWatched ? { health } : {}),
    ...(isEmpty(after) ? {} : { after }),
    ...(isEmpty(apart) ? {} : { apart }),
    ...(isEmpty(together) ? {} : { together }),
    ...(onIsolation === undefined || onIsolation === 'tell' ? {} : { onIsolation }),
    ...(failback === undefined || failback.when === 'never' ? {} : { failback }),
    ...(needsRoom === true ? { needsRoom } : {}),
    ...(onDegraded === undefined || onDegraded === 'tell' ? {} : { onDegraded }),
  };
}

const isEmpty = (list: readonly string[] | undefined): list is undefined => (list?.length ?? 0) === 0;

export function failbackText(failback: Failback | undefined): string {
  if (failback === undefined) return '';
  const { when, hours, orShutDown } = failback;
  const time = hours === undefined || when === 'at-once' ? 'at once' : `from ${hours.from} to ${hours.to} h`;
  return `, given back to its preferred host ${time}${orShutDown ? ', with a shutdown where it must be' : ''}`;
}

export function drillText({ drillEveryDays: days, drillFromHour: from, drillToHour: to }: VmPolicy): string {
  if (days === undefined) return '';
  const often = `, drilled every ${days === 1 ? 'day' : `${days} days`}`;
  return from === undefined || to === undefined ? often : `${often} between ${from} and ${to} o'clock`;
}

export function watchedText(health: VmHealth | undefined): string {
  const probes = [health?.fast?.probe, health?.deep?.probe].filter((probe) => probe !== undefined);
  return probes.length === 0 ? '' : `, watched by ${probes.join(' and ')}`;
}

/** What happens when its host is in trouble. */
export function troubleText({ onIsolation = 'tell', onDegraded = 'tell' }: VmPolicy): string {
  const moved = (how: OnTrouble, when: string): string =>
    how === 'tell' ? '' : `, moved ${how === 'live' ? 'while it runs' : 'also by a shutdown'} when ${when}`;
  return `${moved(onIsolation, 'its network is cut off')}${moved(onDegraded, 'its host shows that it may fail')}`;
}

/** Why the VMs of this configuration can't have it as this one's policy says; null: they can. */
export function policyFault(config: GroupConfig, vm: ProtectedVm): Failure | null {
  for (const field of ['after', 'apart', 'together'] as const) {
    const list = vm.policy[field] ?? [];
    const unknown = list.find((uuid) => !config.vms.some((one) => one.vm === uuid));
    if (unknown !== undefined) {
      const message = `${vm.name} names ${unknown}, which is not a protected VM of this group.`;
      return { code: 'vm.not-protected', message, field: `policy.${field}` };
    }
  }
  const conflict = companyFault(config);
  if (conflict !== null) return conflict;
  const cycle = waitingCycle(config);
  if (cycle === null) return null;
  return {
    code: 'vm.start-cycle',
    message: `These VMs would wait for each other for ever: ${cycle.join(' after ')}.`,
    fix: "Take one of them out of the other's list.",
    field: 'policy.after',
  };
}

/** What the policy says of other VMs. */
export function othersText(config: GroupConfig, { after, apart, together }: VmPolicy): string {
  const named = (word: string, list: readonly string[] | undefined): string => {
    const known = (list ?? []).map((uuid) => config.vms.find((one) => one.vm === uuid)?.name ?? uuid);
    return known.length === 0 ? '' : `, ${word} ${known.join(' and ')}`;
  };
  return [
    named('started after', after),
    named('rather not on the host of', apart),
    named('rather on the host of', together),
  ].join('');
}
