import { type Check, blocking, skipped } from '../../backend/checks/check.ts';
import { runChecks, type WatchdogChoices } from '../../backend/checks/checks.ts';
import { gatherFacts, type HostFacts } from '../../backend/facts/facts.ts';
import { networkChecks } from '../../backend/group/network.ts';
import { defaultAddresses } from '../../backend/group/plan.ts';
import { CHECKS_FAILED } from '../exitCodes.ts';
import type { Arguments, Command, Context, Outcome } from '../command.ts';
import { heartbeatPort, linkAddresses, linkOptions } from './links.ts';
import { type OpenHost, withHosts } from './sessions.ts';

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
  const checks = await withHosts(args.positionals, context, async (hosts) => {
    const facts = await Promise.all(hosts.map(({ session }) => gatherFacts(session)));
    return [...runChecks(facts, watchdogs), ...(await network(hosts, facts, links, port))];
  });
  const accepted = new Set(args.texts('accept'));
  const stops = blocking(checks, accepted);
  return {
    text: checkReport(checks),
    data: { checks, passed: stops.length === 0 },
    exitCode: stops.length === 0 ? 0 : CHECKS_FAILED,
  };
}

/** Datagrams are sent by the agent's own program: before the installation there is nobody to send them. */
async function network(
  hosts: readonly OpenHost[],
  facts: readonly HostFacts[],
  links: ReadonlyMap<string, readonly string[]>,
  port: number,
): Promise<readonly Check[]> {
  if (hosts.length < 2) return [];
  if (facts.some((each) => each.installedVersion === null)) {
    const title = 'Heartbeats reach the other hosts';
    const base = { id: 'network.udp', group: 'network' as const, host: null, title };
    return [skipped(base, 'looked at once the agent is installed on all of them')];
  }
  const ends = hosts.map(({ session, entry }, index) => {
    const own = facts[index];
    const usual = own === undefined ? [] : defaultAddresses(own, entry.address);
    return { session, addresses: links.get(entry.name) ?? usual };
  });
  return networkChecks(ends, port);
}

/** `--watchdog HOST=DEVICE[:ATTRIBUTES]`, for devices that the kernel does not list itself. */
export function watchdogChoices(args: Arguments): WatchdogChoices {
  return new Map(
    args.texts('watchdog').map((text) => {
      const found = /^([^=]+)=(\/[^:]+)(?::(\/.+))?$/.exec(text);
      if (found === null) throw args.wrong(`--watchdog must look like HOST=DEVICE[:ATTRIBUTES], not ${text}`);
      return [found[1] ?? '', { device: found[2] ?? '', attributes: found[3] ?? null }];
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
