import { requireNoFails } from '../../backend/checks/checks.ts';
import { hostChecks } from '../../backend/checks/host.ts';
import { hypervisorChecks } from '../../backend/checks/hypervisor.ts';
import { gatherFacts } from '../../backend/facts/facts.ts';
import { readBundle } from '../../backend/install/bundle.ts';
import { installSteps, rollbackSteps } from '../../backend/install/install.ts';
import { previousVersion } from '../../backend/install/programSteps.ts';
import { withSession } from '../../backend/install/reconnect.ts';
import {
  applySteps,
  type PlannedStep,
  planSteps,
  type StepEvent,
  undoSteps,
} from '../../backend/install/step.ts';
import { leaveGroup } from '../../backend/install/uninstall.ts';
import { hostByName, readInventory, updateInventory } from '../../backend/inventory/inventory.ts';
import type { GroupEntry, HostEntry } from '../../backend/inventory/schema.ts';
import type { HostSession } from '../../backend/ssh/session.ts';
import { probe } from '../../backend/storage/probe.ts';
import type { Arguments, Command, Context, Outcome } from '../command.ts';

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
      const facts = await gatherFacts(session);
      requireNoFails([...hostChecks(facts), ...hypervisorChecks(facts)], accepted);
      const bundle = readBundle(context.agentFolder, facts.arch);
      const steps = installSteps(facts, bundle, session.user);
      const planned = dryRun ? await planSteps(session, steps) : [];
      if (!dryRun) await applySteps(session, steps, (event) => tell(event, context));
      const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
      return { host: host.name, version: bundle.version, seconds, planned };
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
    await withSession(
      () => context.open(host),
      (session) => uninstallOne(session, host, context, args.flag('delete-area')),
    );
    done.push(host.name);
  }
  return { text: `${done.join(', ')}: as before the installation.\n`, data: { hosts: done } };
}

async function uninstallOne(
  session: HostSession,
  host: HostEntry,
  context: Context,
  deleteArea: boolean,
): Promise<void> {
  const facts = await gatherFacts(session);
  await leaveGroup(session, facts);
  const group = readInventory(context.inventoryPath).groups.find((each) =>
    each.hosts.some((member) => member.name === host.name),
  );
  if (group !== undefined) {
    if (deleteArea && group.hosts.length === 1 && facts.installedVersion !== null) {
      await removeArea(session, group, context);
    }
    leaveInInventory(group.name, host.name, context);
  }
  const bundle = { version: facts.installedVersion ?? 'none', files: [] };
  await undoSteps(session, installSteps(facts, bundle, session.user), (event) => tell(event, context));
}

/** Only the area of this very group, and only with its last host: nobody can be using it then. */
async function removeArea(session: HostSession, group: GroupEntry, context: Context): Promise<void> {
  const path = group.areaPath;
  const { area } = await probe(session, 'inspect', { path });
  if (area.kind !== 'area' || area.header.groupId !== group.groupId || path.startsWith('/dev/')) {
    context.say(`${path} is left as it is.`);
    return;
  }
  await probe(session, 'remove', { path });
  context.say(`${path} is deleted.`);
}

function leaveInInventory(groupName: string, hostName: string, context: Context): void {
  updateInventory(context.inventoryPath, (present) => ({
    ...present,
    groups: present.groups.flatMap((group) => {
      if (group.name !== groupName) return [group];
      const hosts = group.hosts.filter((host) => host.name !== hostName);
      return hosts.length === 0 ? [] : [{ ...group, hosts }];
    }),
  }));
}
