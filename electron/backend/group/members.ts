import { setTimeout as delay } from 'node:timers/promises';
import { UNITS } from '../../../agent/install/files.ts';
import type { GroupConfig, GroupHost } from '../../../agent/protocol/group.ts';
import { requireNoFails } from '../checks/checks.ts';
import { hostChecks } from '../checks/host.ts';
import { hypervisorChecks } from '../checks/hypervisor.ts';
import { type WatchdogChoice, watchdogChecks } from '../checks/watchdog.ts';
import { openControl } from '../control/control.ts';
import { gatherFacts, hardwareId, type HostFacts } from '../facts/facts.ts';
import { asFailure, fail } from '../failures.ts';
import type { GroupEntry } from '../inventory/schema.ts';
import type { HostSession } from '../ssh/session.ts';
import { probe } from '../storage/probe.ts';
import { distribute, readGroupKey, startServices } from './distribute.ts';
import { defaultAddresses, hostSettings } from './plan.ts';

/** The machine that comes into a group, and in whose place. */
export interface Newcomer {
  readonly name: string;
  readonly sshAddress: string;
  /** The host that it replaces; null: it is one more. */
  readonly insteadOf: string | null;
  /** One address a link; null: those that lie in the networks of the group's links. */
  readonly addresses: readonly string[] | null;
  readonly watchdog: WatchdogChoice | null;
  readonly accepted: ReadonlySet<string>;
}

/** A decision of all hosts on the store, with the waits for a host that has just left. */
const DECIDE_WITHIN_MS = 60_000;
const TRIES = 10;
const BETWEEN_TRIES_MS = 1_000;
const worthRepeating: ReadonlySet<string> = new Set([
  'config.stale',
  'config.contended',
  'config.host-alive',
  'group.busy',
]);

/**
 * Takes a machine with the agent on it into a group: looks at it, lets a living host's agent decide, gives it its part
 * and starts its services. May be repeated after a cut. The one that it replaces must be dead or have left: the keepers
 * judge that from the store. Throws a FailureError; before the decision nothing was changed.
 */
export async function joinGroup(
  newcomer: Newcomer,
  own: HostSession,
  living: HostSession,
  group: GroupEntry,
  say: (text: string) => void,
): Promise<GroupConfig> {
  say('looking at the new host');
  const facts = { ...(await gatherFacts(own)), name: newcomer.name };
  const checks = [
    ...hostChecks(facts),
    ...hypervisorChecks(facts),
    ...watchdogChecks(facts, newcomer.watchdog),
  ];
  requireNoFails(checks, newcomer.accepted);
  refuseMember(facts, group);
  await requireArea(own, group);
  const present = await configOf(living);
  const machine = hardwareId(facts);
  if (!present.hosts.some((host) => host.hardwareId === machine)) {
    say('the hosts of the group decide on it');
    await decide(living, newcomer, {
      name: newcomer.name,
      hardwareId: machine,
      links: linksFor(present, facts, newcomer),
      acceptSoftwareWatchdog: present.hosts.some((host) => host.acceptSoftwareWatchdog),
    });
  }
  const config = await configOf(living);
  const slot = config.hosts.find((host) => host.hardwareId === machine)?.slot;
  const key = await readGroupKey(living);
  if (slot === undefined || key === null) throw notDecided(newcomer.name);
  say('it is given its part of the group');
  await distribute(own, {
    key,
    config,
    settings: hostSettings(group, { slot, facts, watchdog: newcomer.watchdog }),
  });
  await startServices(own, UNITS);
  say('its services run');
  return config;
}

function refuseMember({ name, settings }: HostFacts, group: GroupEntry): void {
  if (settings === null || settings.groupId === group.groupId) return;
  throw fail({
    code: 'group.host-in-group',
    message: `${name} already belongs to the group ${settings.groupId}.`,
    meaning: 'A host belongs to one group at a time.',
    fix: 'Uninstall it there first.',
  });
}

/** A machine that does not see the very store of the group could do nothing but be in the way. */
async function requireArea(own: HostSession, group: GroupEntry): Promise<void> {
  const { area } = await probe(own, 'inspect', { path: group.areaPath });
  if (area.kind === 'area' && area.header.groupId === group.groupId && area.header.areaId === group.areaId)
    return;
  throw fail({
    code: 'store.not-shared',
    message: `${own.hostName} does not see the lease area of ${group.name} at ${group.areaPath}.`,
    meaning: 'It is not the same store, or it is not mounted there.',
    fix: 'Mount the store of the group at the same path, then begin again.',
  });
}

async function configOf(living: HostSession): Promise<GroupConfig> {
  const control = await openControl(living);
  try {
    const { config } = await control.call('group.show', {});
    if (config !== null) return config;
  } finally {
    control.close();
  }
  throw fail({
    code: 'control.unreachable',
    message: `The agent of ${living.hostName} does not know its group yet.`,
    fix: 'Try again in some seconds.',
  });
}

/** The group's links on the newcomer: its address in the network of each link, as far as addresses tell. */
function linksFor(
  config: GroupConfig,
  facts: HostFacts,
  { addresses, sshAddress, name }: Newcomer,
): GroupHost['links'] {
  const others = config.hosts[0]?.links ?? [];
  const network = (address: string): string => address.replace(/[.:][^.:]*$/, '');
  const usual = defaultAddresses(facts, sshAddress)[0];
  const guessed = others.map(({ address }, index) => {
    const near = facts.addresses.find((each) => network(each) === network(address));
    return near ?? (index === 0 ? usual : undefined);
  });
  const chosen = addresses ?? guessed;
  return others.map(({ link, port }, index) => {
    const address = chosen[index];
    if (address !== undefined && facts.addresses.includes(address)) return { link, address, port };
    throw fail({
      code: 'input.links',
      message: `${name} needs an address of its own on link ${link + 1}.`,
      fix: `Its addresses: ${facts.addresses.join(', ') || 'none found'}. Name one a link.`,
      field: 'links',
    });
  });
}

async function decide(
  living: HostSession,
  { insteadOf }: Newcomer,
  host: Omit<GroupHost, 'slot'>,
): Promise<void> {
  await repeated(async () => {
    const control = await openControl(living);
    try {
      if (insteadOf === null) await control.call('group.addHost', host, DECIDE_WITHIN_MS);
      else await control.call('group.replaceHost', { host: insteadOf, by: host }, DECIDE_WITHIN_MS);
    } finally {
      control.close();
    }
  });
}

/** Takes a host out of the group's configuration. Refused by the keepers while it may still run VMs. */
export async function leaveConfig(living: HostSession, name: string): Promise<void> {
  const config = await configOf(living);
  if (!config.hosts.some((host) => host.name === name)) return;
  await repeated(async () => {
    const control = await openControl(living);
    try {
      await control.call('group.removeHost', { host: name }, DECIDE_WITHIN_MS);
    } finally {
      control.close();
    }
  });
}

async function repeated(attempt: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (fault) {
      if (tries >= TRIES || !worthRepeating.has(asFailure(fault).code)) throw fault;
      await delay(BETWEEN_TRIES_MS);
    }
  }
}

const notDecided = (name: string): Error =>
  fail({
    code: 'group.not-joined',
    message: `The group took ${name}, but its configuration or key could not be read back.`,
    fix: 'Begin again: it goes on where it stopped.',
  });
