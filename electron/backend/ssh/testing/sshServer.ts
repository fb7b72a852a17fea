import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2';
import type { HostEntry, PinnedKey } from '../../inventory/schema.ts';
import { describeKey } from '../hostKey.ts';

/** An SSH server in this process, for tests. Commands run for real, in a shell of this machine, with our `sudo`. */
export interface TestServerOptions {
  readonly password?: string;
  /** Public keys (OpenSSH format) that may log in. */
  readonly authorizedKeys?: readonly string[];
  /** Questions of keyboard-interactive; the right answer to one without its own is `password`. */
  readonly prompts?: readonly { prompt: string; echo: boolean; answer?: string }[];
  /** What `sudo` does: want this password, let pass, or refuse. */
  readonly sudo?: { readonly password: string } | 'free' | 'refused';
  /** A second host key, of another type, as most hosts have. */
  readonly rsaKey?: string;
  /** Instead of running commands. */
  readonly onExec?: (channel: ServerChannel, command: string) => void;
  /** Where to listen; otherwise a free port of 127.0.0.1. */
  readonly listen?: { readonly address: string; readonly port: number };
  /** Local socket given out for any direct-streamlocal request; without it those are refused. */
  readonly controlSocket?: string;
}

export interface TestServer {
  readonly port: number;
  readonly hostKey: PinnedKey;
  /** Commands as they arrived, passwords never among them. */
  readonly commands: string[];
  /** Logins tried, with their method. */
  readonly attempts: string[];
  entry(name: string, changes?: Partial<HostEntry>): HostEntry;
  cutAll(): void;
  close(): Promise<void>;
}

const hostKeys = (own: string, options: TestServerOptions): string[] =>
  options.rsaKey === undefined ? [own] : [own, options.rsaKey];

const sudoScripts = {
  free: 'shift 4\nexec "$@"\n',
  refused: 'echo "u is not in the sudoers file." >&2\nexit 1\n',
  asking: (password: string): string =>
    `prompt=$3\nshift 4\nfor try in 1 2 3; do\nprintf '%s' "$prompt" >&2\nIFS= read -r word || exit 1\n` +
    `if [ "$word" = '${password}' ]; then exec "$@"; fi\necho 'Sorry, try again.' >&2\ndone\nexit 1\n`,
};

/** A fresh key pair. ssh2's generator makes one now and then that its own parser refuses: then another. */
export function testKeys(passphrase?: string): { readonly private: string; readonly public: string } {
  for (;;) {
    const locked = { cipher: 'aes256-cbc' as const, rounds: 4 };
    const keys =
      passphrase === undefined
        ? ssh2.utils.generateKeyPairSync('ed25519')
        : ssh2.utils.generateKeyPairSync('ed25519', { ...locked, passphrase });
    const parsed = [ssh2.utils.parseKey(keys.public), ssh2.utils.parseKey(keys.private, passphrase)];
    if (!parsed.some((key) => key instanceof Error)) return keys;
  }
}

