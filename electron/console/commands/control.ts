import { ACTION_WITHIN_MS } from '../../../agent/protocol/control.ts';
import { openControl } from '../../backend/control/control.ts';
import type { LogEvent } from '../../../agent/protocol/event.ts';
import { asFailure } from '../../backend/failures.ts';
import type { Arguments, Command, Context, Outcome } from '../command.ts';
import { eventText, statusText } from '../report.ts';
import { type Agents, callAgent, placeOfVm, withAgents } from './agents.ts';

const group = { group: { type: 'string' } } as const;
/** Looks and changes of intent answer at once; the store may take some periods. */
const CALL_DEADLINE_MS = 120_000;

export const controlCommands: readonly Command[] = [
  {
    words: 'status',
    usage: 'status [--group NAME]',
    summary: 'Show hosts, links and VMs as their agents see them.',
    options: group,
    run: status,
  },
  {
    words: 'protect',
    usage: 'protect VM [--on HOST,HOST] [--max-restarts N] [--order N]',
    summary: 'Protect a VM: the other hosts get its definition and take it over.',
    options: {
      ...group,
      on: { type: 'string' },
      'max-restarts': { type: 'string' },
      order: { type: 'string' },
    },
    run: protect,
  },
  {
    words: 'unprotect',
    usage: 'unprotect VM',
    summary: 'End the protection of a VM; it goes on running where it is.',
    options: group,
    run: (args, context) => simple('unprotect', args, context),
  },
  {
    words: 'switchover',
    usage: 'switchover VM [--to HOST] [--live [--or-shutdown]]',
    summary: 'Shut a VM down here and start it on another host, or move it while it runs.',
    options: {
      ...group,
      to: { type: 'string' },
      live: { type: 'boolean' },
      'or-shutdown': { type: 'boolean' },
    },
    run: switchover,
  },
  {
    words: 'vm start',
    usage: 'vm start VM',
    summary: 'Start a protected VM.',
    options: group,
    run: (args, context) => simple('vm.start', args, context),
  },
  {
    words: 'vm stop',
    usage: 'vm stop VM',
    summary: 'Shut a protected VM down; it is not recovered then.',
    options: group,
    run: (args, context) => simple('vm.stop', args, context),
  },
  {
    words: 'vm check',
    usage: 'vm check VM',
    summary: 'Say what keeps a VM from being protected.',
    options: group,
    run: checkVm,
  },
  {
    words: 'events',
    usage: 'events [--limit N]',
    summary: 'Show the last events of all hosts.',
    options: { ...group, limit: { type: 'string' } },
    run: events,
  },
];

async function status(args: Arguments, context: Context): Promise<Outcome> {
  args.exactly();
  return withAgents(args, context, async ({ results }) => {
    const answered = results.some((result) => 'status' in result);
    return { text: statusText(results), data: { hosts: results }, exitCode: answered ? 0 : 1 };
  });
}

async function simple(
  method: 'unprotect' | 'vm.start' | 'vm.stop',
  args: Arguments,
  context: Context,
): Promise<Outcome> {
  const [vm = ''] = args.exactly('VM');
  return withAgents(args, context, async (agents) => {
    const { session, deadlineMs } = placeOfVm(vm, agents);
    return done(session.hostName, await callAgent(session, method, { vm }, deadlineMs));
  });
}

async function protect(args: Arguments, context: Context): Promise<Outcome> {
  const [vm = ''] = args.exactly('VM');
  const on = args.text('on')?.split(',');
  const policy = {
    ...(args.text('max-restarts') === undefined
      ? {}
      : { maxRestarts: args.number('max-restarts', 0, 0, 20) }),
    ...(args.text('order') === undefined ? {} : { order: args.number('order', 0, 0, 1000) }),
  };
  return withAgents(args, context, async (agents) => {
    const { session } = placeOfVm(vm, agents);
    const params = {
      vm,
      ...(on === undefined ? {} : { hosts: on }),
      ...(Object.keys(policy).length === 0 ? {} : { policy }),
    };
    return done(session.hostName, await callAgent(session, 'protect', params, CALL_DEADLINE_MS));
  });
}

async function switchover(args: Arguments, context: Context): Promise<Outcome> {
  const [vm = ''] = args.exactly('VM');
  const to = args.text('to');
  if (args.flag('or-shutdown') && !args.flag('live')) throw args.wrong('--or-shutdown is for --live');
  return withAgents(args, context, async (agents) => {
    const { session, deadlineMs } = placeOfVm(vm, agents);
    const how = args.flag('or-shutdown') ? ('live-or-shutdown' as const) : ('live' as const);
    const isLive = args.flag('live');
    const params = { vm, ...(to === undefined ? {} : { to }), ...(isLive ? { how } : {}) };
    const withinMs = isLive ? ACTION_WITHIN_MS : deadlineMs;
    return done(session.hostName, await callAgent(session, 'switchover', params, withinMs));
  });
}

async function checkVm(args: Arguments, context: Context): Promise<Outcome> {
  const [vm = ''] = args.exactly('VM');
  return withAgents(args, context, async (agents) => {
    const { session } = placeOfVm(vm, agents);
    const { findings } = await callAgent(session, 'checkVm', { vm }, CALL_DEADLINE_MS);
    const lines = findings.map(
      ({ failure, blocking }) =>
        `${blocking ? 'FAILED ' : 'WARNING'}  ${failure.message} ${failure.fix ?? ''}`,
    );
    const text = lines.length === 0 ? `${vm} can be protected.\n` : `${lines.join('\n')}\n`;
    return { text, data: { findings }, exitCode: findings.some((each) => each.blocking) ? 1 : 0 };
  });
}

function done(host: string, result: { readonly text: string }): Outcome {
  return { text: `${result.text}\n`, data: { host, text: result.text } };
}

async function events(args: Arguments, context: Context): Promise<Outcome> {
  args.exactly();
  const limit = args.number('limit', 100, 1, 1000);
  return withAgents(args, context, async (agents) => {
    const found = await Promise.all(agents.sessions.map((session) => eventsOf(session, limit)));
    const merged = found
      .flat()
      .sort((a, b) => a.wallTime.localeCompare(b.wallTime) || a.seq - b.seq)
      .slice(-limit);
    const text = merged.map(eventText).join('');
    return { text: text === '' ? 'No events.\n' : text, data: { events: merged } };
  });
}

async function eventsOf(session: Agents['sessions'][number], limit: number): Promise<readonly LogEvent[]> {
  try {
    const control = await openControl(session);
    try {
      const { lastSeq } = await control.call('events', { limit: 1 }, CALL_DEADLINE_MS);
      const afterSeq = Math.max(0, lastSeq - limit);
      return (await control.call('events', { afterSeq, limit }, CALL_DEADLINE_MS)).events;
    } finally {
      control.close();
    }
  } catch (fault) {
    // One silent host must not hide the story that the others tell; `status` says that it is silent.
    asFailure(fault);
    return [];
  }
}
