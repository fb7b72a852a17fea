import { Client } from 'ssh2';
import { connect as connectTcp, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { excerpt, fail } from '../failures.ts';
import type { HostEntry, HostKey, Login } from '../inventory/schema.ts';
import type { Secret, SecretSource } from '../secret.ts';
import { algorithms } from './algorithms.ts';
import { describeOfferedKey, sameKey } from './hostKey.ts';
import { loginMaterial } from './login.ts';
import { type Seen, sshFailure } from './sshFailure.ts';

/** A host that is off answers nothing at all: no reason to wait for it as long as for a slow login. */
const REACH_TIMEOUT_MS = 4_000;
/** Covers the key exchange and the login. Known secrets are asked for before it starts; a person's typing stops it. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Longest that a host waits for a one-time code: sshd's own limit (LoginGraceTime) is 120 s. */
const LOGIN_WITH_PERSON_MS = 130_000;
/** Rounds of questions in one login; a host that asks on and on is broken or hostile. */
const MAX_QUESTION_ROUNDS = 6;
const MAX_QUESTIONS = 8;
/** A connection that misses three answers in a row is dead: found after 15 to 20 s. */
const KEEPALIVE_EVERY_MS = 5_000;
const KEEPALIVE_MISSES = 3;

export interface Address {
  readonly address: string;
  readonly port: number;
}

/**
 * Learns a host's key without logging in, through `via` if given. The time for a person to compare fingerprints lies
 * between this call and `openClient`: inside one handshake ssh2's time limit would run meanwhile.
 */
export async function probeHostKey(
  target: Address,
  via: Client | null = null,
  pinnedType?: string,
): Promise<HostKey> {
  const sock = via === null ? await reach(target, {}) : await forwardThrough(via, target);
  return new Promise((resolve, reject) => {
    const client = new Client();
    let seen: HostKey | null = null;
    const settle = (fault: Error | null): void => {
      if (seen !== null) resolve(seen);
      else reject(sshFailure(target, fault, {}));
    };
    client.on('error', (fault) => settle(fault));
    client.on('close', () => settle(null));
    client.connect({
      sock,
      username: 'probe',
      readyTimeout: HANDSHAKE_TIMEOUT_MS,
      algorithms: algorithms(pinnedType),
      hostVerifier: (key: Buffer): boolean => {
        seen = describeOfferedKey(key);
        return false;
      },
    });
  });
}

/** Learns the key that a host shows now and throws unless it is the pinned one. No login is tried. */
export async function requirePinnedKey(host: HostEntry): Promise<void> {
  const offered = await probeHostKey(host, null, host.hostKey.algorithm);
  const seen: Seen = { hostName: host.name, pinned: host.hostKey, offered };
  if (!sameKey(offered, host.hostKey)) throw sshFailure(host, null, seen);
}

/** Under which name a jump host is spoken of, and its secrets are asked for. */
export const jumpName = (hostName: string): string => `${hostName}'s jump host`;

/** Logs in to a host whose key must be the pinned one, through its jump host where it has one. */
export async function openClient(host: HostEntry, secrets: SecretSource): Promise<readonly Client[]> {
  if (host.jump === null) return [await openOne(host.name, host, secrets, null)];
  const jump = await openOne(jumpName(host.name), host.jump, secrets, null);
  try {
    return [await openOne(host.name, host, secrets, jump), jump];
  } catch (fault) {
    jump.end();
    throw fault;
  }
}

const sockets = new WeakMap<Client, Duplex>();

/**
 * ssh2 itself destroys no connection that it has begun to end, and one to a host that has died in the meantime ends only when the
 * kernel gives it up, after minutes.
 */
export function hangUp(client: Client): void {
  sockets.get(client)?.destroy();
}

/** Logs in to one machine. The pinned key is compared synchronously: ssh2 takes any Promise for a yes. */
export async function openOne(
  hostName: string,
  login: Login,
  secrets: SecretSource,
  via: Client | null,
): Promise<Client> {
  const material = await loginMaterial(hostName, login, secrets);
  const sock = via === null ? await reach(login, { hostName }) : await forwardThrough(via, login);
  return new Promise((resolve, reject) => {
    const client = new Client();
    sockets.set(client, sock);
    const seen: Seen = { hostName, pinned: login.hostKey, user: login.user };
    let settled = false;
    const refuse = (fault: Error | null): void => {
      if (settled) return;
      settled = true;
      clock.stop();
      client.destroy();
      reject(sshFailure(login, fault, seen));
    };
    const clock = loginClock(() =>
      refuse(Object.assign(new Error('no answer'), { level: 'client-timeout' })),
    );
    client.once('ready', () => {
      settled = true;
      clock.stop();
      resolve(client);
    });
    // Both stay for the whole life of the connection: errors may come long after `ready`.
    client.on('error', refuse);
    client.on('close', () => refuse(null));
    answerPrompts(client, material.password, { seen, clock, secrets });
    client.connect({
      sock,
      ...material.config,
      // Ours is the shorter one, and the only one that stops while a person types.
      readyTimeout: LOGIN_WITH_PERSON_MS,
      keepaliveInterval: KEEPALIVE_EVERY_MS,
      keepaliveCountMax: KEEPALIVE_MISSES,
      algorithms: algorithms(login.hostKey.algorithm),
      hostVerifier: (key: Buffer): boolean => {
        const offered = describeOfferedKey(key);
        if (offered === null) return false;
        seen.offered = offered;
        return sameKey(offered, login.hostKey);
      },
    });
  });
}

interface LoginClock {
  stop(): void;
  start(): void;
}

function loginClock(over: () => void): LoginClock {
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => clearTimeout(timer);
  const start = (): void => {
    stop();
    timer = setTimeout(over, HANDSHAKE_TIMEOUT_MS);
  };
  start();
  return { stop, start };
}

interface Answering {
  readonly seen: Seen;
  readonly clock: LoginClock;
  readonly secrets: SecretSource;
}

/** The first single hidden question is the password; any other is put to a person, and refused where there is none. */
function answerPrompts(client: Client, password: Secret | null, { seen, clock, secrets }: Answering): void {
  let given = false;
  let rounds = 0;
  client.on('keyboard-interactive', (_name, _instructions, _language, prompts, finish) => {
    const [prompt] = prompts;
    rounds += 1;
    if (prompts.length === 0) return finish([]);
    if (password !== null && !given && prompts.length === 1 && prompt?.echo !== true) {
      given = true;
      return finish([password.reveal()]);
    }
    const ask = async (): Promise<string[]> => {
      const answers: string[] = [];
      for (const { prompt: label, echo } of prompts) {
        const question = { label: excerpt(label, 120), echo: echo === true };
        const answer = await secrets(seen.hostName ?? '', 'other', question);
        if (answer === null) seen.unansweredPrompt = prompts.map((each) => each.prompt.trim()).join(' ');
        // The right number of answers, empty ones at worst: ssh2 would otherwise wait until its time limit.
        answers.push(answer?.reveal() ?? '');
      }
      return answers;
    };
    if (rounds > MAX_QUESTION_ROUNDS || prompts.length > MAX_QUESTIONS) return finish(prompts.map(() => ''));
    clock.stop();
    ask().then(
      (answers) => {
        clock.start();
        finish(answers);
      },
      () => finish(prompts.map(() => '')),
    );
  });
}

function reach(target: Address, seen: Seen): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: target.address, port: target.port });
    // A login is many small messages to and fro; waiting to fill packets makes each take 40 ms longer.
    socket.setNoDelay(true);
    const timer = setTimeout(() => socket.destroy(silent), REACH_TIMEOUT_MS);
    const silent = Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' });
    const refuse = (fault: Error): void => {
      clearTimeout(timer);
      reject(sshFailure(target, fault, seen));
    };
    socket.once('error', refuse);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', refuse);
      // Until ssh2 listens itself, in the same turn of the event loop or the next.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

function forwardThrough(via: Client, target: Address): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(refused('it did not answer'));
    }, HANDSHAKE_TIMEOUT_MS);
    const refused = (why: string): Error =>
      fail({
        code: 'ssh.jump-refused',
        message: `The jump host does not lead to ${target.address} port ${target.port}: ${why}`,
        fix: 'Check that the jump host reaches that address and allows forwarding (AllowTcpForwarding).',
      });
    via.forwardOut('127.0.0.1', 0, target.address, target.port, (fault, channel) => {
      clearTimeout(timer);
      if (fault === undefined) resolve(channel);
      else reject(refused(fault.message));
    });
  });
}
