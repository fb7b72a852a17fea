import { FailureError } from '../../../agent/protocol/failure.ts';
import { gatherFacts } from '../../backend/facts/facts.ts';
import { leaveConfig } from '../../backend/group/members.ts';
import { groupWith } from '../../backend/hosts/hosts.ts';
import { readBundle } from '../../backend/install/bundle.ts';
import {
  type InstallPlan,
  install,
  planInstallation,
  planRemoval,
  uninstall,
} from '../../backend/install/installHost.ts';
import { readInventory } from '../../backend/inventory/inventory.ts';
import type { GroupEntry } from '../../backend/inventory/schema.ts';
import { noteReach } from './hostForms.ts';
import type { SetupContext } from './setupContext.ts';
import { plannedHost, type SetupState } from './setupState.ts';
import type { PlannedHost } from '../../ipc/setup/views.ts';
import { throughAnyHost } from './memberFlow.ts';
import { asStep, type Work } from './workBook.ts';

/** What the carried bundle would install; null: it is missing, or no host was read yet. */
export function carriedVersion(agentFolder: string, state: SetupState): string | null {
  const arch = [...state.facts.values()][0]?.arch;
  try {
    return arch === undefined ? null : readBundle(agentFolder, arch).version;
  } catch {
    return null;
  }
}

/** The dry run on all hosts of the set-up. Throws a FailureError of the first host that refuses. */
export async function planInstall(context: SetupContext): Promise<void> {
  const state = context.current();
  const accepted = context.checks.acceptedIds(null);
  state.plan = await Promise.all(
    state.hosts.map((host) =>
      noteReach(context, host, () =>
        context.access.on(host, true, (session) => planInstallation(session, context.agentFolder, accepted)),
      ),
    ),
  );
  context.changed();
}

/** Installs on all hosts of the set-up at once; begun again it goes on where it stopped. Returns the work's id. */
export function beginInstall(context: SetupContext): string {
  const state = context.current();
  if (state.hosts.length === 0) throw noHosts();
  refuseGrouped(context, state.hosts);
  const accepted = context.checks.acceptedIds(null);
  const hosts = [...state.hosts];
  const start = { kind: 'install', groupId: null, title: 'The installation', hosts } as const;
  return context.work.begin(start, async (work) => {
    for (const planned of state.plan ?? []) showWaiting(work, planned);
    const done = await Promise.allSettled(hosts.map((host) => installOne(context, work, host, accepted)));
    const failed = done.find((each) => each.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  });
}

function showWaiting(work: Work, { host, steps }: InstallPlan): void {
  for (const { id, title } of steps) work.step(`${host} ${id}`, { host, title, state: 'waiting' });
}

async function installOne(
  context: SetupContext,
  work: Work,
  host: string,
  accepted: ReadonlySet<string>,
): Promise<void> {
  const state = context.current();
  await context.access.on(host, true, async (session) => {
    await install(session, context.agentFolder, accepted, work.report, work.signal);
    state.facts.set(host, await gatherFacts(session));
  });
  state.plan = null;
  context.changed();
}

/** Takes the installation back, on hosts that have no group. */
export function beginUndo(context: SetupContext, hosts: readonly string[]): string {
  const state = context.current();
  const foreign = hosts.find((host) => !state.hosts.includes(host));
  if (foreign !== undefined) {
    const message = `${foreign} is not part of this set-up.`;
    throw new FailureError({ code: 'setup.not-its-host', message, field: 'hosts' });
  }
  refuseGrouped(context, hosts);
  const start = { kind: 'undo', groupId: null, title: 'Undoing the installation', hosts } as const;
  return context.work.begin(start, async (work) => {
    for (const host of hosts) await removeOne(context, work, host, false);
  });
}

export function planUninstall(context: SetupContext, host: string): Promise<PlannedHost> {
  return context.access.on(host, true, async (session) => plannedHost(await planRemoval(session)));
}

/** Takes a host out of service and leaves it as it was before; refused while it runs protected VMs. */
export function beginUninstall(context: SetupContext, host: string, deleteArea: boolean): string {
  const group = groupWith(readInventory(context.inventoryPath), host);
  const groupId = group?.groupId ?? null;
  const start = { kind: 'uninstall', groupId, title: `Uninstalling ${host}`, hosts: [host] } as const;
  return context.work.begin(start, async (work) => {
    await removeOne(context, work, host, deleteArea);
    if (group === null) return;
    context.closeGroup(group.groupId);
    if (group.hosts.length > 1) await leaveOthers(context, work, group, host);
  });
}

async function removeOne(
  context: SetupContext,
  work: Work,
  host: string,
  deleteArea: boolean,
): Promise<void> {
  const leaving = `${host} leave`;
  work.step(leaving, { host, title: 'it leaves its group and stops its services', state: 'running' });
  await context.access.on(host, true, async (session) => {
    await uninstall(session, {
      inventoryPath: context.inventoryPath,
      deleteArea,
      say: (detail) => work.step(leaving, { detail }),
      report: (event) => {
        work.step(leaving, { state: 'done' });
        work.report(event);
      },
      signal: work.signal,
    });
    context.noteFacts(await gatherFacts(session));
  });
  context.changed();
}

/** Until the others decide on it, they wait for a host that never comes back. */
async function leaveOthers(
  context: SetupContext,
  work: Work,
  group: GroupEntry,
  host: string,
): Promise<void> {
  await asStep(work, { id: 'leave-group', host: null, title: `the group goes on without ${host}` }, () =>
    throughAnyHost(context, group, host, (living) => leaveConfig(living, host)),
  );
  context.openGroup(group.groupId);
}

function refuseGrouped(context: SetupContext, hosts: readonly string[]): void {
  const inventory = readInventory(context.inventoryPath);
  for (const host of hosts) {
    const group = groupWith(inventory, host);
    if (group === null) continue;
    throw new FailureError({
      code: 'input.host-in-group',
      message: `${host} belongs to the group ${group.name}.`,
      fix: 'Update or uninstall it from the pages of its group.',
      field: 'hosts',
    });
  }
}

const noHosts = (): Error =>
  new FailureError({
    code: 'setup.no-hosts',
    message: 'No host was added yet.',
    fix: 'Add the hosts first.',
  });
