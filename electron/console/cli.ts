import { join } from 'node:path';
import { appVersion } from '../app/places.ts';
import { asFailure } from '../backend/failures.ts';
import type { Failure } from '../../agent/protocol/failure.ts';
import { defaultInventoryPath } from '../backend/inventory/inventory.ts';
import { openSession } from '../backend/ssh/session.ts';
import { Arguments, type Command, type Context, type Options, type Outcome } from './command.ts';
import { checkCommands } from './commands/check.ts';
import { controlCommands } from './commands/control.ts';
import { groupCommands } from './commands/group.ts';
import { hostCommands } from './commands/hosts.ts';
import { installCommands } from './commands/install.ts';
import { memberCommands } from './commands/members.ts';
import { notifyCommands } from './commands/notify.ts';
import { pauseCommands } from './commands/pauses.ts';
import { storageCommands } from './commands/storage.ts';
import { FAILED, WRONG_USAGE } from './exitCodes.ts';
import { secretSource } from './secrets.ts';

const commands: readonly Command[] = [
  ...hostCommands,
  ...checkCommands,
  ...installCommands,
  ...storageCommands,
  ...groupCommands,
  ...memberCommands,
  ...controlCommands,
  ...pauseCommands,
  ...notifyCommands,
];

const common: Options = {
  json: { type: 'boolean' },
  inventory: { type: 'string' },
  'agent-dir': { type: 'string' },
  'password-env': { type: 'string' },
  'password-stdin': { type: 'boolean' },
  'sudo-password-env': { type: 'string' },
  'passphrase-env': { type: 'string' },
};

export interface Terminal {
  readonly env: NodeJS.ProcessEnv;
  readonly input: AsyncIterable<Uint8Array>;
  readonly root: string;
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

/** Runs one command of the console and returns its exit code; nothing is asked, nothing is thrown. */
export async function runConsole(argv: readonly string[], terminal: Terminal): Promise<number> {
  const json = argv.includes('--json');
  try {
    if (argv.length === 0 || ['help', '--help', '-h'].includes(argv[0] ?? '')) {
      terminal.out(help());
      return argv.length === 0 ? WRONG_USAGE : 0;
    }
    const outcome = await runCommand(argv, terminal);
    terminal.out(json ? `${JSON.stringify({ ok: true, ...outcome.data })}\n` : outcome.text);
    return outcome.exitCode ?? 0;
  } catch (fault) {
    const failure = asFailure(fault);
    if (json) terminal.out(`${JSON.stringify({ ok: false, failure })}\n`);
    else terminal.error(failureText(failure));
    return failure.code === 'input.usage' ? WRONG_USAGE : FAILED;
  }
}

async function runCommand(argv: readonly string[], terminal: Terminal): Promise<Outcome> {
  const command = commandOf(argv);
  const words = command.words.split(' ').length;
  const args = new Arguments({ ...command, options: { ...common, ...command.options } }, argv.slice(words));
  const secrets = await secretSource(
    {
      passwordEnv: args.text('password-env'),
      passwordStdin: args.flag('password-stdin'),
      sudoPasswordEnv: args.text('sudo-password-env'),
      passphraseEnv: args.text('passphrase-env'),
    },
    terminal.env,
    terminal.input,
  );
  const context: Context = {
    inventoryPath: args.text('inventory') ?? defaultInventoryPath(terminal.env),
    agentFolder: args.text('agent-dir') ?? join(terminal.root, 'out', 'agent'),
    secrets: secrets.source,
    hasPassword: secrets.hasPassword,
    env: terminal.env,
    say: (text) => terminal.error(`${text}\n`),
    open: (host) => openSession(host, secrets.source),
    now: () => new Date(),
    version: appVersion(),
  };
  return command.run(args, context);
}

function commandOf(argv: readonly string[]): Command {
  const found = commands
    .filter((command) => command.words.split(' ').every((word, index) => argv[index] === word))
    .sort((a, b) => b.words.length - a.words.length)[0];
  if (found !== undefined) return found;
  const unknown: Command = {
    words: '',
    usage: 'help',
    summary: '',
    options: {},
    run: async () => ({ text: '', data: {} }),
  };
  const word = argv.slice(0, 2).join(' ');
  throw new Arguments(unknown, []).wrong(`There is no command "${word}"`);
}

/** Three lines at most: what happened, what it means, what to do. */
export function failureText(failure: Failure): string {
  const lines = [failure.message, failure.meaning, failure.fix].filter((line) => line !== undefined);
  return `${lines.join('\n')}\n(${failure.code})\n`;
}

function help(): string {
  const width = Math.max(...commands.map((command) => command.usage.length));
  const lines = commands.map(
    (command) => `  ${command.usage.padEnd(Math.min(width, 64))}  ${command.summary}`,
  );
  return `Understudy's console without a window.

Usage: npm run console -- COMMAND [OPTIONS]

${lines.join('\n')}

Options of all commands:
  --json                   one JSON object on standard output: {"ok": true, ...} or {"ok": false, "failure": {...}}
  --inventory FILE         the list of hosts (default ~/.config/understudy/inventory.json)
  --agent-dir DIR          agent bundles by architecture (default out/agent)
  --password-env NAME      password for SSH, and for sudo unless that has its own, from a variable
  --password-stdin         the same from the first line of standard input
  --sudo-password-env NAME password for sudo
  --passphrase-env NAME    passphrase of the key file

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the checks found something that stops.
`;
}
