import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import type { SecretKind } from '../secret.ts';
import { cleanUp, cleanups, codeOf, folder, open, serve } from './testing/sessions.ts';
import type { TestServer, TestServerOptions } from './testing/sshServer.ts';
import { upload } from './upload.ts';

afterEach(cleanUp);

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

test('a host that is dead when the session is closed keeps nothing open', async () => {
  const server = await serve({ password: 'pw' });
  const { port } = server.entry('a');
  const links: Socket[] = [];
  // What the host would send and hang up with stays away, as with a host without power.
  const between = createServer({ allowHalfOpen: true }, (near) => {
    links.push(near);
    const far = connect(port, '127.0.0.1');
    near.on('error', () => undefined).on('data', (chunk) => void (far.destroyed || far.write(chunk)));
    far.on('error', () => undefined).on('data', (chunk) => near.write(chunk));
    cleanups.push(() => void far.destroy());
  }).listen(0, '127.0.0.1');
  await once(between, 'listening');
  cleanups.push(() => void between.close());
  const session = await open(
    { ...server.entry('a'), port: (between.address() as AddressInfo).port },
    { password: 'pw' },
  );
  const [near] = links;
  session.close();
  // A connection that is only half closed takes what arrives; one that is gone refuses it.
  await expect
    .poll(() => near?.destroyed === true || (near?.write('.') ?? true, near?.destroyed), { timeout: 20_000 })
    .toBe(true);
});
