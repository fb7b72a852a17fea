import type { GroupConfig } from '../../../agent/protocol/group.ts';
import { asFailure, fail } from '../../backend/failures.ts';
import { joinGroup, leaveConfig } from '../../backend/group/members.ts';
import { leaveInInventory, saveGroup } from '../../backend/group/membership.ts';
import { replaceEntry, saveHost } from '../../backend/hosts/hosts.ts';
import { install } from '../../backend/install/installHost.ts';
import { readInventory } from '../../backend/inventory/inventory.ts';
import type { GroupEntry, HostEntry } from '../../backend/inventory/schema.ts';
import type { HostSession } from '../../backend/ssh/session.ts';
import type { HostInput } from '../../ipc/setup/contract.ts';
import { verifyHost } from './hostForms.ts';
import type { SetupContext } from './setupContext.ts';
import { asStep, type Work } from './workBook.ts';

/**
 * Begins to take a machine into a group, in the place of a host or as one more. Answers when its login is verified: what
 * is wrong with the login is refused with the field. May be repeated after a cut. Throws a FailureError.
 */
export async function beginJoin(
  context: SetupContext,
  groupId: string,
  insteadOf: string | null,
  input: HostInput,
): Promise<string> {
  const group = groupOf(context, groupId);
  if (insteadOf !== null && !group.hosts.some(({ name }) => name === insteadOf)) throw noSuchHost(insteadOf);
  // New hardware usually takes the old name, too: people and scripts know the host by it.
  const wanted = insteadOf !== null && input.name === '' ? { ...input, name: insteadOf } : input;
  const { entry } = await verifyHost(context, wanted, null);
  refuseName(context, group, entry, insteadOf);
  const title = insteadOf === null ? `Adding ${entry.name} to ${group.name}` : `Replacing ${insteadOf}`;
  const kind = insteadOf === null ? 'join' : 'replace';
  const hosts = [...new Set([entry.name, ...(insteadOf === null ? [] : [insteadOf])])];
  return context.work.begin({ kind, groupId, title, hosts }, (work) =>
    join(context, work, { group, entry, insteadOf }),
  );
}

/** A name may be that of the host that is replaced, and otherwise nobody's. */
function refuseName(
  context: SetupContext,
  group: GroupEntry,
  entry: HostEntry,
  insteadOf: string | null,
): void {
  const known = readInventory(context.inventoryPath).hosts.find(({ name }) => name === entry.name);
  const begunEarlier = known?.address === entry.address && known.port === entry.port;
  if (known === undefined || entry.name === insteadOf || begunEarlier) return;
  throw fail({
    code: 'input.host-exists',
    message: `There is already a host ${entry.name}.`,
    fix: `Give the new host of ${group.name} another name.`,
    field: 'name',
  });
}

interface Joining {
  readonly group: GroupEntry;
  readonly entry: HostEntry;
  readonly insteadOf: string | null;
}

async function join(context: SetupContext, work: Work, { group, entry, insteadOf }: Joining): Promise<void> {
  const host = entry.name;
  const own = await context.access.openNew(entry);
  try {
    await install(own, context.agentFolder, new Set(), work.report, work.signal);
    const title =
      insteadOf === null ? `${host} comes into the group` : `${host} takes its place in the group`;
    const newcomer = {
      name: host,
      sshAddress: entry.address,
      insteadOf,
      addresses: null,
      watchdog: null,
      // Without a watchdog it is a member all the same; readiness says what that costs.
      accepted: new Set(['watchdog.device']),
    };
    const say = (detail: string): void => work.step('join', { detail });
    const config = await asStep(work, { id: 'join', host, title }, () => {
      work.refuseStop('The group is deciding on the new host; that takes some seconds.');
      return throughAnyHost(context, group, insteadOf, (living) =>
        joinGroup(newcomer, own, living, group, say),
      );
    });
    remember(context, group, entry, config);
  } finally {
    own.close();
  }
  context.changed();
}

/** The inventory follows what the group decided. */
function remember(context: SetupContext, group: GroupEntry, entry: HostEntry, config: GroupConfig): void {
  const { inventoryPath } = context;
  const known = readInventory(inventoryPath).hosts;
  if (known.some(({ name }) => name === entry.name)) replaceEntry(inventoryPath, entry.name, entry);
  else saveHost(inventoryPath, entry, 'name');
  context.access.drop(entry.name);
  const names = new Set([entry.name, ...known.map(({ name }) => name)]);
  const hosts = config.hosts.filter(({ name }) => names.has(name)).map(({ name, slot }) => ({ name, slot }));
  saveGroup(inventoryPath, { ...group, hosts });
  context.closeGroup(group.groupId);
  context.openGroup(group.groupId);
}

/** Takes a host that is dead out of its group. Throws a FailureError when there is no such host. */
export function beginRemoval(context: SetupContext, groupId: string, host: string): string {
  const group = groupOf(context, groupId);
  if (!group.hosts.some(({ name }) => name === host)) throw noSuchHost(host);
  const title = `Removing ${host} from ${group.name}`;
  return context.work.begin({ kind: 'remove', groupId, title, hosts: [host] }, async (work) => {
    const step = { id: 'leave-group', host: null, title: `the group goes on without ${host}` };
    await asStep(work, step, () =>
      throughAnyHost(context, group, host, (living) => leaveConfig(living, host)),
    );
    leaveInInventory(context.inventoryPath, group.name, host);
    context.closeGroup(groupId);
    context.openGroup(groupId);
  });
}

/** Does `work` through the first host of the group that answers, never through `without`. */
export async function throughAnyHost<Result>(
  context: SetupContext,
  group: GroupEntry,
  without: string | null,
  work: (living: HostSession) => Promise<Result>,
): Promise<Result> {
  const others = group.hosts.map(({ name }) => name).filter((name) => name !== without);
  let refusal: unknown = noOther(group.name);
  for (const name of others) {
    try {
      return await context.access.on(name, true, work);
    } catch (fault) {
      if (!unreachable.has(asFailure(fault).code)) throw fault;
      refusal = fault;
    }
  }
  throw refusal;
}

const unreachable: ReadonlySet<string> = new Set([
  'ssh.unreachable',
  'ssh.timeout',
  'ssh.connection-lost',
  'control.unreachable',
]);

function groupOf(context: SetupContext, groupId: string): GroupEntry {
  const group = readInventory(context.inventoryPath).groups.find((each) => each.groupId === groupId);
  if (group !== undefined) return group;
  throw fail({ code: 'input.unknown-group', message: 'There is no such group any more.', field: 'groupId' });
}

const noSuchHost = (host: string): Error =>
  fail({ code: 'input.unknown-host', message: `The group has no host ${host}.`, field: 'host' });

const noOther = (group: string): Error =>
  fail({
    code: 'group.no-living-host',
    message: `No other host of ${group} can be asked.`,
    meaning: 'Its hosts decide together who belongs to the group; one of them has to be up.',
    fix: 'Bring another host up first.',
  });
