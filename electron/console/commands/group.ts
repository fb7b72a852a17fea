import type { ProfileName } from '../../../agent/protocol/timing.ts';
import { posix } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AREA_FILE } from '../../backend/group/area.ts';
import {
  acceptedFails,
  carryOut,
  type CreateOptions,
  type CreatePlan,
  planGroup,
} from '../../backend/group/create.ts';
import { type GroupHealth, groupHealth } from '../../backend/group/health.ts';
import { fail } from '../../backend/failures.ts';
import { groupByName, readInventory, updateInventory } from '../../backend/inventory/inventory.ts';
import { GroupEntry } from '../../backend/inventory/schema.ts';
import type { Arguments, Command, Context, Outcome } from '../command.ts';
import { watchdogChoices, watchdogOption } from './check.ts';
import { heartbeatPort, linkAddresses, linkOptions } from './links.ts';
import { type OpenHost, withHosts } from './sessions.ts';
import { latencyLine } from './storage.ts';

const profiles: readonly ProfileName[] = ['swift', 'steady', 'patient'];

const createOptions = {
  ...watchdogOption,
  hosts: { type: 'string' },
  store: { type: 'string' },
  area: { type: 'string' },
  device: { type: 'string' },
  profile: { type: 'string' },
  ...linkOptions,
  accept: { type: 'string', multiple: true },
  'accept-software-watchdog': { type: 'boolean' },
  wait: { type: 'string' },
} as const;

export const groupCommands: readonly Command[] = [
  {
    words: 'group create',
    usage: 'group create NAME --hosts A,B (--store FOLDER | --area FILE | --device DEVICE)',
    summary: 'Check, prove, make the lease area and start the services.',
    options: createOptions,
    run: create,
  },
  {
    words: 'group show',
    usage: 'group show [NAME]',
    summary: 'Show the groups of the inventory.',
    options: {},
    run: show,
  },
  {
    words: 'group forget',
    usage: 'group forget NAME',
    summary: 'Take a group out of the inventory; nothing is changed on its hosts.',
    options: {},
    run: forget,
  },
];

async function create(args: Arguments, context: Context): Promise<Outcome> {
  const [name = ''] = args.exactly('NAME');
  const names = args
    .required('hosts')
    .split(',')
    .filter((each) => each !== '');
  if (new Set(names).size !== names.length) throw args.wrong('--hosts names a host twice', 'hosts');
  if (names.length < 2 || names.length > 8) throw args.wrong('--hosts must name 2 to 8 hosts', 'hosts');
  const options = readOptions(name, args, context);
  const known = knownGroup(name, names, options, context);
  const waitMs = args.number('wait', 90, 0, 3600) * 1000;
  return withHosts(names, context, async (hosts) => {
    const parts = hosts.map(({ session, entry }) => ({ session, sshAddress: entry.address }));
    const plan = await planGroup(parts, known, options);
    for (const check of acceptedFails(plan.checks, options.accepted)) {
      context.say(`accepted: ${check.failure?.message ?? check.title}`);
    }
    for (const latency of plan.latencies) context.say(latencyLine(latency));
    remember(plan, hosts, context);
    await carryOut(parts, plan, context.say);
    const health = await awaitHealth(hosts, waitMs, context);
    const state = health.whole ? 'is up' : `is made, but ${health.why}`;
    return {
      text: [`The group ${name} (${plan.config.profile}) ${state}.`, ...health.shortcomings, ''].join('\n'),
      data: { group: plan.config, healthy: health.whole, why: health.why, shortcomings: health.shortcomings },
      exitCode: health.whole || waitMs === 0 ? 0 : 1,
    };
  });
}

