import { readFileSync } from 'node:fs';
import { type Failure, invalidInput } from '../../../agent/protocol/failure.ts';
import { NotifyDraft } from '../../../agent/protocol/notify.ts';
import { fail } from '../../backend/failures.ts';
import { type AskHost, saveAlerts, showAlerts, testAlerts } from '../../backend/notify/alerts.ts';
import type { GroupAlerts, HostAlerts, HostTest } from '../../ipc/daily/alertViews.ts';
import type { Arguments, Command, Context, Outcome } from '../command.ts';
import { type Agents, callAgent, withAgents } from './agents.ts';

const group = { group: { type: 'string' } } as const;

/** Settings come from a file, never from the command line, where other users of this computer could read the secrets. */
export const notifyCommands: readonly Command[] = [
  {
    words: 'notify show',
    usage: 'notify show',
    summary: 'Show how the hosts tell people when no app is open.',
    options: group,
    run: (args, context) => {
      args.exactly();
      return withAgents(args, context, async (agents) =>
        shown(await showAlerts(namesOf(agents), askOf(agents))),
      );
    },
  },
  {
    words: 'notify set',
    usage: 'notify set FILE',
    summary: 'Set that on every host from a JSON file (docs/alerts.md).',
    options: group,
    run: (args, context) => {
      const [file = ''] = args.exactly('FILE');
      return save(draftFrom(file), args, context);
    },
  },
  {
    words: 'notify off',
    usage: 'notify off',
    summary: 'Have the hosts tell nobody, and forget the secrets.',
    options: group,
    run: (args, context) => {
      args.exactly();
      return save(null, args, context);
    },
  },
  {
    words: 'notify test',
    usage: 'notify test [--channel NAME]',
    summary: 'Send a test message from every host.',
    options: { ...group, channel: { type: 'string' } },
    run: (args, context) => {
      args.exactly();
      return withAgents(args, context, async (agents) =>
        tested(await testAlerts(namesOf(agents), askOf(agents), args.text('channel') ?? null)),
      );
    },
  },
];

const namesOf = ({ results }: Agents): readonly string[] => results.map(({ host }) => host);

function askOf({ sessions, results }: Agents): AskHost {
  return (host, method, params, deadlineMs) => {
    const session = sessions.find(({ hostName }) => hostName === host);
    if (session !== undefined) return callAgent(session, method, params, deadlineMs);
    const lost = results.find((result) => result.host === host);
    const failure: Failure =
      lost !== undefined && 'failure' in lost
        ? lost.failure
        : { code: 'control.unreachable', message: `${host} can't be reached.` };
    return Promise.reject(fail(failure));
  };
}

function save(draft: NotifyDraft | null, args: Arguments, context: Context): Promise<Outcome> {
  return withAgents(args, context, async (agents) =>
    shown(await saveAlerts(namesOf(agents), askOf(agents), draft)),
  );
}

/** The settings in a file. What is wrong is named by its place; nothing in it is quoted. */
function draftFrom(file: string): NotifyDraft {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (fault) {
    const isThere = !(fault instanceof Error && 'code' in fault);
    throw fail({
      code: 'input.invalid',
      message: isThere ? `${file} is not JSON.` : `${file} can't be read.`,
      field: 'FILE',
    });
  }
  const parsed = NotifyDraft.safeParse(json);
  if (parsed.success) return parsed.data;
  throw fail(invalidInput(parsed.error, ''));
}

function hostText({ host, status, failure }: HostAlerts): string {
  if (failure !== null) return `${host}: ${failure.message}\n`;
  if (status === null || status.settings === null) return `${host}: tells nobody when no app is open\n`;
  const channels = status.channels.map(({ channel, failure: why }) =>
    why === null ? channel : `${channel} (${why.message})`,
  );
  return `${host}: settings ${status.settings.revision}, by ${channels.join(', ') || 'no channel'}\n`;
}

function shown(alerts: GroupAlerts): Outcome {
  const { hosts, skew } = alerts;
  const text = `${hosts.map((host) => hostText(host)).join('')}${skew === null ? '' : `${skew}\n`}`;
  return {
    text,
    data: { ...alerts },
    exitCode: skew === null && hosts.every((one) => one.failure === null) ? 0 : 1,
  };
}

function tested(hosts: readonly HostTest[]): Outcome {
  const lines = hosts.flatMap(({ host, results, failure }) => [
    ...(failure === null ? [] : [`${host}: ${failure.message}`]),
    ...results.map(({ channel, failure: why, tookMs }) =>
      why === null
        ? `${host}: ${channel} was taken after ${(tookMs / 1000).toFixed(1)} s`
        : `${host}: ${channel}: ${why.message} ${why.fix ?? ''}`,
    ),
  ]);
  const isWell = hosts.every(
    (one) => one.failure === null && one.results.every(({ failure }) => failure === null),
  );
  return { text: `${lines.join('\n')}\n`, data: { hosts }, exitCode: isWell ? 0 : 1 };
}
