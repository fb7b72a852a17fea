import type { VmPolicy } from '../../protocol/group.ts';
import type { VmHealth } from '../../protocol/health.ts';

/** A policy with a change; health without a probe means that nobody looks into the guest. */
export function withPolicy(before: VmPolicy, change: Partial<VmPolicy>): VmPolicy {
  const { health, ...rest } = { ...before, ...change };
  return health?.fast === undefined && health?.deep === undefined ? rest : { ...rest, health };
}

export function watchedText(health: VmHealth | undefined): string {
  const probes = [health?.fast?.probe, health?.deep?.probe].filter((probe) => probe !== undefined);
  return probes.length === 0 ? '' : `, watched by ${probes.join(' and ')}`;
}
