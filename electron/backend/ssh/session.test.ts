import { createHash, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { Readable } from 'node:stream';
import ssh2, { Client } from 'ssh2';
import { afterEach, expect, test } from 'vitest';
import { FailureError } from '../../../agent/protocol/failure.ts';
import type { HostEntry } from '../inventory/schema.ts';
import { Secret, type SecretKind, type SecretSource } from '../secret.ts';
import { startTestServer, testKeys, type TestServer, type TestServerOptions } from '../testing/sshServer.ts';
import { probeHostKey } from './connect.ts';
import { describeKey } from './hostKey.ts';
import { type HostSession, openSession } from './session.ts';
import { upload } from './upload.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(options: TestServerOptions): Promise<TestServer> {
  const server = await startTestServer(options);
  cleanups.push(() => server.close());
  return server;
}

const secrets =
  (known: Partial<Record<SecretKind, string>>): SecretSource =>
  async (_host, kind) => {
    const text = known[kind];
    return text === undefined ? null : new Secret(text);
  };

async function open(host: HostEntry, known: Partial<Record<SecretKind, string>>): Promise<HostSession> {
  const session = await openSession(host, secrets(known));
  cleanups.push(() => session.close());
  return session;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (fault) {
    if (fault instanceof FailureError) return fault.failure.code;
    throw fault;
  }
  return 'no failure';
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'understudy-ssh-'));
  cleanups.push(() => rmSync(path, { recursive: true }));
  return path;
}

test('a secret never prints', () => {
  const secret = new Secret('hunter2');
  const printed = [String(secret), JSON.stringify({ secret }), inspect({ secret })].join(' ');
  expect(printed).not.toContain('hunter2');
  expect(secret.reveal()).toBe('hunter2');
});

test('probing learns the key and tries no login', async () => {
  const server = await serve({ password: 'pw' });
  const key = await probeHostKey({ address: '127.0.0.1', port: server.port });
  expect(key).toEqual({ algorithm: 'ssh-ed25519', sha256: server.hostKey.sha256 });
  expect(server.attempts).toEqual([]);
});

test('a changed host key is refused before any login', async () => {
  const server = await serve({ password: 'pw' });
  const entry = server.entry('a', { hostKey: { ...server.hostKey, sha256: `SHA256:${'A'.repeat(43)}` } });
  expect(await codeOf(openSession(entry, secrets({ password: 'pw' })))).toBe('ssh.host-key-changed');
  expect(server.attempts).toEqual([]);
});

test('a host with several keys is asked for the pinned one', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const rsaKey = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const server = await serve({ password: 'pw', rsaKey });
  const parsed = ssh2.utils.parseKey(rsaKey);
  if (parsed instanceof Error) throw parsed;
  const pinned = { ...server.hostKey, ...describeKey(parsed.getPublicSSH()) };
  expect(pinned.algorithm).toBe('ssh-rsa');
  await open(server.entry('a', { hostKey: pinned }), { password: 'pw' });
  await open(server.entry('a'), { password: 'pw' });
  expect((await probeHostKey({ address: '127.0.0.1', port: server.port })).algorithm).toBe('ssh-ed25519');
});

test('ssh2 takes an asynchronous verifier that says no for a yes, which is why ours is synchronous', async () => {
  const server = await serve({ password: 'pw' });
  const client = new Client();
  const accepted = new Promise<boolean>((resolve) => {
    client.on('ready', () => resolve(true));
    client.on('error', () => resolve(false));
  });
  const verifier = async (): Promise<boolean> => false;
  client.connect({
    host: '127.0.0.1',
    port: server.port,
    username: 'u',
    password: 'pw',
    hostVerifier: verifier as unknown as () => boolean,
  });
  expect(await accepted).toBe(true);
  client.end();
});

test('password, keyboard-interactive, key and key with passphrase each log in', async () => {
  const plain = testKeys();
  const locked = testKeys('open');
  const dir = folder();
  writeFileSync(join(dir, 'plain'), plain.private);
  writeFileSync(join(dir, 'locked'), locked.private);
  const byKey = await serve({ authorizedKeys: [plain.public, locked.public] });
  const byPassword = await serve({ password: 'pw' });
  const byQuestion = await serve({ password: 'pw', prompts: [{ prompt: 'Password: ', echo: false }] });
  const key = (name: string): Partial<HostEntry> => ({ auth: { kind: 'key', keyFile: join(dir, name) } });
  await open(byKey.entry('a', key('plain')), {});
  await open(byKey.entry('a', key('locked')), { passphrase: 'open' });
  await open(byPassword.entry('a'), { password: 'pw' });
  await open(byQuestion.entry('a'), { password: 'pw' });
  expect(await codeOf(openSession(byKey.entry('a', key('locked')), secrets({})))).toBe(
    'ssh.passphrase-missing',
  );
  const wrong = openSession(byKey.entry('a', key('locked')), secrets({ passphrase: 'x' }));
  expect(await codeOf(wrong)).toBe('ssh.passphrase-wrong');
  expect(await codeOf(openSession(byKey.entry('a', key('none')), secrets({})))).toBe(
    'ssh.key-file-unreadable',
  );
});

