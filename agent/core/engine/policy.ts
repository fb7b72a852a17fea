import type { Failure } from '../../protocol/failure.ts';
import type { GroupConfig, ProtectedVm, VmPolicy } from '../../protocol/group.ts';
import type { VmHealth } from '../../protocol/health.ts';
import { waitingCycle } from './startGates.ts';

/** A policy with a change; health without a probe means that nobody looks into the guest. What is empty is left out. */
export function withPolicy(before: VmPolicy, change: Partial<VmPolicy>): VmPolicy {
  const { health, after, ...rest } = { ...before, ...change };
  const isWatched = health?.fast !== undefined || health?.deep !== undefined;
  return {
    ...rest,
    ...(isWatched ? { health } : {}),
    ...(after === undefined || after.length === 0 ? {} : { after }),
  };
}

export function watchedText(health: VmHealth | undefined): string {
  const probes = [health?.fast?.probe, health?.deep?.probe].filter((probe) => probe !== undefined);
  return probes.length === 0 ? '' : `, watched by ${probes.join(' and ')}`;
}

/** Why the VMs of this configuration can't wait for each other as they should; null: they can. */
export function orderFault(config: GroupConfig, vm: ProtectedVm): Failure | null {
  const unknown = vm.policy.after?.find((uuid) => !config.vms.some((one) => one.vm === uuid));
  if (unknown !== undefined) {
    const message = `${vm.name} would wait for ${unknown}, which is not a protected VM of this group.`;
    return { code: 'vm.not-protected', message, field: 'policy.after' };
  }
  const cycle = waitingCycle(config);
  if (cycle === null) return null;
  return {
    code: 'vm.start-cycle',
    message: `These VMs would wait for each other for ever: ${cycle.join(' after ')}.`,
    fix: "Take one of them out of the other's list.",
    field: 'policy.after',
  };
}

export function afterText(config: GroupConfig, after: readonly string[] | undefined): string {
  const names = (after ?? []).map((uuid) => config.vms.find((one) => one.vm === uuid)?.name ?? uuid);
  return names.length === 0 ? '' : `, started after ${names.join(' and ')}`;
}
