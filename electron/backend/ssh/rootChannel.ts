import { randomBytes } from 'node:crypto';
import type { Client, ClientChannel } from 'ssh2';
import { excerpt, fail } from '../failures.ts';
import type { Secret } from '../secret.ts';
import { shellWord } from './quote.ts';

/** What sudo may say before the script begins: its lecture and errors. More is a hostile or broken host. */
const PREAMBLE_LIMIT_BYTES = 65_536;
/** Longest time from the request to the script's first sign, a slow PAM included, a person's typing not. */
const START_DEADLINE_MS = 30_000;

export interface RootCommand {
  /** POSIX sh; `$1`, `$2`... are `args`. */
  readonly script: string;
  readonly args?: readonly string[];
  /** The host kills the script after this long, so that a lost connection leaves nothing behind. null: no limit. */
  readonly hostDeadlineMs: number | null;
}

export interface RootAccess {
  readonly hostName: string;
  readonly user: string;
  /** Asked only when sudo really wants a password. */
  readonly sudoPassword: () => Promise<Secret | null>;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface RootChannel {
  readonly channel: ClientChannel;
  /** The exit status once it came. */
  readonly exit: () => Exit | null;
  /** Standard error that came in the same packet as the script's first sign. */
  readonly earlyError: Buffer;
}

/**
 * Starts a script as root and resolves when the script itself runs. The password goes to sudo's standard input, and only
 * when sudo asks for it with our own random prompt: a sudo that asks nothing never feeds it to the script.
 */
export async function openRootChannel(
  client: Client,
  access: RootAccess,
  command: RootCommand,
): Promise<RootChannel> {
  const nonce = randomBytes(12).toString('hex');
  const prompt = `understudy-asks-${nonce}:`;
  const ready = `understudy-runs-${nonce}\n`;
  const started = await openExec(client, access.hostName, rootCommandLine(access, command, prompt, ready));
  return awaitStart(started, access, prompt, ready);
}

function rootCommandLine(access: RootAccess, command: RootCommand, prompt: string, ready: string): string {
  const announced = `printf '%s\\n' ${ready.trimEnd()} >&2\n${command.script}`;
  const seconds = command.hostDeadlineMs === null ? null : Math.ceil(command.hostDeadlineMs / 1000);
  const words = [
    ...(access.user === 'root' ? [] : ['sudo', '-S', '-p', shellWord(prompt), '--']),
    'env',
    'LC_ALL=C',
    ...(seconds === null ? [] : ['timeout', '-k', '5', String(seconds)]),
    'sh',
    '-c',
    shellWord(announced),
    'understudy',
    ...(command.args ?? []).map(shellWord),
  ];
  return words.join(' ');
}

type Started = Omit<RootChannel, 'earlyError'>;

function openExec(client: Client, hostName: string, commandLine: string): Promise<Started> {
  return new Promise((resolve, reject) => {
    const lost = (why: string): void =>
      reject(
        fail({ code: 'ssh.connection-lost', message: `${hostName} started no command: ${excerpt(why)}` }),
      );
    try {
      client.exec(commandLine, (fault, channel) => {
        if (fault !== undefined) return lost(fault.message);
        // Listened for in this very callback: the end of a short script may be in the same packet.
        let exit: Exit | null = null;
        channel.once('exit', (code: number | null, signal?: string) => {
          exit = { code, signal: signal ?? null };
        });
        resolve({ channel, exit: () => exit });
      });
    } catch (fault) {
      lost(fault instanceof Error ? fault.message : String(fault));
    }
  });
}

function awaitStart(
  { channel, exit }: Started,
  access: RootAccess,
  prompt: string,
  ready: string,
): Promise<RootChannel> {
  return new Promise((resolve, reject) => {
    let said = Buffer.alloc(0);
    let asked = false;
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      clearTimeout(timer);
      channel.stderr.off('data', onError);
      channel.stderr.off('end', onEnd);
    };
    const refuse = (fault: Error): void => {
      stop();
      channel.on('error', () => undefined);
      channel.close();
      reject(fault);
    };
    const restartClock = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => refuse(startFailure(access, 'it did not start in time')), START_DEADLINE_MS);
    };
    const givePassword = async (): Promise<void> => {
      clearTimeout(timer);
      const password = await access.sudoPassword();
      if (password === null) return refuse(passwordMissing(access));
      restartClock();
      channel.write(`${password.reveal()}\n`);
    };
    const onError = (chunk: Buffer): void => {
      said = Buffer.concat([said, chunk]);
      const at = said.indexOf(ready);
      if (at >= 0) {
        stop();
        // Whoever reads it next resumes it; what comes until then must not be lost.
        channel.stderr.pause();
        return resolve({ channel, exit, earlyError: said.subarray(at + ready.length) });
      }
      if (said.length > PREAMBLE_LIMIT_BYTES) return refuse(startFailure(access, 'it babbles'));
      const prompts = said.toString('latin1').split(prompt).length - 1;
      if (prompts > 1) return refuse(passwordWrong(access));
      if (prompts === 1 && !asked) {
        asked = true;
        givePassword().catch((fault: unknown) =>
          refuse(fault instanceof Error ? fault : new Error(String(fault))),
        );
      }
    };
    // Not `close`: that waits for standard output, which nobody reads yet.
    const onEnd = (): void => refuse(startFailure(access, said.toString().replaceAll(prompt, '')));
    channel.stderr.on('data', onError);
    channel.stderr.on('end', onEnd);
    restartClock();
  });
}

function passwordMissing(access: RootAccess): Error {
  return fail({
    code: 'ssh.sudo-password-missing',
    message: `sudo on ${access.hostName} wants the password of ${access.user}, and none was given.`,
    fix: 'Give it with --sudo-password-env NAME, allow that user sudo without a password, or log in as root.',
  });
}

function passwordWrong(access: RootAccess): Error {
  return fail({
    code: 'ssh.sudo-refused',
    message: `sudo on ${access.hostName} refused the password of ${access.user}.`,
    meaning: 'Nothing was changed on the host.',
    fix: 'Check the password for sudo; it may differ from the one for SSH.',
  });
}

function startFailure(access: RootAccess, said: string): Error {
  if (/not in the sudoers|not allowed to|may not run sudo|no tty present|must have a tty/i.test(said)) {
    return fail({
      code: 'ssh.sudo-refused',
      message: `sudo on ${access.hostName} does not let ${access.user} become root: ${excerpt(said)}`,
      meaning: 'Nothing was changed on the host.',
      fix: `Add ${access.user} to the sudoers of that host (group sudo or wheel), or log in as root.`,
    });
  }
  if (/not found|No such file/i.test(said)) {
    return fail({
      code: 'ssh.sudo-missing',
      message: `A needed command is missing on ${access.hostName}: ${excerpt(said)}`,
      fix: 'Install sudo (or log in as root) and coreutils.',
    });
  }
  return fail({
    code: 'ssh.root-refused',
    message: `No command could be started as root on ${access.hostName}: ${excerpt(said) || 'the channel closed'}`,
    meaning: 'Nothing was changed on the host.',
  });
}
