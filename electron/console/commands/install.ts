import { asFailure } from '../../backend/failures.ts';
import { leaveConfig } from '../../backend/group/members.ts';
import { groupWith } from '../../backend/hosts/hosts.ts';
import { rollbackSteps } from '../../backend/install/install.ts';
import {
  install as installAgent,
  planInstallation,
  uninstall as uninstallAgent,
} from '../../backend/install/installHost.ts';
import { previousVersion } from '../../backend/install/programSteps.ts';
import { withSession } from '../../backend/install/reconnect.ts';
import { applySteps, type PlannedStep, type StepEvent } from '../../backend/install/step.ts';
import { hostByName, readInventory } from '../../backend/inventory/inventory.ts';
import type { GroupEntry, HostEntry } from '../../backend/inventory/schema.ts';
import type { Arguments, Command, Context, Outcome } from '../command.ts';
import { throughAnyHost } from './members.ts';

export const installCommands: readonly Command[] = [
  {
    words: 'install',
    usage: 'install HOST... [--dry-run] [--accept CHECK]',
    summary: 'Install or update the agent; goes on where an earlier run stopped.',
    options: { 'dry-run': { type: 'boolean' }, accept: { type: 'string', multiple: true } },
    run: install,
  },
  {
    words: 'rollback',
    usage: 'rollback HOST...',
    summary: 'Go back to the version that was installed before.',
    options: {},
    run: rollback,
  },
  {
    words: 'uninstall',
    usage: 'uninstall HOST... [--delete-area]',
    summary: 'Take a host out of its group and leave it as it was before.',
    options: { 'delete-area': { type: 'boolean' } },
    run: uninstall,
  },
];

async function install(args: Arguments, context: Context): Promise<Outcome> {
  const inventory = readInventory(context.inventoryPath);
  const hosts = args.atLeastOne('HOST').map((name) => hostByName(inventory, name));
  const accepted = new Set(args.texts('accept'));
  const dryRun = args.flag('dry-run');
  const results: Installed[] = [];
  const one = async (host: HostEntry): Promise<void> =>
    void results.push(await installOne(host, context, accepted, dryRun));
  // Hosts of a group are updated one after the other: never do all keepers of a group start anew at once.
  const grouped = new Set(inventory.groups.flatMap((group) => group.hosts.map((host) => host.name)));
  await Promise.all(hosts.filter((host) => !grouped.has(host.name)).map(one));
  for (const host of hosts.filter((each) => grouped.has(each.name))) await one(host);
  const text = dryRun
    ? results.map((result) => preview(result.host, result.planned)).join('')
    : results.map((result) => `${result.host}: version ${result.version} in ${result.seconds} s\n`).join('');
  return { text, data: { hosts: results } };
}

interface Installed {
  readonly host: string;
  readonly version: string;
  readonly seconds: number;
  readonly planned: readonly PlannedStep[];
}

async function installOne(
  host: HostEntry,
  context: Context,
  accepted: ReadonlySet<string>,
  dryRun: boolean,
): Promise<Installed> {
  const startedMs = performance.now();
  return withSession(
    () => context.open(host),
    async (session) => {
      const report = (event: StepEvent): void => tell(event, context);
      const plan = dryRun ? await planInstallation(session, context.agentFolder, accepted) : null;
      const version = plan?.version ?? (await installAgent(session, context.agentFolder, accepted, report));
      const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
      return { host: host.name, version, seconds, planned: plan?.steps ?? [] };
    },
  );
}

function tell(event: StepEvent, context: Context): void {
  if (event.state === 'checking') return;
  const detail = event.detail === undefined ? '' : ` ${event.detail}`;
  context.say(
    `${event.host}  ${event.number}/${event.of}  ${event.title}: ${event.state.replace('-', ' ')}${detail}`,
  );
}

function preview(host: string, planned: readonly PlannedStep[]): string {
  const lines = planned.flatMap((step) => [
    `${host}  ${step.needed ? 'will do' : 'is done'}  ${step.title}`,
    ...(step.needed ? step.changes.map((change) => `${' '.repeat(host.length + 11)}${change}`) : []),
  ]);
  return `${lines.join('\n')}\n`;
}

async function rollback(args: Arguments, context: Context): Promise<Outcome> {
  const inventory = readInventory(context.inventoryPath);
  const hosts = args.atLeastOne('HOST').map((name) => hostByName(inventory, name));
  const results: { host: string; version: string }[] = [];
  for (const host of hosts) {
    const version = await withSession(
      () => context.open(host),
      async (session) => {
        const previous = await previousVersion(session);
        await applySteps(session, rollbackSteps(previous), (event) => tell(event, context));
        return previous;
      },
    );
    results.push({ host: host.name, version });
  }
  const text = results.map((result) => `${result.host}: back to version ${result.version}\n`).join('');
  return { text, data: { hosts: results } };
}

async function uninstall(args: Arguments, context: Context): Promise<Outcome> {
  const inventory = readInventory(context.inventoryPath);
  const hosts = args.atLeastOne('HOST').map((name) => hostByName(inventory, name));
  const done: string[] = [];
  for (const host of hosts) {
    const group = groupWith(readInventory(context.inventoryPath), host.name);
    await withSession(
      () => context.open(host),
      (session) =>
        uninstallAgent(session, {
          inventoryPath: context.inventoryPath,
          deleteArea: args.flag('delete-area'),
          say: context.say,
          report: (event) => tell(event, context),
        }),
    );
    if (group !== null && group.hosts.length > 1) await leaveOthers(host.name, group, context);
    done.push(host.name);
  }
  return { text: `${done.join(', ')}: as before the installation.\n`, data: { hosts: done } };
}

/** The host is clean by now: a group that still names it is said, with the way out, and is no failure of this command. */
async function leaveOthers(host: string, group: GroupEntry, context: Context): Promise<void> {
  try {
    await throughAnyHost(context, group, host, (living) => leaveConfig(living, host));
  } catch (fault) {
    context.say(
      `${group.name} still names ${host}: ${asFailure(fault).message} Later: group remove-host ${group.name} ${host}.`,
    );
  }
}
