import { type ReadWords, timeSpan, UsageError } from '../../../agent/cli/commandLine.ts';
import { checkPolicyChange, POLICY_CHANGE_OPTIONS, policyChange } from '../../../agent/cli/policyChange.ts';
import type { ControlMethod, ControlParams, Status } from '../../../agent/protocol/control.ts';
import { PAUSE_AT_LEAST_MS, PAUSE_AT_MOST_MS, type SwitchoverHow } from '../../../agent/protocol/group.ts';
import { fail } from '../../backend/failures.ts';
import type { Arguments, Command, Context, Outcome } from '../command.ts';
import { callAgent, placeOfVm, withAgents } from './agents.ts';

const pause = { group: { type: 'string' }, for: { type: 'string' } } as const;
const group = { group: { type: 'string' } } as const;
const policyOptions = {
  ...group,
  ...Object.fromEntries(
    POLICY_CHANGE_OPTIONS.map((option) => [option.slice(2), { type: 'string' } as const]),
  ),
};
/** A decision of all hosts on the store may take some periods of the slowest profile. */
const DECIDE_WITHIN_MS = 120_000;

/** The same words and units as the command on a host has. */
export const pauseCommands: readonly Command[] = [
  {
    words: 'disarm',
    usage: 'disarm [--for TIME]',
    summary: 'Have the whole group move and restart nothing.',
    options: pause,
    run: (args, context) => {
      args.exactly();
      const params = forMs(args);
      return decide('group.disarm', () => params, args, context);
    },
  },
  {
    words: 'arm',
    usage: 'arm',
    summary: 'End a disarm.',
    options: group,
    run: (args, context) => {
      args.exactly();
      return decide('group.arm', () => ({}), args, context);
    },
  },
  {
    words: 'maintenance on',
    usage: 'maintenance on HOST [--for TIME] [--bring-back] [--live [--or-shutdown] | --shutdown]',
    summary: 'Empty a host for work on it, and give it no VM meanwhile.',
    options: {
      ...pause,
      'bring-back': { type: 'boolean' },
      live: { type: 'boolean' },
      'or-shutdown': { type: 'boolean' },
      shutdown: { type: 'boolean' },
    },
    run: (args, context) => {
      const [host = ''] = args.exactly('HOST');
      const bringBack = args.flag('bring-back') ? { bringBack: true } : {};
      const asked = wayOf(args);
      const time = forMs(args);
      const params = ({ self }: Status): ControlParams<'maintenance.on'> => {
        // Nobody's guest is restarted who did not say so, but where nothing else is possible at all: in the demo.
        const how = asked ?? (self.movesLive === true ? 'live' : 'shutdown');
        return { host, ...time, ...bringBack, how };
      };
      return decide('maintenance.on', params, args, context);
    },
  },
  {
    words: 'maintenance off',
    usage: 'maintenance off HOST',
    summary: 'Let a host be given VMs again.',
    options: group,
    run: (args, context) => {
      const [host = ''] = args.exactly('HOST');
      return decide('maintenance.off', () => ({ host }), args, context);
    },
  },
  {
    words: 'policy',
    usage: 'policy VM [--restarts N] [--order N] [--fast PROBE] [--failback WHEN] ...',
    summary: "Change a protected VM's policy; 'understudy help policy' on a host tells what each takes.",
    options: policyOptions,
    run: changePolicy,
  },
  {
    words: 'cancel',
    usage: 'cancel VM',
    summary: 'Stop a switchover that is under way, while that is safe.',
    options: group,
    run: (args, context) => {
      const [vm = ''] = args.exactly('VM');
      return onVm('vm.cancel', { vm }, vm, args, context);
    },
  },
];

type Told = Extract<
  ControlMethod,
  'group.disarm' | 'group.arm' | 'maintenance.on' | 'maintenance.off' | 'vm.policy' | 'vm.cancel'
>;

/** How a host's VMs leave it; null: nothing was said. */
function wayOf(args: Arguments): SwitchoverHow | null {
  if (args.flag('shutdown')) {
    if (args.flag('live') || args.flag('or-shutdown')) {
      throw args.wrong('--shutdown goes with neither --live nor --or-shutdown', 'shutdown');
    }
    return 'shutdown';
  }
  if (args.flag('or-shutdown')) return 'live-or-shutdown';
  return args.flag('live') ? 'live' : null;
}

/** For how long; nothing when the administrator ends it by hand. */
function forMs(args: Arguments): { readonly forMs?: number } {
  const text = args.text('for');
  if (text === undefined) return {};
  try {
    return { forMs: timeSpan('--for', text, PAUSE_AT_LEAST_MS, PAUSE_AT_MOST_MS) };
  } catch (fault) {
    throw args.wrong(fault instanceof Error ? fault.message.replace(/\.$/, '') : String(fault), 'for');
  }
}

/** The words as `understudy policy` on a host has them. */
function policyWords(args: Arguments): ReadWords {
  const given = POLICY_CHANGE_OPTIONS.flatMap((option) => {
    const text = args.text(option.slice(2));
    return text === undefined ? [] : [[option, text] as const];
  });
  return { operands: args.exactly('VM'), flags: new Set(), options: new Map(given) };
}

/** What is wrong with the words is said as of every other command here. */
function readPolicy<Result>(args: Arguments, read: () => Result): Result {
  try {
    return read();
  } catch (fault) {
    if (!(fault instanceof UsageError)) throw fault;
    const [, field] = /^--([a-z-]+)/.exec(fault.message) ?? [];
    throw args.wrong(fault.message.replace(/\.$/, ''), field);
  }
}

function changePolicy(args: Arguments, context: Context): Promise<Outcome> {
  const words = policyWords(args);
  readPolicy(args, () => checkPolicyChange(words));
  const [vm = ''] = words.operands;
  const params = ({ group: config }: Status): ControlParams<'vm.policy'> => ({
    vm,
    policy: readPolicy(args, () => policyChange(words, config)),
  });
  return decide('vm.policy', params, args, context);
}

/** Any host's agent may be asked: they decide together. */
function decide<M extends Told>(
  method: M,
  params: (status: Status) => ControlParams<M>,
  args: Arguments,
  context: Context,
): Promise<Outcome> {
  return withAgents(args, context, async ({ sessions, results }) => {
    const answering = results.find((result) => 'status' in result);
    const session = sessions.find(({ hostName }) => hostName === answering?.host);
    if (session === undefined || answering === undefined) {
      const [silent] = results.flatMap((result) => ('failure' in result ? [result.failure] : []));
      throw fail(silent ?? { code: 'input.unknown-group', message: 'The group has no hosts.' });
    }
    const { text } = (await callAgent(session, method, params(answering.status), DECIDE_WITHIN_MS)) as {
      text: string;
    };
    return { text: `${text}\n`, data: { host: session.hostName, text } };
  });
}

function onVm<M extends Told>(
  method: M,
  params: ControlParams<M>,
  vm: string,
  args: Arguments,
  context: Context,
): Promise<Outcome> {
  return withAgents(args, context, async (agents) => {
    const { session } = placeOfVm(vm, agents);
    const { text } = (await callAgent(session, method, params, DECIDE_WITHIN_MS)) as { text: string };
    return { text: `${text}\n`, data: { host: session.hostName, text } };
  });
}
