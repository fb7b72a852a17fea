import type { Duplex, Readable } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import type { Failure } from '../../../agent/protocol/failure.ts';
import { excerpt, fail } from '../failures.ts';
import type { HostEntry } from '../inventory/schema.ts';
import type { SecretSource } from '../secret.ts';
import { type CommandResult, collect } from './collect.ts';
import { hangUp, openClient } from './connect.ts';
import { openRootChannel, type RootAccess, type RootChannel, type RootCommand } from './rootChannel.ts';

/** Output of one command: a full report of a host is below 200 KiB. */
const OUTPUT_LIMIT_BYTES = 1_048_576;
const DEFAULT_DEADLINE_MS = 60_000;
/** sshd allows 10 sessions a connection by default; the control stream and the next window need some. */
const MAX_CHANNELS = 4;
/** Time beyond the host's own limit that its killed script has to report. */
const GRACE_MS = 10_000;

export interface RootRun {
  /** For failures: "the checks". */
  readonly what: string;
  readonly script: string;
  readonly args?: readonly string[];
  readonly stdin?: string | Buffer | Readable;
  readonly deadlineMs?: number;
  readonly outputLimitBytes?: number;
}

/** One host as installer, checks and fleet see it. A test gives its own. */
export interface HostSession {
  readonly hostName: string;
  readonly user: string;
  /** Runs a script as root to its end, whatever its exit status. */
  runAsRoot(run: RootRun): Promise<CommandResult>;
  /** A byte stream to the agent's control socket. */
  openControl(): Promise<Duplex>;
  /** Resolves with the reason when the connection is gone; null after `close`. */
  readonly closed: Promise<Failure | null>;
  close(): void;
}

/** For the other side to hang up. */
const GOODBYE_MS = 1_000;

export const CONTROL_SOCKET = '/run/understudy/agent.sock';
const BRIDGE = 'exec /opt/understudy/current/node /opt/understudy/current/agent.cjs bridge';

/** Opens the one connection to a host: pinned keys, jump host, keepalive. Throws a FailureError. */
export async function openSession(host: HostEntry, secrets: SecretSource): Promise<HostSession> {
  return new SshSession(host, await openClient(host, secrets), secrets);
}

class SshSession implements HostSession {
  readonly hostName: string;
  readonly user: string;
  readonly closed: Promise<Failure | null>;
  readonly #clients: readonly Client[];
  readonly #access: RootAccess;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #closing = false;
  #gone = false;

  constructor(host: HostEntry, clients: readonly Client[], secrets: SecretSource) {
    this.hostName = host.name;
    this.user = host.user;
    this.#clients = clients;
    this.#access = {
      hostName: host.name,
      user: host.user,
      sudoPassword: () => secrets(host.name, 'sudo'),
    };
    this.closed = new Promise((resolve) => {
      this.#client.once('close', () => {
        this.#gone = true;
        for (const client of this.#clients) client.end();
        resolve(this.#closing ? null : lost(host.name));
      });
    });
  }

  get #client(): Client {
    const [client] = this.#clients;
    if (client === undefined) throw new Error('a session without a connection');
    return client;
  }

  async runAsRoot(run: RootRun): Promise<CommandResult> {
    const deadlineMs = run.deadlineMs ?? DEFAULT_DEADLINE_MS;
    await this.#enter();
    try {
      const root = await this.#openRoot({
        script: `set -eu\n${run.script}`,
        ...(run.args === undefined ? {} : { args: run.args }),
        hostDeadlineMs: deadlineMs,
      });
      return await collect(
        root,
        {
          hostName: this.hostName,
          what: run.what,
          deadlineMs: deadlineMs + GRACE_MS,
          outputLimitBytes: run.outputLimitBytes ?? OUTPUT_LIMIT_BYTES,
          ...(run.stdin === undefined ? {} : { stdin: run.stdin }),
        },
        () => hangUp(this.#client),
      );
    } finally {
      this.#leave();
    }
  }

  async openControl(): Promise<Duplex> {
    const direct = await this.#forwardSocket();
    if (direct !== null) return direct;
    const { channel } = await this.#openRoot({ script: BRIDGE, hostDeadlineMs: null });
    channel.on('error', () => undefined);
    channel.stderr.resume();
    return channel;
  }

  close(): void {
    this.#closing = true;
    for (const client of this.#clients) client.end();
    // A host that does not hang up in turn must not keep this process alive.
    setTimeout(() => this.#clients.forEach(hangUp), GOODBYE_MS).unref();
  }

  /** A connection that ends while a command starts looks like a refusal at first; the truth is known a moment later. */
  async #openRoot(command: RootCommand): Promise<RootChannel> {
    try {
      return await openRootChannel(this.#client, this.#access, command);
    } catch (fault) {
      await new Promise((resolve) => setImmediate(resolve));
      throw this.#gone ? fail(lost(this.hostName)) : fault;
    }
  }

  /** null when sshd refuses it or this user may not open the socket: then the bridge as root is the way. */
  #forwardSocket(): Promise<ClientChannel | null> {
    return new Promise((resolve, reject) => {
      try {
        this.#client.openssh_forwardOutStreamLocal(CONTROL_SOCKET, (fault, channel) => {
          if (fault !== undefined) return resolve(null);
          channel.on('error', () => undefined);
          resolve(channel);
        });
      } catch (fault) {
        reject(fail(lost(this.hostName, fault instanceof Error ? fault.message : '')));
      }
    });
  }

  async #enter(): Promise<void> {
    if (this.#running >= MAX_CHANNELS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
  }

  /** Hands the place on, so that nobody slips in between. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }
}

function lost(hostName: string, why = ''): Failure {
  return {
    code: 'ssh.connection-lost',
    message: `The connection to ${hostName} is gone${why === '' ? '.' : `: ${excerpt(why)}`}`,
    meaning: 'Only this app has lost sight of the host. The agents go on by themselves.',
  };
}

/** The output of a command that must succeed. Throws `what` as a failure with the end of its error output. */
export async function runChecked(session: HostSession, run: RootRun, code: string): Promise<string> {
  const result = await session.runAsRoot(run);
  if (result.exitCode === 0) return result.stdout;
  const how = result.exitCode === null ? `signal ${result.signal ?? '?'}` : `exit status ${result.exitCode}`;
  const full = /No space left on device/.test(result.stderr);
  throw fail({
    code: full ? 'host.disk-full' : result.exitCode === 124 ? 'ssh.deadline' : code,
    message: `On ${session.hostName}, ${run.what} failed (${how}): ${excerpt(result.stderr) || 'no message'}`,
    ...(full ? { fix: 'Free some space on that host, then start again: it goes on where it stopped.' } : {}),
  });
}
