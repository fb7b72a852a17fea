import type { Failure } from '../../protocol/failure.ts';
import type { GroupConfig, ProtectedVm, VmPolicy } from '../../protocol/group.ts';
import { MAX_VMS } from '../../protocol/ids.ts';
import type { HolderNote } from '../../protocol/store.ts';
import { drainMethod } from './checks.ts';
import type { DomainDescription } from './description.ts';
import { firstNote } from './notes.ts';
import { withPolicy } from './policy.ts';
import type { Draft } from './state.ts';
import type { AdminCommand } from './types.ts';

const DEFAULT_POLICY: VmPolicy = {
  maxRestarts: 2,
  windowMs: 600_000,
  order: 100,
  shutdownTimeoutMs: 120_000,
};

/** The VM's entry in the configuration; a failure that names what is wrong with the wishes. */
export function newProtection(
  draft: Draft,
  config: GroupConfig,
  wanted: Extract<AdminCommand, { kind: 'protect' }>,
  description: DomainDescription,
  skip: number,
): ProtectedVm | Failure {
  const self = draft.setup.slot;
  const others = config.hosts.map((host) => host.slot).filter((slot) => slot !== self);
  const hosts: number[] = [];
  for (const name of wanted.hosts ?? []) {
    const host = config.hosts.find((one) => one.name === name);
    if (!host) return { code: 'host.unknown', message: `The group has no host ${name}.`, field: 'hosts' };
    if (!hosts.includes(host.slot)) hosts.push(host.slot);
  }
  if (wanted.hosts !== null && !hosts.includes(self)) {
    const message = `${description.name} is on ${draft.setup.hostName}, which must be among its hosts.`;
    return { code: 'vm.host-missing', message, field: 'hosts' };
  }
  const token = freeToken(config, skip);
  if (token === null) {
    return {
      code: 'group.full',
      message: `The group protects ${config.vms.length} VMs: its lease area has no free token.`,
    };
  }
  return {
    token,
    vm: description.vm,
    name: description.name,
    hosts: wanted.hosts === null ? [self, ...others] : hosts,
    drain: drainMethod(description),
    policy: withPolicy(DEFAULT_POLICY, wanted.policy),
    memoryMiB: description.memoryMiB,
  };
}

/**
 * A token for a new VM, or null. The search begins at another place with each configuration: an index that was given
 * back a moment ago, which its last holder may still hold, comes around only after all others. The keeper refuses
 * one that is not provably free; `skip` such ones, and the next is taken.
 */
function freeToken(config: GroupConfig, skip: number): number | null {
  const used = new Set(config.vms.map((vm) => vm.token));
  const inOrder = Array.from({ length: MAX_VMS }, (_, step) => (config.generation + step) % MAX_VMS);
  return inOrder.filter((index) => !used.has(index))[skip] ?? null;
}

/** A VM that runs while it becomes protected is meant to run. */
export function initialNote(draft: Draft, vm: ProtectedVm, generation: number): HolderNote {
  const isActive = (draft.domains.get(vm.vm)?.state ?? 'stopped') !== 'stopped';
  return firstNote(generation, isActive ? 'running' : 'stopped');
}
