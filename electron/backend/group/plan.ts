import type { GroupConfig, GroupHost, HostSettings } from '../../../agent/protocol/group.ts';
import type { Slot, Uuid } from '../../../agent/protocol/ids.ts';
import type { ProfileName } from '../../../agent/protocol/timing.ts';
import { chooseWatchdog, type WatchdogChoice } from '../checks/watchdog.ts';
import { hardwareId, type HostFacts } from '../facts/facts.ts';
import { fail } from '../failures.ts';

/** UDP port of the heartbeats, if the user names none; registered for nothing that a hypervisor runs. */
export const DEFAULT_PORT = 7677;
const MAX_LINKS = 4;

export interface GroupHostInput {
  readonly slot: Slot;
  readonly facts: HostFacts;
  /** One address a link, in the order of the links; the same order on every host. */
  readonly addresses: readonly string[];
  readonly watchdog: WatchdogChoice | null;
  readonly acceptSoftwareWatchdog: boolean;
}

export interface GroupInput {
  readonly name: string;
  readonly groupId: Uuid;
  readonly areaId: Uuid;
  readonly areaPath: string;
  readonly profile: ProfileName;
  readonly port: number;
  readonly hosts: readonly GroupHostInput[];
}

/** The group's first configuration, generation 1, without VMs. Pure; throws a FailureError that names the field. */
export function firstConfig(input: GroupInput): GroupConfig {
  const links = input.hosts[0]?.addresses.length ?? 0;
  const uneven = input.hosts.find((host) => host.addresses.length !== links);
  if (uneven !== undefined || links === 0 || links > MAX_LINKS) {
    throw fail({
      code: 'input.links',
      message: `Every host needs the same number of link addresses, 1 to ${MAX_LINKS}; ${uneven?.facts.name ?? 'the first'} has ${uneven?.addresses.length ?? links}.`,
      fix: 'Give each host one address a link: --link HOST=ADDRESS[,ADDRESS].',
      field: 'link',
    });
  }
  for (const host of input.hosts) requireOwnAddresses(host);
  return {
    groupId: input.groupId,
    groupName: input.name,
    areaId: input.areaId,
    generation: 1,
    profile: input.profile,
    disarmed: false,
    hosts: input.hosts.map((host) => groupHost(host, input.port)),
    vms: [],
  };
}

function groupHost(host: GroupHostInput, port: number): GroupHost {
  return {
    slot: host.slot,
    name: host.facts.name,
    hardwareId: hardwareId(host.facts),
    links: host.addresses.map((address, link) => ({ link, address, port })),
    acceptSoftwareWatchdog: host.acceptSoftwareWatchdog,
  };
}

function requireOwnAddresses(host: GroupHostInput): void {
  const foreign = host.addresses.find((address) => !host.facts.addresses.includes(address));
  if (foreign === undefined) return;
  throw fail({
    code: 'input.link-address',
    message: `${host.facts.name} does not have the address ${foreign}.`,
    fix: `Its addresses: ${host.facts.addresses.join(', ') || 'none found'}.`,
    field: 'link',
  });
}

/** The link address when the user names none: the one that SSH goes to, else the host's first. */
export function defaultAddresses(facts: HostFacts, sshAddress: string): readonly string[] {
  if (facts.addresses.includes(sshAddress)) return [sshAddress];
  const [first] = facts.addresses.filter((address) => !address.includes(':'));
  return first === undefined ? [] : [first];
}

/** What only one host knows, for its /etc/understudy/host.json. Pure. */
export function hostSettings(
  input: Pick<GroupInput, 'groupId' | 'areaId' | 'areaPath'>,
  host: Pick<GroupHostInput, 'slot' | 'facts' | 'watchdog'>,
): HostSettings {
  const watchdog = chooseWatchdog(host.facts, host.watchdog);
  return {
    version: 1,
    slot: host.slot,
    hostName: host.facts.name,
    hardwareId: hardwareId(host.facts),
    groupId: input.groupId,
    areaId: input.areaId,
    areaPath: input.areaPath,
    hypervisor: 'libvirt',
    watchdogDevice: watchdog?.device ?? null,
    watchdogAttributes: watchdog?.attributes ?? null,
  };
}
