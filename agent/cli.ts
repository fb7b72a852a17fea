import { connectControl, type ControlClient } from './control/connect.ts';
import type { Command } from './cli/command.ts';
import { findCommand } from './cli/commands.ts';
import { type ReadWords, readWords, UsageError } from './cli/commandLine.ts';
import { commandHelp, commandPage, mainPage } from './cli/help.ts';
import type { CliIo } from './cli/io.ts';
import { failureText } from './cli/text.ts';
import { LINUX_HEARTBEAT, WINDOWS_HEARTBEAT } from './install/guestHeartbeat.ts';
import { versionText } from './keeper/version.ts';
import type { RpcNotification } from './protocol/control.ts';
import { type Failure, FailureError } from './protocol/failure.ts';

const EXIT_DONE = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_UNREACHABLE = 3;
/** As shells say it of a process that Ctrl+C ended. */
const EXIT_INTERRUPTED = 130;

const HEARTBEAT_SCRIPTS: Readonly<Record<string, string>> = {
  linux: LINUX_HEARTBEAT,
  windows: WINDOWS_HEARTBEAT,
};

/** Failures that mean: the agent could not be asked. */
const unreachable = new Set(['control.unreachable', 'control.gone', 'control.no-answer', 'control.too-many']);

function pageOf(name: string | undefined): string | null {
  if (name === undefined) return mainPage();
  const help = Object.hasOwn(commandHelp, name) ? commandHelp[name] : undefined;
  return help === undefined ? null : commandPage(help);
}

function usage(io: CliIo, message: string, name: string | null): number {
  io.err(`understudy: ${message}\nTry 'understudy ${name === null ? '' : `${name} `}--help'.\n`);
  return EXIT_USAGE;
}

/** Carries out one command line (without program and script) and resolves with the exit status. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  const { name, words } = splitName(argv);
  if (name === null) {
    if (argv.includes('--help') || argv.includes('-h')) {
      io.out(mainPage());
      return EXIT_DONE;
    }
    if (argv.includes('--version')) {
      io.out(`understudy ${versionText()}\n`);
      return EXIT_DONE;
    }
    io.err(mainPage());
    return EXIT_USAGE;
  }
  if (name === 'help') {
    const about = words.find((word) => !word.startsWith('-'));
    const page = pageOf(about ?? (words.includes('--help') ? 'help' : undefined));
    if (page === null) return usage(io, `there is no command "${words[0]}".`, null);
    io.out(page);
    return EXIT_DONE;
  }
  if (name === 'heartbeat-script' && !words.includes('--help')) {
    const [system = ''] = words;
    const script = Object.hasOwn(HEARTBEAT_SCRIPTS, system) ? HEARTBEAT_SCRIPTS[system] : undefined;
    if (script === undefined) return usage(io, `"${system}" is neither linux nor windows.`, name);
    io.out(script);
    return EXIT_DONE;
  }
  const command = findCommand(name, words);
  if (command === null) return usage(io, `there is no command "${name}".`, null);
  try {
    const read = readWords(words, command);
    if (read.flags.has('--help')) {
      io.out(pageOf(name) ?? mainPage());
      return EXIT_DONE;
    }
    const [kind] = read.operands;
    if (name === 'group' && kind !== command.operands[0])
      throw new UsageError(`"${kind}" is neither show nor profile.`);
    if (name === 'notify' && kind !== command.operands[0])
      throw new UsageError(`"${kind}" is neither status nor test.`);
    command.check?.(read);
    return await ask(command, read, io);
  } catch (error) {
    if (error instanceof UsageError) return usage(io, error.message, name);
    throw error;
  }
}

/** The first word that is no option is the command; `--root DIR` and `--json` may stand before it. */
function splitName(argv: readonly string[]): {
  readonly name: string | null;
  readonly words: readonly string[];
} {
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (word === '--root') index += 1;
    else if (!word.startsWith('-')) return { name: word, words: argv.toSpliced(index, 1) };
  }
  return { name: null, words: argv };
}

async function ask(command: Command, words: ReadWords, io: CliIo): Promise<number> {
  const json = words.flags.has('--json');
  let client: ControlClient | null = null;
  let listener: (notification: RpcNotification) => void = () => undefined;
  try {
    client = connectControl(await io.connect(), (notification) => listener(notification));
    const onNotification = (next: typeof listener): void => {
      listener = next;
    };
    const interrupted = io.interrupted.then(() => EXIT_INTERRUPTED);
    return await Promise.race([command.run({ io, words, json, client, onNotification }), interrupted]);
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    return tell(error.failure, json, io);
  } finally {
    client?.close();
  }
}

function tell(failure: Failure, json: boolean, io: CliIo): number {
  if (json) io.out(`${JSON.stringify({ failure })}\n`);
  else io.err(failureText(failure));
  return unreachable.has(failure.code) ? EXIT_UNREACHABLE : EXIT_FAILED;
}
