import { randomBytes, randomUUID } from 'node:crypto';
import type { GroupConfig } from '../../../agent/protocol/group.ts';
import type { ProfileName } from '../../../agent/protocol/timing.ts';
import { UNITS } from '../../../agent/install/files.ts';
import { type Check, blocking } from '../checks/check.ts';
import { requireNoFails, runChecks, type WatchdogChoices } from '../checks/checks.ts';
import { fail } from '../failures.ts';
import { gatherFacts, type HostFacts } from '../facts/facts.ts';
import type { GroupEntry } from '../inventory/schema.ts';
import { Secret } from '../secret.ts';
import type { HostSession } from '../ssh/session.ts';
import { asyncExports, folderProblems } from '../storage/find.ts';
import { type Latency, measureLatency, recommendProfile } from '../storage/latency.ts';
import { proveSharing } from '../storage/prove.ts';
import { makeArea, requireAreaPlace } from './area.ts';
import { distribute, readGroupKey, startServices } from './distribute.ts';
import { networkChecks } from './network.ts';
import { defaultAddresses, firstConfig, type GroupInput, hostSettings } from './plan.ts';

export interface CreateOptions {
  readonly name: string;
  readonly areaPath: string;
  readonly place: { readonly kind: 'folder' | 'device'; readonly path: string };
  /** null: the fastest that the measured latency allows, at most `steady`. */
  readonly profile: ProfileName | null;
  readonly port: number;
  /** Link addresses by host name; a missing host gets the address that SSH uses. */
  readonly links: ReadonlyMap<string, readonly string[]>;
  readonly watchdogs: WatchdogChoices;
  readonly acceptSoftwareWatchdog: boolean;
  /** Ids of checks that are taken on although they fail. */
  readonly accepted: ReadonlySet<string>;
  readonly say: (text: string) => void;
}

export interface GroupHostSession {
  readonly session: HostSession;
  readonly sshAddress: string;
}

export interface CreatePlan {
  readonly input: GroupInput;
  readonly config: GroupConfig;
  readonly checks: readonly Check[];
  readonly latencies: readonly Latency[];
}

/**
 * Everything that can refuse a group, before anything is changed: checks, sharing, latency, the area's place, the
 * network. `known` is the group of the same name in the inventory, left by a run that was cut off. Throws a FailureError.
 */
export async function planGroup(
  hosts: readonly GroupHostSession[],
  known: GroupEntry | null,
  options: CreateOptions,
): Promise<CreatePlan> {
  const sessions = hosts.map((host) => host.session);
  options.say('checking the hosts');
  const facts = await Promise.all(sessions.map(gatherFacts));
  const checks = runChecks(facts, options.watchdogs);
  requireNoFails(checks, options.accepted);
  requireInstalled(facts, known);
  const visible = options.place.kind === 'folder' ? folderProblems(options.place.path, facts) : [];
  const problems = [...visible, ...asyncExports(facts)];
  const [problem] = problems.filter((each) => !options.accepted.has(each.code));
  if (problem !== undefined) throw fail(problem);
  options.say(`proving that ${options.place.path} is shared`);
  await requireAreaPlace(sessions, options.areaPath, known?.groupId ?? null);
  const latencies = await proveAndMeasure(sessions, options, known);
  const input: GroupInput = {
    name: options.name,
    groupId: known?.groupId ?? randomUUID(),
    areaId: known?.areaId ?? randomUUID(),
    areaPath: options.areaPath,
    profile: options.profile ?? usualProfile(latencies),
    port: options.port,
    hosts: hosts.map((host, slot) => {
      const own = facts[slot];
      if (own === undefined) throw new Error('facts of a host are missing');
      return {
        slot,
        facts: own,
        addresses: options.links.get(own.name) ?? defaultAddresses(own, host.sshAddress),
        watchdog: options.watchdogs.get(own.name) ?? null,
        acceptSoftwareWatchdog: options.acceptSoftwareWatchdog,
      };
    }),
  };
  const config = firstConfig(input);
  options.say('sending datagrams between the hosts');
  const ends = input.hosts.map((host, index) => ({
    session: sessionAt(sessions, index),
    addresses: host.addresses,
  }));
  const network = await networkChecks(ends, options.port);
  requireNoFails(network, options.accepted);
  return { input, config, checks: [...checks, ...network], latencies };
}