export async function startTestServer(options: TestServerOptions): Promise<TestServer> {
  const keys = testKeys();
  const parsed = ssh2.utils.parseKey(keys.public);
  if (parsed instanceof Error) throw parsed;
  const hostKey: PinnedKey = {
    ...describeKey(parsed.getPublicSSH()),
    firstSeenAt: '2026-01-01T00:00:00.000Z',
    confirmedBy: 'fingerprint',
  };
  const bin = mkdtempSync(join(tmpdir(), 'understudy-sudo-'));
  const sudo = options.sudo ?? 'free';
  const text = typeof sudo === 'string' ? sudoScripts[sudo] : sudoScripts.asking(sudo.password);
  writeFileSync(join(bin, 'sudo'), `#!/bin/sh\n${text}`);
  chmodSync(join(bin, 'sudo'), 0o755);
  const clients = new Set<Connection>();
  const commands: string[] = [];
  const attempts: string[] = [];
  const server = new ssh2.Server({ hostKeys: hostKeys(keys.private, options) }, (client) => {
    clients.add(client);
    // There, though @types/ssh2 does not know it; without it each answer takes 40 ms.
    (client as unknown as { setNoDelay(on: boolean): void }).setNoDelay(true);
    client.on('error', () => undefined);
    client.on('close', () => clients.delete(client));
    client.on('authentication', (context) => {
      attempts.push(context.method);
      authenticate(context, options);
    });
    client.on('session', (accept) => {
      accept().on('exec', (acceptExec, _reject, info) => {
        commands.push(info.command);
        const channel = acceptExec();
        channel.on('error', () => undefined);
        if (options.onExec === undefined) runLocally(channel, info.command, bin);
        else options.onExec(channel, info.command);
      });
    });
    forwardSockets(client, options);
  });
  const { address: at, port: on } = options.listen ?? { address: '127.0.0.1', port: 0 };
  await new Promise<void>((resolve) => server.listen(on, at, () => resolve()));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    hostKey,
    commands,
    attempts,
    entry: (name, changes) => ({
      name,
      address: at,
      port,
      user: 'u',
      auth: { kind: 'password' },
      hostKey,
      jump: null,
      ...changes,
    }),
    cutAll: () => {
      for (const client of clients) client.end();
    },
    close: async () => {
      for (const client of clients) client.end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      rmSync(bin, { recursive: true });
    },
  };
}

function authenticate(context: AuthContext, options: TestServerOptions): void {
  const methods: ('password' | 'publickey' | 'keyboard-interactive')[] = [];
  if (options.authorizedKeys !== undefined) methods.push('publickey');
  if (options.prompts !== undefined) methods.push('keyboard-interactive');
  else if (options.password !== undefined) methods.push('password');
  if (
    context.method === 'password' &&
    options.prompts === undefined &&
    context.password === options.password
  ) {
    return context.accept();
  }
  if (context.method === 'publickey') {
    const known = (options.authorizedKeys ?? []).map((text) => ssh2.utils.parseKey(text));
    const key = known.find(
      (each) => !(each instanceof Error) && each.getPublicSSH().equals(context.key.data),
    );
    if (key !== undefined && !(key instanceof Error)) {
      const { blob, signature } = context;
      if (blob === undefined || signature === undefined) return context.accept();
      if (key.verify(blob, signature, context.hashAlgo) === true) return context.accept();
    }
  }
  if (context.method === 'keyboard-interactive' && options.prompts !== undefined) {
    const questions = options.prompts;
    context.prompt([...questions], 'test', '', (answers) => {
      const right = questions.every(({ answer }, index) => answers[index] === (answer ?? options.password));
      if (right) context.accept();
      else context.reject(methods);
    });
    return;
  }
  context.reject(methods);
}

function runLocally(channel: ServerChannel, command: string, bin: string): void {
  const child = spawn('/bin/sh', ['-c', command], {
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` },
    stdio: 'pipe',
  });
  child.stdin.on('error', () => undefined);
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  child.on('close', (code, signal) => {
    if (signal === null) channel.exit(code ?? 1);
    else channel.exit(signal.replace(/^SIG/, ''));
    channel.end();
    channel.close();
  });
  channel.on('close', () => child.stdin.destroy());
}

function forwardSockets(client: Connection, options: TestServerOptions): void {
  client.on('openssh.streamlocal', (accept, reject) => {
    if (options.controlSocket === undefined) return reject();
    const channel = accept();
    const socket = connect(options.controlSocket);
    socket.on('error', () => channel.close());
    channel.on('error', () => socket.destroy());
    channel.pipe(socket).pipe(channel);
  });
  client.on('tcpip', (accept, _reject, info) => {
    const channel = accept();
    const socket = connect(info.destPort, info.destIP);
    socket.on('error', () => channel.close());
    channel.on('error', () => socket.destroy());
    channel.pipe(socket).pipe(channel);
  });
}
