import { type Check, blocking } from '../../backend/checks/check.ts';
import type { WatchdogChoices } from '../../backend/checks/checks.ts';
import { parseWatchdog } from '../../backend/checks/watchdog.ts';
import { reportHtml, reportJson } from '../../backend/checks/savedReport.ts';
import { asFailure, fail } from '../../backend/failures.ts';
import { writeFileAtomically } from '../../backend/inventory/atomicFile.ts';
import { checkHosts } from '../../backend/checks/gather.ts';
import { CHECKS_FAILED } from '../exitCodes.ts';
import type { Arguments, Command, Context, Outcome } from '../command.ts';
import { heartbeatPort, linkAddresses, linkOptions } from './links.ts';
import { withHosts } from './sessions.ts';

export const watchdogOption = { watchdog: { type: 'string', multiple: true } } as const;

export const checkCommands: readonly Command[] = [
  {
    words: 'check',
    usage: 'check [HOST...] [--save FILE.html|FILE.json] [--watchdog HOST=DEVICE[:ATTRIBUTES]]',
    summary: 'Check hosts for what a group needs; changes nothing.',
    options: {
      ...watchdogOption,
      ...linkOptions,
      accept: { type: 'string', multiple: true },
      save: { type: 'string' },
    },
    run: check,
  },
];

async function check(args: Arguments, context: Context): Promise<Outcome> {
  const file = reportFile(args);
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
  if (file !== null) save(file, checks, accepted, context);
  return {
    text: checkReport(checks),
    data: { checks, passed: stops.length === 0 },
    exitCode: stops.length === 0 ? 0 : CHECKS_FAILED,
  };
}

/** Named before the checks run: a wrong ending is no reason to have waited for them. */
function reportFile(args: Arguments): string | null {
  const file = args.text('save');
  if (file === undefined) return null;
  if (/.\.(html|json)$/.test(file)) return file;
  throw args.wrong('--save must name a file that ends in .html or .json', 'save');
}

function save(file: string, checks: readonly Check[], accepted: ReadonlySet<string>, context: Context): void {
  const report = {
    hosts: [...new Set(checks.flatMap(({ host }) => host ?? []))],
    at: context.now().toISOString(),
    appVersion: context.version,
    checks: checks.map((each) => ({ ...each, accepted: each.acceptable === true && accepted.has(each.id) })),
  };
  try {
    writeFileAtomically(file, file.endsWith('.html') ? reportHtml(report) : reportJson(report));
  } catch (fault) {
    throw fail({
      code: 'check.not-saved',
      message: `The report could not be written to ${file}: ${asFailure(fault).message}`,
      fix: 'Name a place that you may write to.',
      field: 'save',
    });
  }
  context.say(`The report is in ${file}.`);
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
