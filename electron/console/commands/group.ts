import type { ProfileName } from '../../../agent/protocol/timing.ts';
import { posix } from 'node:path';
import { AREA_FILE } from '../../backend/group/area.ts';
import {
  acceptedFails,
  carryOut,
  type CreateOptions,
  groupEntry,
  planGroup,
} from '../../backend/group/create.ts';
import { awaitHealth } from '../../backend/group/health.ts';
import { groupBegunEarlier, saveGroup } from '../../backend/group/membership.ts';
import { groupByName, readInventory, updateInventory } from '../../backend/inventory/inventory.ts';
import type { Arguments, Command, Context, Outcome } from '../command.ts';
import { watchdogChoices, watchdogOption } from './check.ts';
import { heartbeatPort, linkAddresses, linkOptions } from './links.ts';
import { withHosts } from './sessions.ts';
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
  const known = groupBegunEarlier(context.inventoryPath, { name, hosts: names, areaPath: options.areaPath });
  const waitMs = args.number('wait', 90, 0, 3600) * 1000;
  return withHosts(names, context, async (hosts) => {
    const parts = hosts.map(({ session, entry }) => ({ session, sshAddress: entry.address }));
    const plan = await planGroup(parts, known, options);
    for (const check of acceptedFails(plan.checks, options.accepted)) {
      context.say(`accepted: ${check.failure?.message ?? check.title}`);
    }
    for (const latency of plan.latencies) context.say(latencyLine(latency));
    // Before the first change: a run that is cut off after the area was made must know the group's identity again.
    saveGroup(context.inventoryPath, groupEntry(plan));
    await carryOut(parts, plan, context.say);
    const sessions = hosts.map(({ session }) => session);
    const health = await awaitHealth(sessions, waitMs, context.say);
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

async function show(args: Arguments, context: Context): Promise<Outcome> {
  const { groups } = readInventory(context.inventoryPath);
  const [name] = args.positionals;
  const chosen = name === undefined ? groups : [groupByName({ groups }, name)];
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