test('a wrong password, a wrong key, a question for a person and a closed port are told apart', async () => {
  const other = testKeys();
  const dir = folder();
  writeFileSync(join(dir, 'other'), other.private);
  const known = testKeys();
  const byKey = await serve({ authorizedKeys: [known.public] });
  const byPassword = await serve({ password: 'pw' });
  const twoFactor = await serve({
    password: 'pw',
    prompts: [
      { prompt: 'Password: ', echo: false },
      { prompt: 'Code: ', echo: true },
    ],
  });
  const wrongKey = byKey.entry('a', { auth: { kind: 'key', keyFile: join(dir, 'other') } });
  expect(await codeOf(openSession(wrongKey, secrets({})))).toBe('ssh.auth-refused');
  expect(await codeOf(openSession(byPassword.entry('a'), secrets({ password: 'no' })))).toBe(
    'ssh.auth-refused',
  );
  expect(await codeOf(openSession(byPassword.entry('a'), secrets({})))).toBe('ssh.password-missing');
  expect(await codeOf(openSession(twoFactor.entry('a'), secrets({ password: 'pw' })))).toBe(
    'ssh.prompt-not-answered',
  );
  expect(await codeOf(probeHostKey({ address: '127.0.0.1', port: 1 }))).toBe('ssh.unreachable');
});

test('through a jump host both keys are verified', async () => {
  const target = await serve({ password: 'pw' });
  const jump = await serve({ password: 'pw' });
  const through = target.entry('a', { jump: jump.entry('jump') });
  const { name: _name, jump: _none, ...login } = jump.entry('jump');
  const session = await open({ ...through, jump: login }, { password: 'pw' });
  expect((await session.runAsRoot({ what: 'echo', script: 'echo there' })).stdout).toBe('there\n');
  const forged = { ...login, hostKey: { ...login.hostKey, sha256: `SHA256:${'B'.repeat(43)}` } };
  const wrongJump = openSession({ ...through, jump: forged }, secrets({ password: 'pw' }));
  expect(await codeOf(wrongJump)).toBe('ssh.host-key-changed');
  const wrongTarget = { ...through, jump: login, hostKey: forged.hostKey };
  expect(await codeOf(openSession(wrongTarget, secrets({ password: 'pw' })))).toBe('ssh.host-key-changed');
});

test('the sudo password goes to sudo alone: not into argv, not to the script', async () => {
  const server = await serve({ password: 'pw', sudo: { password: 'root secret' } });
  const session = await open(server.entry('a'), { password: 'pw', sudo: 'root secret' });
  const result = await session.runAsRoot({
    what: 'cat',
    script: 'printf "%s|" "$@"; cat',
    args: ["it's", '$HOME'],
    stdin: 'in',
  });
  expect(result).toMatchObject({ exitCode: 0, stdout: "it's|$HOME|in", stderr: '' });
  expect(server.commands.join('\n')).not.toContain('root secret');
});

test('a sudo that asks nothing never gets the password', async () => {
  const server = await serve({ password: 'pw', sudo: 'free' });
  const session = await open(server.entry('a'), { password: 'pw', sudo: 'root secret' });
  expect((await session.runAsRoot({ what: 'cat', script: 'cat' })).stdout).toBe('');
});

test('a refused sudo, a wrong and a missing sudo password are told apart', async () => {
  const asking = await serve({ password: 'pw', sudo: { password: 'right' } });
  const refusing = await serve({ password: 'pw', sudo: 'refused' });
  const run = async (server: TestServer, known: Partial<Record<SecretKind, string>>): Promise<string> => {
    const session = await open(server.entry('a'), { password: 'pw', ...known });
    return codeOf(session.runAsRoot({ what: 'nothing', script: 'true' }));
  };
  expect(await run(asking, { sudo: 'wrong' })).toBe('ssh.sudo-refused');
  expect(await run(asking, {})).toBe('ssh.sudo-password-missing');
  expect(await run(refusing, { sudo: 'right' })).toBe('ssh.sudo-refused');
});

test('exit status and signal are both told', async () => {
  const server = await serve({ password: 'pw' });
  const session = await open(server.entry('a', { user: 'root' }), { password: 'pw' });
  expect(await session.runAsRoot({ what: 'exit', script: 'echo out; echo err >&2; exit 7' })).toEqual({
    exitCode: 7,
    signal: null,
    stdout: 'out\n',
    stderr: 'err\n',
  });
});

test('a host that prints without end is cut off and the next command still works', async () => {
  const server = await serve({ password: 'pw' });
  const session = await open(server.entry('a', { user: 'root' }), { password: 'pw' });
  const flood = session.runAsRoot({ what: 'a flood', script: 'head -c 104857600 /dev/zero' });
  expect(await codeOf(flood)).toBe('ssh.output-limit');
  expect((await session.runAsRoot({ what: 'echo', script: 'echo still here' })).stdout).toBe('still here\n');
});

