import type { ControlClient } from '../control/connect.ts';
import { PAUSE_AT_LEAST_MS, PAUSE_AT_MOST_MS, type SwitchoverHow } from '../protocol/group.ts';
import { type Command, operand, said, WAIT_MS } from './command.ts';
import { type ReadWords, timeSpan, UsageError } from './commandLine.ts';
import { checkPolicyChange, looksAtGroup, POLICY_CHANGE_OPTIONS, policyChange } from './policyChange.ts';

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

async function changePolicy(client: ControlClient, words: ReadWords): Promise<{ readonly text: string }> {
  const vm = operand(words);
  const config = looksAtGroup(words) ? (await client.call('group.show', {})).config : null;
  return client.call('vm.policy', { vm, policy: policyChange(words, config) }, WAIT_MS);
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
    ...said(['VM'], changePolicy, POLICY_CHANGE_OPTIONS),
    check: checkPolicyChange,
  },
  cancel: said(['VM'], (client, words) => client.call('vm.cancel', { vm: operand(words) })),
};
