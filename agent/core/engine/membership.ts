import type { Failure } from '../../protocol/failure.ts';
import type { GroupConfig, GroupHost } from '../../protocol/group.ts';
import { MAX_HOSTS } from '../../protocol/ids.ts';

/**
 * Hosts that come into the group and go out of it, as changes of its configuration. Whether a change is safe, the keeper
 * judges from the store: a new host gets a slot that no machine ever had, and only a host that is dead or has left goes.
 */

export type NewHost = Omit<GroupHost, 'slot'>;
/** Up to which epoch the host of a slot is known to be dead; 0: it is not. The others go by it from then on. */
export type DeadUpTo = (slot: number) => number;

/**
 * The configuration with one more host, which may run every VM after those that may run it now. `skip`: how many free
 * slots the keeper has refused already, because a machine had them once.
 */
export function withHostAdded(config: GroupConfig, host: NewHost, skip: number): GroupConfig | Failure {
  const taken = alreadyThere(config, host);
  if (taken !== null) return taken;
  const slot = freeSlot(config, skip);
  if (slot === null) return noSlot();
  return {
    ...config,
    hosts: [...config.hosts, { ...host, slot }],
    vms: config.vms.map((vm) => ({ ...vm, hosts: [...vm.hosts, slot] })),
  };
}

/** The configuration without a host. A VM that only this host may run has to be unprotected or moved first. */
export function withHostRemoved(
  config: GroupConfig,
  name: string,
  deadUpTo: DeadUpTo,
): GroupConfig | Failure {
  const gone = config.hosts.find((host) => host.name === name);
  if (gone === undefined) return unknownHost(name);
  if (config.hosts.length === 1) {
    return { code: 'group.last-host', message: `${name} is the only host of the group.`, field: 'host' };
  }
  const stranded = config.vms.filter((vm) => vm.hosts.every((slot) => slot === gone.slot));
  if (stranded.length > 0) {
    const names = stranded.map((vm) => vm.name).join(', ');
    return {
      code: 'group.host-needed',
      message: `Only ${name} may run ${names}.`,
      fix: 'Unprotect them, or allow them on another host first.',
      field: 'host',
    };
  }
  const { slot } = gone;
  return retire(config, { slot, epoch: deadUpTo(slot) }, (hosts) => hosts.filter((one) => one !== slot));
}

/** Another machine in the place of a host: one decision, in which each VM keeps its order of hosts. */
export function withHostReplaced(
  config: GroupConfig,
  name: string,
  by: NewHost,
  skip: number,
  deadUpTo: DeadUpTo,
): GroupConfig | Failure {
  const gone = config.hosts.find((host) => host.name === name);
  if (gone === undefined) return unknownHost(name);
  const others = { ...config, hosts: config.hosts.filter((host) => host !== gone) };
  const taken = alreadyThere(others, by);
  if (taken !== null) return taken;
  const slot = freeSlot(config, skip);
  if (slot === null) return noSlot();
  const old = { slot: gone.slot, epoch: deadUpTo(gone.slot) };
  const next = retire(config, old, (hosts) => hosts.map((one) => (one === gone.slot ? slot : one)));
  return { ...next, hosts: [...next.hosts, { ...by, slot }] };
}

function retire(
  config: GroupConfig,
  gone: { readonly slot: number; readonly epoch: number },
  hostsOf: (hosts: readonly number[]) => number[],
): GroupConfig {
  return {
    ...config,
    hosts: config.hosts.filter((host) => host.slot !== gone.slot),
    retired: [...(config.retired ?? []), gone],
    ...(config.maintenance === undefined
      ? {}
      : { maintenance: config.maintenance.filter((one) => one.slot !== gone.slot) }),
    vms: config.vms.map((vm) => ({ ...vm, hosts: hostsOf(vm.hosts) })),
  };
}

function freeSlot(config: GroupConfig, skip: number): number | null {
  const used = new Set([
    ...config.hosts.map((host) => host.slot),
    ...(config.retired ?? []).map(({ slot }) => slot),
  ]);
  return Array.from({ length: MAX_HOSTS }, (_, slot) => slot).filter((slot) => !used.has(slot))[skip] ?? null;
}

function alreadyThere(config: GroupConfig, host: NewHost): Failure | null {
  if (config.hosts.some((one) => one.name === host.name)) {
    return {
      code: 'group.host-name-taken',
      message: `The group has a host ${host.name} already.`,
      field: 'name',
    };
  }
  const twin = config.hosts.find((one) => one.hardwareId === host.hardwareId);
  if (twin === undefined) return null;
  return {
    code: 'group.host-there',
    message: `This machine is in the group already, as ${twin.name}.`,
    fix: 'If it is a clone of that host, give it a machine id of its own: systemd-machine-id-setup.',
    field: 'hardwareId',
  };
}

function unknownHost(name: string): Failure {
  return { code: 'host.unknown', message: `The group has no host ${name}.`, field: 'host' };
}

function noSlot(): Failure {
  return {
    code: 'group.no-slot',
    message: `All ${MAX_HOSTS} slots of the lease area were given to machines.`,
    fix: 'Make a new group with a new lease area: understudy keeps no slot twice.',
  };
}