test('a host that babbles before the script begins is cut off', async () => {
  const server = await serve({
    password: 'pw',
    onExec: (channel) => channel.stderr.write(Buffer.alloc(200_000, 'x')),
  });
  const session = await open(server.entry('a'), { password: 'pw' });
  expect(await codeOf(session.runAsRoot({ what: 'x', script: 'true' }))).toBe('ssh.root-refused');
});

test('a command past its deadline is ended on the host', async () => {
  const server = await serve({ password: 'pw' });
  const session = await open(server.entry('a', { user: 'root' }), { password: 'pw' });
  const result = await session.runAsRoot({ what: 'a wait', script: 'exec sleep 600', deadlineMs: 1 });
  expect(result.exitCode).toBe(124);
});

test('a connection cut in the middle is a failure with its name, and closed tells', async () => {
  const server = await serve({ password: 'pw' });
  const session = await open(server.entry('a', { user: 'root' }), { password: 'pw' });
  const running = session.runAsRoot({
    what: 'a wait',
    script: 'echo begun; exec cat',
    stdin: new Readable({ read: () => undefined }),
  });
  const code = codeOf(running);
  await session.runAsRoot({ what: 'true', script: 'true' });
  server.cutAll();
  expect(await code).toBe('ssh.connection-lost');
  expect((await session.closed)?.code).toBe('ssh.connection-lost');
});

test('an upload has the right bytes and mode, packed or not, and a wrong one leaves nothing', async () => {
  const server = await serve({ password: 'pw' });
  const session = await open(server.entry('a', { user: 'root' }), { password: 'pw' });
  const dir = join(folder(), "a b'c");
  const content = Buffer.alloc(3_000_000, 'understudy');
  const sha256 = createHash('sha256').update(content).digest('hex');
  const file = { mode: 0o750, sha256, packing: 'none' as const };
  await upload(session, { ...file, path: join(dir, 'plain'), content });
  await upload(session, {
    ...file,
    path: join(dir, 'packed'),
    packing: 'gzip',
    content: Readable.from([gzipSync(content)]),
  });
  expect(readFileSync(join(dir, 'plain')).equals(content)).toBe(true);
  expect(readFileSync(join(dir, 'packed')).equals(content)).toBe(true);
  const damaged = upload(session, { ...file, path: join(dir, 'bad'), content: Buffer.from('other') });
  expect(await codeOf(damaged)).toBe('install.upload-failed');
  expect(readdirSync(dir).sort()).toEqual(['packed', 'plain']);
});

test('an upload that is cut off leaves nothing under its name, and goes through the next time', async () => {
  const server = await serve({ password: 'pw' });
  const session = await open(server.entry('a', { user: 'root' }), { password: 'pw' });
  const path = join(folder(), 'file');
  const content = Buffer.alloc(6_000_000, 'understudy');
  const sha256 = createHash('sha256').update(content).digest('hex');
  const file = { path, mode: 0o644, sha256, packing: 'none' as const };
  async function* halfThenCut(): AsyncIterable<Buffer> {
    yield content.subarray(0, 3_000_000);
    server.cutAll();
  }
  expect(await codeOf(upload(session, { ...file, content: Readable.from(halfThenCut()) }))).toBe(
    'ssh.connection-lost',
  );
  expect(existsSync(path)).toBe(false);
  const again = await open(server.entry('a', { user: 'root' }), { password: 'pw' });
  await upload(again, { ...file, content });
  expect(readFileSync(path).equals(content)).toBe(true);
});

test('the control stream goes through the forwarded socket, or through the bridge when that is refused', async () => {
  const path = join(folder(), 'agent.sock');
  const agent: Server = createServer((socket) => socket.pipe(socket));
  await new Promise<void>((resolve) => agent.listen(path, resolve));
  cleanups.push(() => new Promise<void>((resolve) => agent.close(() => resolve())));
  const direct = await serve({ password: 'pw', controlSocket: path });
  const bridging: TestServerOptions = {
    password: 'pw',
    onExec: (channel, command) => {
      const ready = /understudy-runs-[0-9a-f]+/.exec(command)?.[0];
      channel.stderr.write(`${ready}\n`);
      channel.pipe(channel);
    },
  };
  const indirect = await serve(bridging);
  for (const server of [direct, indirect]) {
    const session = await open(server.entry('a'), { password: 'pw' });
    const stream = await session.openControl();
    stream.write('hello\n');
    const [answer] = (await new Promise<Buffer[]>((resolve) =>
      stream.once('data', (data: Buffer) => resolve([data])),
    )) as [Buffer];
    expect(answer.toString()).toBe('hello\n');
    stream.destroy();
  }
  expect(direct.commands).toEqual([]);
  expect(indirect.commands[0]).toContain('agent.cjs bridge');
});