function readOptions(name: string, args: Arguments, context: Context): CreateOptions {
  const ways = ['store', 'area', 'device'].filter((way) => args.text(way) !== undefined);
  if (ways.length !== 1) throw args.wrong('exactly one of --store, --area and --device is needed', 'store');
  const path = args.text('store') ?? args.text('area') ?? args.text('device') ?? '';
  if (!/^\/[^\0]{1,3900}$/.test(path)) throw args.wrong(`--${ways[0]} must be an absolute path`, ways[0]);
  const kind = args.text('device') === undefined ? 'folder' : 'device';
  const folder = args.text('area') === undefined ? path : posix.dirname(path);
  return {
    name,
    areaPath: args.text('store') === undefined ? path : posix.join(path, AREA_FILE),
    place: { kind, path: kind === 'device' ? path : folder },
    profile: args.one('profile', profiles) ?? null,
    port: heartbeatPort(args),
    links: linkAddresses(args),
    watchdogs: watchdogChoices(args),
    acceptSoftwareWatchdog: args.flag('accept-software-watchdog'),
    accepted: new Set(args.texts('accept')),
    say: context.say,
  };
}

/** A group of this name may only be there when an earlier run with the same hosts and place was cut off. */
function knownGroup(
  name: string,
  hosts: readonly string[],
  options: CreateOptions,
  context: Context,
): GroupEntry | null {
  const group = readInventory(context.inventoryPath).groups.find((each) => each.name === name);
  if (group === undefined) return null;
  const same = group.hosts.map((host) => host.name).join(',') === hosts.join(',');
  if (same && group.areaPath === options.areaPath) return group;
  throw fail({
    code: 'input.group-exists',
    message: `There is already a group ${name}, with ${group.hosts.map((host) => host.name).join(', ')} and ${group.areaPath}.`,
    fix: 'Choose another name; or repeat the command with the same hosts and place to go on with it.',
    field: 'NAME',
  });
}

/** Before the first change: a run that is cut off after the area was made must know the group's identity again. */
function remember(plan: CreatePlan, hosts: readonly OpenHost[], context: Context): void {
  const entry = GroupEntry.parse({
    name: plan.input.name,
    groupId: plan.input.groupId,
    areaId: plan.input.areaId,
    areaPath: plan.input.areaPath,
    hosts: hosts.map(({ entry: host }, slot) => ({ name: host.name, slot })),
  });
  updateInventory(context.inventoryPath, (present) => ({
    ...present,
    groups: [...present.groups.filter((group) => group.name !== entry.name), entry],
  }));
}

/** Between two looks; a look itself takes some tens of milliseconds a host. */
const LOOK_EVERY_MS = 1_000;

async function awaitHealth(
  hosts: readonly OpenHost[],
  waitMs: number,
  context: Context,
): Promise<GroupHealth> {
  const untilMs = performance.now() + waitMs;
  let said = '';
  for (;;) {
    const health = await groupHealth(hosts.map(({ session }) => session));
    if (health.whole || performance.now() >= untilMs) return health;
    if (health.why !== null && health.why !== said) context.say(`waiting: ${health.why}`);
    said = health.why ?? '';
    await delay(LOOK_EVERY_MS);
  }
}

async function show(args: Arguments, context: Context): Promise<Outcome> {
  const { groups } = readInventory(context.inventoryPath);
  const [name] = args.positionals;
  const chosen =
    name === undefined ? groups : [groupByName({ version: 1, revision: 0, hosts: [], groups }, name)];
  const lines = chosen.map(
    (group) =>
      `${group.name}  ${group.hosts.map((host) => host.name).join(', ')}  ${group.areaPath}  ${group.groupId}`,
  );
  return {
    text: lines.length === 0 ? 'No groups yet: group create.\n' : `${lines.join('\n')}\n`,
    data: { groups: chosen },
  };
}

async function forget(args: Arguments, context: Context): Promise<Outcome> {
  const [name = ''] = args.exactly('NAME');
  const group = groupByName(readInventory(context.inventoryPath), name);
  updateInventory(context.inventoryPath, (present) => ({
    ...present,
    groups: present.groups.filter((each) => each.name !== name),
  }));
  return {
    text: `${name} is no longer in this inventory; its hosts go on protecting each other.\n`,
    data: { group },
  };
}
