import type { ControlParams } from '../protocol/control.ts';
import type { LogEvent } from '../protocol/event.ts';
import type { GroupConfig } from '../protocol/group.ts';
import { FailureError } from '../protocol/failure.ts';
import { ProfileName } from '../protocol/timing.ts';
import { type Command, json, operand, said, WAIT_MS } from './command.ts';
import { type ReadWords, UsageError, wholeNumber } from './commandLine.ts';
import { drillCommands } from './drillCommands.ts';
import { eventLine, isOfIncident } from './eventText.ts';
import { goingDownCommands } from './goingDownCommands.ts';
import type { CliIo } from './io.ts';
import { notifyStatus, notifyTest } from './notifyCommands.ts';
import { pauseCommands } from './pauseCommands.ts';
import { POLICY_OPTIONS, policyOf } from './policyOptions.ts';
import { statusText } from './statusText.ts';
import { failureText, table } from './text.ts';

const DEFAULT_EVENTS = 50;
const MAX_EVENTS = 1000;
const MINUTE_MS = 60_000;
function protectParams(words: ReadWords): ControlParams<'protect'> {
  const { options } = words;
  const policy = policyOf(words);
  const hosts = options.get('--hosts')?.split(',');
  return {
    vm: operand(words),
    ...(hosts === undefined ? {} : { hosts }),
    ...(Object.keys(policy).length === 0 ? {} : { policy }),
  };
}

function howToMove({ flags }: ReadWords): Pick<ControlParams<'switchover'>, 'how'> {
  if (!flags.has('--live')) {
    if (flags.has('--or-shutdown')) throw new UsageError('--or-shutdown is for --live.');
    return {};
  }
  return { how: flags.has('--or-shutdown') ? 'live-or-shutdown' : 'live' };
}

const status: Command = {
  operands: [],
  flags: [],
  options: [],
  run: async ({ io, client, json: asJson }) => {
    const answer = await client.call('status', {});
    io.out(asJson ? json(answer) : statusText(answer, io));
    return 0;
  },
};

function eventsParams(words: ReadWords): { readonly limit: number; readonly afterSeq?: number } {
  const after = words.options.get('--after');
  const usual = words.options.has('--incident') ? MAX_EVENTS : DEFAULT_EVENTS;
  const limit = wholeNumber('--limit', words.options.get('--limit') ?? String(usual), 1, MAX_EVENTS);
  return after === undefined
    ? { limit }
    : { limit, afterSeq: wholeNumber('--after', after, 0, Number.MAX_SAFE_INTEGER) };
}

const events: Command = {
  operands: [],
  flags: ['--follow'],
  options: ['--limit', '--after', '--incident'],
  check: eventsParams,
  run: async ({ io, words, client, json: asJson, onNotification }) => {
    const incident = words.options.get('--incident') ?? null;
    const print = (event: LogEvent): void => {
      if (isOfIncident(event, incident)) io.out(asJson ? json(event) : eventLine(event));
    };
    if (!words.flags.has('--follow')) {
      const page = await client.call('events', eventsParams(words));
      for (const event of page.events) print(event);
      return 0;
    }
    // Subscribed first, so that nothing falls between the page and the first push; shown once, by number.
    let shown = 0;
    let early: LogEvent[] | null = [];
    const show = (event: LogEvent): void => {
      if (event.seq <= shown) return;
      shown = event.seq;
      print(event);
    };
    onNotification((notification) => {
      if (notification.method !== 'event') return;
      if (early === null) show(notification.params);
      else early.push(notification.params);
    });
    await client.call('subscribe', { consoleName: 'understudy events' });
    const page = await client.call('events', eventsParams(words));
    for (const event of [...page.events, ...early]) show(event);
    early = null;
    throw new FailureError(await client.ended);
  },
};

const check: Command = {
  operands: ['VM'],
  flags: [],
  options: [],
  run: async ({ io, words, client, json: asJson }) => {
    const answer = await client.call('checkVm', { vm: operand(words) });
    const blocking = answer.findings.filter((finding) => finding.blocking);
    if (asJson) io.out(json(answer));
    else if (answer.findings.length === 0) io.out(`${operand(words)} can be protected.\n`);
    else {
      for (const { failure, blocking: forbids } of answer.findings)
        io.out(`${forbids ? 'Forbids protection' : 'To know'}: ${failureText(failure)}`);
      io.out(blocking.length === 0 ? `${operand(words)} can be protected.\n` : '');
    }
    return blocking.length === 0 ? 0 : 1;
  },
};

