import { type Check, blocking } from '../../backend/checks/check.ts';
import type { WatchdogChoices } from '../../backend/checks/checks.ts';
import { parseWatchdog } from '../../backend/checks/watchdog.ts';
import { checkHosts } from '../../backend/checks/gather.ts';
import { CHECKS_FAILED } from '../exitCodes.ts';
import type { Arguments, Command, Context, Outcome } from '../command.ts';
import { heartbeatPort, linkAddresses, linkOptions } from './links.ts';
import { withHosts } from './sessions.ts';

export const watchdogOption = { watchdog: { type: 'string', multiple: true } } as const;

export const checkCommands: readonly Command[] = [
  {
    words: 'check',
    usage: 'check [HOST...] [--watchdog HOST=DEVICE[:ATTRIBUTES]]',
    summary: 'Check hosts for what a group needs; changes nothing.',
    options: { ...watchdogOption, ...linkOptions, accept: { type: 'string', multiple: true } },
    run: check,
  },
];

async function check(args: Arguments, context: Context): Promise<Outcome> {
  const watchdogs = watchdogChoices(args);
  const links = linkAddresses(args);
  const port = heartbeatPort(args);
  const { checks } = await withHosts(args.positionals, context, (hosts) =>
    checkHosts(
      hosts.map(({ session, entry }) => ({ session, sshAddress: entry.address })),
      { watchdogs, links, port },
    ),
  );
  const accepted = new Set(args.texts('accept'));
  const stops = blocking(checks, accepted);
  return {
    text: checkReport(checks),
    data: { checks, passed: stops.length === 0 },
    exitCode: stops.length === 0 ? 0 : CHECKS_FAILED,
  };
}

/** `--watchdog HOST=DEVICE[:ATTRIBUTES]`, for devices that the kernel does not list itself. */
export function watchdogChoices(args: Arguments): WatchdogChoices {
  return new Map(
    args.texts('watchdog').map((text) => {
      const [host = '', ...rest] = text.split('=');
      const choice = host === '' ? null : parseWatchdog(rest.join('='));
      if (choice === null)
        throw args.wrong(`--watchdog must look like HOST=DEVICE[:ATTRIBUTES], not ${text}`);
      return [host, choice];
    }),
  );
}

const marks = { pass: 'passed ', warn: 'WARNING', fail: 'FAILED ', skipped: 'skipped' };

export function checkReport(checks: readonly Check[]): string {
  const lines = checks.flatMap((each) => [
    `${marks[each.status]}  ${(each.host ?? 'all').padEnd(12)} ${each.title}: ${each.evidence}`,
    ...[each.failure?.meaning, each.failure?.fix].flatMap((line) =>
      line === undefined ? [] : [`${' '.repeat(22)} ${line}`],
    ),
  ]);
  return `${lines.join('\n')}\n`;
}
