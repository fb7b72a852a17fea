import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { FailureError } from '../protocol/failure.ts';

/** The socket is on this machine: a connection takes microseconds, or the agent hangs. */
const CONNECT_WITHIN_MS = 5_000;

/** What a command has to do with the world outside. */
export interface CliIo {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Escape sequences for colour are understood and wanted. */
  readonly colour: boolean;
  /** A person looks at it: progress may be shown. */
  readonly interactive: boolean;
  /** More than ASCII can be shown. */
  readonly unicode: boolean;
  /** A stream to the agent's control socket. Rejects with a FailureError. */
  readonly connect: () => Promise<Duplex>;
  /** Resolves when the user wants to stop what goes on (Ctrl+C). */
  readonly interrupted: Promise<void>;
}

const reasons: Readonly<Record<string, { readonly message: string; readonly fix: string }>> = {
  ENOENT: { message: 'there is no agent running here', fix: 'systemctl start understudy-agent' },
  ECONNREFUSED: { message: 'the agent has stopped', fix: 'systemctl start understudy-agent' },
  EACCES: {
    message: 'this user may not talk to it',
    fix: 'Use sudo, or become a member of the group understudy.',
  },
};

function connectTo(path: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const failed = (code: string): void => {
      socket.destroy();
      const reason = reasons[code] ?? { message: code, fix: 'journalctl -u understudy-agent' };
      reject(
        new FailureError({
          code: 'control.unreachable',
          message: `The agent can't be reached at ${path}: ${reason.message}.`,
          meaning: 'This says nothing about VMs or their protection: the keeper works without the agent.',
          fix: reason.fix,
        }),
      );
    };
    const timer = setTimeout(() => failed('it does not accept connections'), CONNECT_WITHIN_MS);
    socket.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      failed(error.code ?? error.message);
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      // From here on whoever uses the stream listens; until then an error must not end the process.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

/** The terminal or pipe this process was started with. */
export function systemIo(controlPath: string): CliIo {
  const { stdout, stderr, env } = process;
  // A reader that has seen enough (`| head`) is no failure.
  stdout.on('error', () => process.exit(0));
  const language = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    colour: stdout.isTTY && env['NO_COLOR'] === undefined && env['TERM'] !== 'dumb',
    interactive: stdout.isTTY,
    unicode: /utf-?8/i.test(language),
    connect: () => connectTo(controlPath),
    interrupted: new Promise((resolve) => {
      process.once('SIGINT', resolve);
      process.once('SIGTERM', resolve);
    }),
  };
}