function groupText(config: GroupConfig, io: CliIo): string {
  const names = new Map(config.hosts.map((host) => [host.slot, host.name]));
  const hosts = config.hosts.map((host) => [
    host.name,
    String(host.slot),
    host.links.map(({ link, address, port }) => `${link + 1}: ${address} port ${port}`).join('; '),
    host.acceptSoftwareWatchdog ? 'accepted' : 'no',
  ]);
  const vms = config.vms.map((vm) => [
    vm.name,
    vm.hosts.map((slot) => names.get(slot) ?? `slot ${slot}`).join(', '),
    String(vm.policy.order),
    `${vm.policy.maxRestarts} in ${Math.round(vm.policy.windowMs / MINUTE_MS)} min`,
    `${Math.round(vm.policy.shutdownTimeoutMs / 1000)} s`,
    `${vm.memoryMiB} MiB`,
  ]);
  return [
    `Group ${config.groupName}, profile ${config.profile}, generation ${config.generation}`,
    config.disarmed ? ', DISARMED: failures are not handled\n\n' : '\n\n',
    table(['HOST', 'SLOT', 'LINKS', 'SOFTWARE WATCHDOG'], hosts, io),
    vms.length === 0 ? '\nNo VM is protected yet.\n' : '\n',
    vms.length === 0 ? '' : table(['VM', 'HOSTS', 'ORDER', 'RESTARTS', 'SHUTDOWN', 'MEMORY'], vms, io),
  ].join('');
}

const profileOf = (words: ReadWords): ProfileName => {
  const name = ProfileName.safeParse(operand(words, 1));
  if (name.success) return name.data;
  throw new UsageError(`"${operand(words, 1)}" is no profile; there are swift, steady and patient.`);
};

const groupShow: Command = {
  operands: ['show'],
  flags: [],
  options: [],
  run: async ({ io, client, json: asJson }) => {
    const { config } = await client.call('group.show', {});
    if (asJson) io.out(json({ config }));
    else io.out(config === null ? 'This host belongs to no group yet.\n' : groupText(config, io));
    return 0;
  },
};

const groupProfile: Command = {
  ...said(['profile', 'NAME'], (client, words) =>
    client.call('group.profile', { profile: profileOf(words) }, WAIT_MS),
  ),
  check: profileOf,
};

const version: Command = {
  operands: [],
  flags: [],
  options: [],
  run: async ({ io, client, json: asJson }) => {
    const answer = await client.call('version', {});
    const { agentVersion, controlVersion, node } = answer;
    io.out(
      asJson
        ? json(answer)
        : `understudy ${agentVersion} (control protocol ${controlVersion}, Node ${node})\n`,
    );
    return 0;
  },
};

const commands: Readonly<Record<string, Command>> = {
  status,
  events,
  check,
  version,
  protect: {
    ...said(['VM'], (client, words) => client.call('protect', protectParams(words), WAIT_MS), [
      '--hosts',
      ...POLICY_OPTIONS,
    ]),
    check: protectParams,
  },
  unprotect: said(['VM'], (client, words) => client.call('unprotect', { vm: operand(words) }, WAIT_MS)),
  switchover: said(
    ['VM'],
    (client, words) => {
      const to = words.options.get('--to');
      const params = { vm: operand(words), ...(to === undefined ? {} : { to }), ...howToMove(words) };
      return client.call('switchover', params, WAIT_MS);
    },
    ['--to'],
    ['--live', '--or-shutdown'],
  ),
  start: said(['VM'], (client, words) => client.call('vm.start', { vm: operand(words) }, WAIT_MS)),
  stop: said(['VM'], (client, words) => client.call('vm.stop', { vm: operand(words) }, WAIT_MS)),
  ...pauseCommands,
  ...goingDownCommands,
  ...drillCommands,
  leave: said([], (client) => client.call('host.leave', {}, WAIT_MS)),
};

/** The command that the words name, or null. `group` and `notify` have two, told apart by their first word. */
export function findCommand(name: string, words: readonly string[]): Command | null {
  const first = words.find((word) => !word.startsWith('-'));
  if (name === 'notify') return first === 'test' ? notifyTest : notifyStatus;
  if (name !== 'group') return Object.hasOwn(commands, name) ? (commands[name] ?? null) : null;
  return first === 'profile' ? groupProfile : groupShow;
}
