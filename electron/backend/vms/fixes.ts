import { posix } from 'node:path';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { GroupVms } from './reasons.ts';
import type { HostVms, ListedVm } from './listVms.ts';
import type { DiskMove } from './moveDisk.ts';

/** A change to a VM's definition or to a host that takes a reason away. Said before it is made. */
export interface VmFix {
  readonly id: string;
  readonly label: string;
  readonly consequence: string;
  readonly action: VmFixAction;
  readonly answers: (failure: Failure) => boolean;
}

export type VmFixAction =
  | { readonly kind: 'eject'; readonly target: string; readonly running: boolean }
  | {
      readonly kind: 'disk-driver';
      readonly target: string;
      readonly attribute: 'cache' | 'io';
      readonly value: string;
    }
  | { readonly kind: 'move-disk'; readonly move: DiskMove }
  | { readonly kind: 'cpu' }
  | { readonly kind: 'start-network'; readonly network: string; readonly on: string }
  | { readonly kind: 'copy-network'; readonly network: string; readonly to: string }
  | { readonly kind: 'make-bridge'; readonly bridge: string; readonly to: string };

/** All fixes that a VM could have as it is defined; which of them are shown is decided by its reasons. Pure. */
export function vmFixes(vm: ListedVm, own: HostVms, group: GroupVms): readonly VmFix[] {
  const { name, disks } = vm.description;
  const later = vm.running ? ' It takes effect when the VM is shut down and started again.' : '';
  const others = group.hosts.filter((host) => host !== own);
  return [
    ...disks.flatMap(({ target }) => [
      eject(vm, target),
      driver({ name, target, attribute: 'cache', value: 'none', code: 'vm.cache-mode', later }),
      driver({ name, target, attribute: 'io', value: 'threads', code: 'vm.io-mode', later }),
    ]),
    {
      id: 'cpu',
      label: 'Give it a CPU that all hosts have',
      consequence: `Asks libvirt for the best CPU model that all hosts have in common, and puts it into the definition of ${name}.${later} A guest may ask for a new activation.`,
      action: { kind: 'cpu' },
      answers: ({ code }) => code === 'vm.cpu-of-host',
    },
    ...moves(vm, group),
    ...group.hosts.flatMap((host) => startFixes(vm, own, host)),
    ...others.flatMap((other) => [...networkFixes(vm, own, other), ...bridgeFixes(vm, own, other)]),
  ];
}

/** Drive names that may stand in the name of a service. */
const PLAIN_TARGET = /^[a-z0-9]{1,16}$/;

/** A local image file goes to the store with a copy, while the VM is off. Snapshots would be lost in the copy. */
function moves({ description, running }: ListedVm, { storeFolder }: GroupVms): readonly VmFix[] {
  const { vm, name, disks, hasSnapshots } = description;
  if (storeFolder === null || running || hasSnapshots) return [];
  return disks
    .filter(
      ({ device, source, placement }) => device === 'disk' && source === 'file' && placement === 'local',
    )
    .filter(({ target }) => PLAIN_TARGET.test(target))
    .map(({ target, path }) => {
      const to = posix.join(storeFolder, posix.basename(path));
      return {
        id: `move:${target}`,
        label: `Move disk ${target} to the store`,
        consequence: `Copies ${path} to ${to}, compares the two, and has the definition of ${name} name the copy. ${name} must stay off meanwhile. The old file stays where it is until you delete it.`,
        action: { kind: 'move-disk', move: { vmId: vm, target, from: path, to } } as const,
        answers: ({ code, message }) =>
          code === 'vm.local-disk' && message.startsWith(`${name}'s disk ${target} is ${path},`),
      };
    });
}

function eject({ description, running }: ListedVm, target: string): VmFix {
  const named = `${description.name}'s `;
  return {
    id: `eject:${target}`,
    label: 'Eject the medium',
    consequence: `Takes the medium out of drive ${target} of ${description.name}${running ? ', at once and' : ''} in its definition. The file itself stays where it is.`,
    action: { kind: 'eject', target, running },
    answers: ({ code, message }) =>
      code === 'vm.local-medium' && message.startsWith(named) && message.includes(` ${target} holds `),
  };
}

function driver(about: {
  readonly name: string;
  readonly target: string;
  readonly attribute: 'cache' | 'io';
  readonly value: string;
  readonly code: string;
  readonly later: string;
}): VmFix {
  const { name, target, attribute, value, code, later } = about;
  const what = attribute === 'cache' ? 'Set the cache mode' : 'Set the I/O mode';
  return {
    id: `${attribute}:${target}`,
    label: `${what} of ${target} to ${value}`,
    consequence: `Sets ${attribute}='${value}' for disk ${target} in the definition of ${name}.${later}`,
    action: { kind: 'disk-driver', target, attribute, value },
    answers: (failure) => failure.code === code && failure.message.includes(` ${target} uses `),
  };
}

/** A network that is there and not started, on whichever host. */
function startFixes({ description }: ListedVm, own: HostVms, host: HostVms): readonly VmFix[] {
  const wanted = description.interfaces.flatMap(({ type, source }) => (type === 'network' ? [source] : []));
  const code = host === own ? 'vm.network-missing' : 'vm.network-missing-there';
  return [...new Set(wanted)]
    .filter((network) => host.stoppedNetworks.includes(network))
    .map((network) => ({
      id: `start-network:${network}:${host.host}`,
      label: `Start the network on ${host.host}`,
      consequence: `Starts the libvirt network "${network}" on ${host.host}, now and whenever the host starts.`,
      action: { kind: 'start-network', network, on: host.host } as const,
      answers: (failure) =>
        failure.code === code &&
        (host === own || failure.field === host.host) &&
        failure.message.includes(`"${network}"`),
    }));
}

function networkFixes(vm: ListedVm, own: HostVms, other: HostVms): readonly VmFix[] {
  const wanted = vm.description.interfaces
    .filter(({ type }) => type === 'network')
    .map(({ source }) => source);
  return [...new Set(wanted)]
    .filter((network) => own.networks.includes(network) && !other.networks.includes(network))
    .map((network) => ({
      id: `network:${network}:${other.host}`,
      label: `Create the network on ${other.host}`,
      consequence: `Defines the libvirt network "${network}" on ${other.host} as it is on ${own.host}, starts it, and lets it start with the host. libvirt refuses it when an address is in use there.`,
      action: { kind: 'copy-network', network, to: other.host } as const,
      answers: ({ code, message, field }) =>
        code === 'vm.network-missing-there' && field === other.host && message.includes(`"${network}"`),
    }));
}

/** Only a bridge without a way out of its host can be made elsewhere without touching that host's own network. */
function bridgeFixes(vm: ListedVm, own: HostVms, other: HostVms): readonly VmFix[] {
  const wanted = vm.description.interfaces
    .filter(({ type }) => type === 'bridge')
    .map(({ source }) => source);
  return [...new Set(wanted)]
    .filter((bridge) => own.bridges.some(({ name, hasUplink }) => name === bridge && !hasUplink))
    .filter((bridge) => !other.bridges.some(({ name }) => name === bridge))
    .map((bridge) => ({
      id: `bridge:${bridge}:${other.host}`,
      label: `Create the bridge on ${other.host}`,
      consequence: `Makes the bridge "${bridge}" on ${other.host} through libvirt, without a way out of the host, as it has none on ${own.host}. Network cards of ${other.host} are not touched.`,
      action: { kind: 'make-bridge', bridge, to: other.host } as const,
      answers: ({ code, message, field }) =>
        code === 'vm.bridge-missing-there' && field === other.host && message.includes(`"${bridge}"`),
    }));
}
