import { requireNoFails } from '../checks/checks.ts';
import { hostChecks } from '../checks/host.ts';
import { hypervisorChecks } from '../checks/hypervisor.ts';
import { gatherFacts, type HostFacts } from '../facts/facts.ts';
import { leaveInInventory } from '../group/membership.ts';
import { groupWith } from '../hosts/hosts.ts';
import { readInventory } from '../inventory/inventory.ts';
import type { GroupEntry } from '../inventory/schema.ts';
import type { HostSession } from '../ssh/session.ts';
import { probe } from '../storage/probe.ts';
import { fixedFilesStep } from '../checks/fixes.ts';
import { readBundle } from './bundle.ts';
import { installSteps } from './install.ts';
import { applySteps, type PlannedStep, planSteps, type Report, type Step, undoSteps } from './step.ts';
import { leaveGroup } from './uninstall.ts';

interface Installation {
  readonly facts: HostFacts;
  readonly version: string;
  readonly steps: readonly Step[];
}

/** What an installation on this host consists of. Throws a FailureError when the host can't carry the agent. */
async function installation(
  session: HostSession,
  agentFolder: string,
  accepted: ReadonlySet<string>,
): Promise<Installation> {
  const facts = await gatherFacts(session);
  requireNoFails([...hostChecks(facts), ...hypervisorChecks(facts)], accepted);
  const bundle = readBundle(agentFolder, facts.arch);
  return { facts, version: bundle.version, steps: installSteps(facts, bundle, session.user) };
}

export interface InstallPlan {
  readonly host: string;
  readonly version: string;
  readonly installedVersion: string | null;
  readonly steps: readonly PlannedStep[];
}

/** The dry run. Changes nothing. */
export async function planInstallation(
  session: HostSession,
  agentFolder: string,
  accepted: ReadonlySet<string>,
): Promise<InstallPlan> {
  const { facts, version, steps } = await installation(session, agentFolder, accepted);
  const { installedVersion } = facts;
  return { host: session.hostName, version, installedVersion, steps: await planSteps(session, steps) };
}

/** Installs, or goes on where an earlier run stopped. Returns the version. */
export async function install(
  session: HostSession,
  agentFolder: string,
  accepted: ReadonlySet<string>,
  report: Report,
  signal?: AbortSignal,
): Promise<string> {
  const { version, steps } = await installation(session, agentFolder, accepted);
  await applySteps(session, steps, report, signal);
  return version;
}

/** What an uninstallation takes back, in its order. */
function removalSteps(facts: HostFacts, user: string): readonly Step[] {
  return [
    ...installSteps(facts, { version: facts.installedVersion ?? 'none', files: [] }, user),
    fixedFilesStep,
  ];
}

/** What an uninstallation would take away now, in its order. Changes nothing. */
export async function planRemoval(session: HostSession): Promise<InstallPlan> {
  const facts = await gatherFacts(session);
  const { installedVersion } = facts;
  const steps = await planSteps(session, removalSteps(facts, session.user));
  return {
    host: session.hostName,
    version: installedVersion ?? 'none',
    installedVersion,
    // What is not there needs no taking away.
    steps: steps.map((step) => ({ ...step, needed: !step.needed })).toReversed(),
  };
}

export interface Removal {
  readonly inventoryPath: string;
  /** The lease area goes with its last host. */
  readonly deleteArea: boolean;
  readonly say: (text: string) => void;
  readonly report: Report;
  /** Ends it between two steps. */
  readonly signal?: AbortSignal;
}

/**
 * Takes a host out of service and leaves it as it was before. Refused while it runs protected VMs. May be repeated
 * after a cut: what is gone already is no failure.
 */
export async function uninstall(session: HostSession, removal: Removal): Promise<void> {
  const facts = await gatherFacts(session);
  await leaveGroup(session, facts);
  const group = groupWith(readInventory(removal.inventoryPath), session.hostName);
  if (group !== null) {
    if (removal.deleteArea && group.hosts.length === 1 && facts.installedVersion !== null) {
      await removeArea(session, group, removal.say);
    }
    leaveInInventory(removal.inventoryPath, group.name, session.hostName);
  }
  await undoSteps(session, removalSteps(facts, session.user), removal.report, removal.signal);
}

/** Only the area of this very group, and only with its last host: nobody can be using it then. */
async function removeArea(
  session: HostSession,
  group: GroupEntry,
  say: (text: string) => void,
): Promise<void> {
  const path = group.areaPath;
  const { area } = await probe(session, 'inspect', { path });
  if (area.kind !== 'area' || area.header.groupId !== group.groupId || path.startsWith('/dev/')) {
    return say(`${path} is left as it is.`);
  }
  await probe(session, 'remove', { path });
  say(`${path} is deleted.`);
}