/** The group as the inventory knows it. */
export function groupEntry({ input }: Pick<CreatePlan, 'input'>): GroupEntry {
  const { name, groupId, areaId, areaPath } = input;
  return {
    name,
    groupId,
    areaId,
    areaPath,
    hosts: input.hosts.map(({ facts, slot }) => ({ name: facts.name, slot })),
  };
}

/** Makes the area, gives each host its part and starts the services. May be repeated after a cut. */
export async function carryOut(
  hosts: readonly GroupHostSession[],
  plan: CreatePlan,
  say: (text: string) => void,
): Promise<void> {
  const sessions = hosts.map((host) => host.session);
  say(`making the lease area ${plan.input.areaPath}`);
  const config = await makeArea(sessions, plan.input.areaPath, plan.config);
  const keys = await Promise.all(sessions.map(readGroupKey));
  const key = keys.find((each) => each !== null) ?? new Secret(randomBytes(32).toString('hex'));
  for (const [index, session] of sessions.entries()) {
    const host = plan.input.hosts[index];
    if (host === undefined) throw new Error('a host of the plan is missing');
    // It has its part already: the files of a host that runs are its keeper's to change.
    if (host.facts.settings !== null) continue;
    say(`giving ${session.hostName} its part of the group`);
    await distribute(session, { key, config, settings: hostSettings(plan.input, host) });
  }
  await Promise.all(sessions.map((session) => startServices(session, UNITS)));
  say('the services run');
}

async function proveAndMeasure(
  sessions: readonly HostSession[],
  options: CreateOptions,
  known: GroupEntry | null,
): Promise<readonly Latency[]> {
  // A device that already carries this group's own area must not be written over by a proof.
  if (options.place.kind === 'device' && known !== null) return [];
  await proveSharing(sessions, options.place);
  options.say('measuring the latency of the store');
  const latencies: Latency[] = [];
  for (const session of sessions) latencies.push(await measureLatency(session, options.place));
  const recommended = recommendProfile(latencies);
  if (recommended !== null || options.accepted.has('store.too-slow')) return latencies;
  const worst = Math.max(...latencies.map((latency) => latency.maxMs));
  throw fail({
    code: 'store.too-slow',
    message: `Single writes to ${options.place.path} take up to ${Math.round(worst)} ms.`,
    meaning: 'Leases would lapse on a healthy host, and VMs be stopped for nothing.',
    fix: 'Use a faster store or a faster way to it, or accept it by name: --accept store.too-slow.',
  });
}

/** `steady` unless the store is slow: `swift` is a choice that a person makes. */
function usualProfile(latencies: readonly Latency[]): ProfileName {
  return latencies.length > 0 && recommendProfile(latencies) === 'patient' ? 'patient' : 'steady';
}

function requireInstalled(facts: readonly HostFacts[], known: GroupEntry | null): void {
  for (const each of facts) {
    if (each.installedVersion === null) {
      throw fail({
        code: 'group.not-installed',
        message: `The agent is not installed on ${each.name}.`,
        fix: `Install it first: install ${each.name}.`,
      });
    }
    if (each.settings !== null && each.settings.groupId !== known?.groupId) {
      throw fail({
        code: 'group.host-in-group',
        message: `${each.name} already belongs to the group ${each.settings.groupId}.`,
        meaning: 'A host belongs to one group at a time.',
        fix: 'Uninstall it there first, or add that group to this console.',
      });
    }
  }
  const versions = new Set(facts.map((each) => each.installedVersion));
  if (versions.size > 1) {
    throw fail({
      code: 'group.versions-differ',
      message: `The hosts have different versions of the agent: ${facts.map((each) => `${each.name} ${each.installedVersion}`).join(', ')}.`,
      fix: 'Install on all of them again.',
    });
  }
}

function sessionAt(sessions: readonly HostSession[], index: number): HostSession {
  const session = sessions[index];
  if (session === undefined) throw new Error('a session is missing');
  return session;
}

/** Fails of a plan's checks that were accepted by name, to be said aloud. */
export function acceptedFails(checks: readonly Check[], accepted: ReadonlySet<string>): readonly Check[] {
  const still = new Set(blocking(checks, accepted));
  return checks.filter((check) => check.status === 'fail' && !still.has(check));
}
