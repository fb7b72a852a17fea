import type { ControlClient } from '../control/connect.ts';
import {
  type GroupConfig,
  PAUSE_AT_LEAST_MS,
  PAUSE_AT_MOST_MS,
  type SwitchoverHow,
  type VmPolicy,
} from '../protocol/group.ts';
import { type Command, operand, said, WAIT_MS } from './command.ts';
import { type ReadWords, timeSpan, UsageError } from './commandLine.ts';
import { changesHealth, HEALTH_OPTIONS, healthOf } from './healthOptions.ts';
import { POLICY_OPTIONS, policyOf } from './policyOptions.ts';

/** Lists of VMs by their names, which become what they stand for. */
const NAME_OPTIONS = ['--after', '--apart', '--together'] as const;

/** How a host's VMs leave it. */
const WAYS = ['--live', '--or-shutdown', '--shutdown'] as const;

/** For how long; nothing when the administrator ends it by hand. */
function forMs({ options }: ReadWords): { readonly forMs?: number } {
  const text = options.get('--for');
  return text === undefined ? {} : { forMs: timeSpan('--for', text, PAUSE_AT_LEAST_MS, PAUSE_AT_MOST_MS) };
}

function isOn(words: ReadWords): boolean {
  const word = operand(words);
  if (word !== 'on' && word !== 'off') throw new UsageError(`"${word}" is neither on nor off.`);
  for (const option of ['--for', '--bring-back', ...WAYS]) {
    const isGiven = words.options.has(option) || words.flags.has(option);
    if (word === 'off' && isGiven) throw new UsageError(`${option} goes with on.`);
  }
  return word === 'on';
}

/** null: nothing was said. */
function wayOf({ flags }: ReadWords): SwitchoverHow | null {
  const [live, orShutdown, shutdown] = WAYS.map((way) => flags.has(way));
  if (shutdown) {
    if (live || orShutdown) throw new UsageError('--shutdown goes with neither --live nor --or-shutdown.');
    return 'shutdown';
  }
  if (orShutdown) return 'live-or-shutdown';
  return live ? 'live' : null;
}

async function maintain(client: ControlClient, words: ReadWords): Promise<{ readonly text: string }> {
  const named = operand(words, 1);
  const { self } = await client.call('status', {});
  const host = named === '' ? self.name : named;
  if (!isOn(words)) return client.call('maintenance.off', { host }, WAIT_MS);
  const bringBack = words.flags.has('--bring-back') ? { bringBack: true } : {};
  // Nobody's guest is restarted who did not say so, but where nothing else is possible at all: in the demo.
  const how = wayOf(words) ?? (self.movesLive === true ? 'live' : 'shutdown');
  return client.call('maintenance.on', { host, ...forMs(words), ...bringBack, how }, WAIT_MS);
}

/** What is named, on top of what the group has: health is one thing there, changed as a whole. */
async function changePolicy(client: ControlClient, words: ReadWords): Promise<{ readonly text: string }> {
  const vm = operand(words);
  const policy = policyOf(words);
  if (!changesHealth(words) && !namesVms(words)) {
    return client.call('vm.policy', { vm, policy }, WAIT_MS);
  }
  const { config } = await client.call('group.show', {});
  const before = config?.vms.find((one) => one.name === vm || one.vm === vm)?.policy.health;
  const more = {
    ...(changesHealth(words) ? { health: healthOf(words, before) } : {}),
    ...namedLists(config, words),
  };
  return client.call('vm.policy', { vm, policy: { ...policy, ...more } }, WAIT_MS);
}

const namesVms = ({ options }: ReadWords): boolean => NAME_OPTIONS.some((name) => options.has(name));

/** VMs by their names, with commas between; "none" is none. */
function namedLists(config: GroupConfig | null, { options }: ReadWords): Partial<VmPolicy> {
  const uuids = (option: string, text: string): string[] =>
    text.split(',').map((name) => {
      const vm = config?.vms.find((one) => one.name === name || one.vm === name);
      if (vm !== undefined) return vm.vm;
      throw new UsageError(`${option}: ${name} is not a protected VM of this group.`);
    });
  const lists = NAME_OPTIONS.flatMap((option) => {
    const text = options.get(option);
    if (text === undefined) return [];
    return [[option.slice(2), text === 'none' ? [] : uuids(option, text)] as const];
  });
  return Object.fromEntries(lists);
}

function checkPolicy(words: ReadWords): void {
  const policy = policyOf(words);
  if (changesHealth(words)) healthOf(words, undefined);
  else if (Object.keys(policy).length === 0 && !namesVms(words)) {
    const known = [...POLICY_OPTIONS, ...NAME_OPTIONS, ...HEALTH_OPTIONS];
    throw new UsageError(`Say what is to change: ${known.join(', ')}.`);
  }
}

/** Planned work: times without automatic help, and what is done in them. */
export const pauseCommands: Readonly<Record<string, Command>> = {
  disarm: {
    ...said([], (client, words) => client.call('group.disarm', forMs(words), WAIT_MS), ['--for']),
    check: forMs,
  },
  arm: said([], (client) => client.call('group.arm', {}, WAIT_MS)),
  maintenance: {
    ...said(['on|off'], maintain, ['--for']),
    flags: ['--bring-back', ...WAYS],
    mayFollow: ['HOST'],
    check: (words) => {
      isOn(words);
      forMs(words);
      wayOf(words);
    },
  },
  policy: {
    ...said(['VM'], changePolicy, [...POLICY_OPTIONS, ...NAME_OPTIONS, ...HEALTH_OPTIONS]),
    check: checkPolicy,
  },
  cancel: said(['VM'], (client, words) => client.call('vm.cancel', { vm: operand(words) })),
};
