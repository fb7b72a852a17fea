import { asFailure, fail } from '../../backend/failures.ts';
import { joinGroup, leaveConfig } from '../../backend/group/members.ts';
import { leaveInInventory, saveGroup } from '../../backend/group/membership.ts';
import { groupByName, hostByName, readInventory } from '../../backend/inventory/inventory.ts';
import type { GroupEntry } from '../../backend/inventory/schema.ts';
import type { HostSession } from '../../backend/ssh/session.ts';
import type { Arguments, Command, Context, Outcome } from '../command.ts';
import { watchdogChoices, watchdogOption } from './check.ts';
import { linkAddresses, linkOptions } from './links.ts';

const joinOptions = {
  ...watchdogOption,
  link: linkOptions.link,
  accept: { type: 'string', multiple: true },
} as const;

export const memberCommands: readonly Command[] = [
  {
    words: 'group add-host',
    usage: 'group add-host GROUP HOST [--link HOST=ADDRESS[,ADDRESS]]',
    summary: 'Take one more host, on which the agent is installed, into a group.',
    options: joinOptions,
    run: (args, context) => {
      const [group = '', host = ''] = args.exactly('GROUP', 'HOST');
      return join(args, context, { group, host, insteadOf: null });
    },
  },
  {
    words: 'group replace-host',
    usage: 'group replace-host GROUP OLD NEW [--link NEW=ADDRESS[,ADDRESS]]',
    summary: 'Take a host into the place of one that is dead or was uninstalled.',
    options: joinOptions,
    run: (args, context) => {
      const [group = '', insteadOf = '', host = ''] = args.exactly('GROUP', 'OLD', 'NEW');
      return join(args, context, { group, host, insteadOf });
    },
  },
  {
    words: 'group remove-host',
    usage: 'group remove-host GROUP HOST',
    summary: 'Take a host that is dead, or was uninstalled, out of its group.',
    options: {},
    run: removeHost,
  },
];

interface Joining {
  readonly group: string;
  readonly host: string;
  readonly insteadOf: string | null;
}

async function join(
  args: Arguments,
  context: Context,
  { group, host, insteadOf }: Joining,
): Promise<Outcome> {
  const inventory = readInventory(context.inventoryPath);
  const entry = groupByName(inventory, group);
  const own = hostByName(inventory, host);
  const newcomer = {
    name: host,
    sshAddress: own.address,
    insteadOf,
    addresses: linkAddresses(args).get(host) ?? null,
    watchdog: watchdogChoices(args).get(host) ?? null,
    accepted: new Set(args.texts('accept')),
  };
  const session = await context.open(own);
  try {
    const config = await throughAnyHost(context, entry, insteadOf ?? host, (living) =>
      joinGroup(newcomer, session, living, entry, context.say),
    );
    const known = new Set<string>(inventory.hosts.map(({ name }) => name));
    const hosts = config.hosts
      .filter(({ name }) => known.has(name))
      .map(({ name, slot }) => ({ name, slot }));
    saveGroup(context.inventoryPath, { ...entry, hosts });
    const text =
      insteadOf === null ? `${host} is in ${group} now.\n` : `${host} is in the place of ${insteadOf}.\n`;
    return { text, data: { group: config } };
  } finally {
    session.close();
  }
}

async function removeHost(args: Arguments, context: Context): Promise<Outcome> {
  const [group = '', host = ''] = args.exactly('GROUP', 'HOST');
  const entry = groupByName(readInventory(context.inventoryPath), group);
  await throughAnyHost(context, entry, host, (living) => leaveConfig(living, host));
  leaveInInventory(context.inventoryPath, group, host);
  return { text: `${group} goes on without ${host}.\n`, data: { group, host } };
}

/** The first host of the group that can be reached, other than the one it is about. */
export async function throughAnyHost<Result>(
  context: Context,
  group: GroupEntry,
  without: string,
  work: (living: HostSession) => Promise<Result>,
): Promise<Result> {
  const inventory = readInventory(context.inventoryPath);
  for (const { name } of group.hosts.filter((host) => host.name !== without)) {
    let session: HostSession;
    try {
      session = await context.open(hostByName(inventory, name));
    } catch (fault) {
      context.say(asFailure(fault).message);
      continue;
    }
    try {
      return await work(session);
    } finally {
      session.close();
    }
  }
  throw fail({
    code: 'group.no-living-host',
    message: `No other host of ${group.name} can be asked.`,
    meaning: 'Its hosts decide together who belongs to the group; one of them has to be up.',
    fix: 'Bring another host up first.',
  });
}
