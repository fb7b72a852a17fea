import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  startTestServer,
  testKeys,
  type TestServer,
  type TestServerOptions,
} from '../backend/ssh/testing/sshServer.ts';
import { runConsole } from './cli.ts';

let folder = '';
let inventory = '';
const servers: TestServer[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-console-'));
  inventory = join(folder, 'inventory.json');
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  rmSync(folder, { recursive: true });
});

async function serve(options: TestServerOptions): Promise<TestServer> {
  const server = await startTestServer(options);
  servers.push(server);
  return server;
}

interface Run {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

async function* nothing(): AsyncIterable<Uint8Array> {}

async function run(argv: readonly string[], env: NodeJS.ProcessEnv = {}, stdin = ''): Promise<Run> {
  let out = '';
  let error = '';
  async function* input(): AsyncIterable<Uint8Array> {
    yield Buffer.from(stdin);
  }
  const code = await runConsole([...argv, '--inventory', inventory], {
    env,
    input: stdin === '' ? nothing() : input(),
    root: folder,
    out: (text) => (out += text),
    error: (text) => (error += text),
  });
  return { code, out, error };
}

/** Runs with --json and gives the failure's code, or the whole answer when there was none. */
async function answer(argv: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<unknown> {
  const { out } = await run([...argv, '--json'], env);
  const value = JSON.parse(out) as { ok: boolean; failure?: { code: string } };
  return value.failure?.code ?? value;
}

const add = (server: TestServer, ...more: readonly string[]): string[] => [
  'hosts',
  'add',
  'a',
  '127.0.0.1',
  '--port',
  String(server.port),
  '--user',
  'u',
  ...more,
];

test('wrong usage has its own exit code and shows the right one', async () => {
  expect(await run([])).toMatchObject({ code: 2 });
  expect(await run(['fly'])).toMatchObject({ code: 2, error: expect.stringContaining('no command "fly') });
  expect(await run(['hosts', 'add', 'a'])).toMatchObject({
    code: 2,
    error: expect.stringContaining('ADDRESS is missing'),
  });
  expect(await run(['hosts', 'list', '--colour'])).toMatchObject({ code: 2 });
  const create = ['group', 'create', 'g'];
  expect(await run(create)).toMatchObject({ error: expect.stringContaining('--hosts is missing') });
  expect(await run([...create, '--hosts', 'a'])).toMatchObject({ error: expect.stringContaining('2 to 8') });
  expect(await run([...create, '--hosts', 'a,a'])).toMatchObject({ error: expect.stringContaining('twice') });
  expect(await run([...create, '--hosts', 'a,b'])).toMatchObject({
    error: expect.stringContaining('--store'),
  });
  const store = [...create, '--hosts', 'a,b', '--store', '/srv'];
  expect(await run([...store, '--profile', 'fast'])).toMatchObject({
    code: 2,
    error: expect.stringContaining('swift'),
  });
  expect(await run([...store, '--port', '70000'])).toMatchObject({ code: 2 });
  expect(await run([...store, '--watchdog', 'a'])).toMatchObject({ code: 2 });
  expect(await run(['disarm', '--for', 'a while'])).toMatchObject({
    code: 2,
    error: expect.stringContaining('such as 20m'),
  });
  expect(await run(['maintenance', 'on'])).toMatchObject({
    error: expect.stringContaining('HOST is missing'),
  });
  expect(await run(['policy', 'web'])).toMatchObject({
    error: expect.stringContaining('Say what is to change: --restarts'),
  });
  expect(await run(['policy', 'web', '--order', '-1'])).toMatchObject({ code: 2 });
  expect(await run(['policy', 'web', '--fast', 'ping'])).toMatchObject({
    code: 2,
    error: expect.stringContaining('--fast must be "agent", "heartbeat"'),
  });
  expect(await run(['policy', 'web', '--failback', 'soon'])).toMatchObject({
    code: 2,
    error: expect.stringContaining('--failback must be never'),
  });
  expect(await run(['check', 'a', '--save', 'report.pdf'])).toMatchObject({
    code: 2,
    error: expect.stringContaining('.html or .json'),
  });
  expect(await run(['group', 'replace-host', 'office', 'a'])).toMatchObject({
    error: expect.stringContaining('NEW is missing'),
  });
  expect(existsSync(inventory)).toBe(false);
});

/** A host whose every command succeeds as root, whoever runs the tests. */
const obedient: TestServerOptions = {
  password: 'hunter2',
  onExec: (channel, command) => {
    channel.stderr.write(`${/understudy-runs-[0-9a-f]+/.exec(command)?.[0] ?? ''}\n`);
    channel.write('h1, Linux');
    channel.exit(0);
    channel.end();
  },
};

test('a host is added only with a confirmed key, and its secrets are not kept', async () => {
  const server = await serve(obedient);
  const env = { PW: 'hunter2' };
  const password = ['--password-env', 'PW'];
  expect(await answer(add(server, ...password), env)).toBe('ssh.host-key-unknown');
  const wrong = ['--accept-key', `SHA256:${'A'.repeat(43)}`];
  expect(await answer(add(server, ...password, ...wrong), env)).toBe('ssh.host-key-other');
  expect(server.attempts).toEqual([]);
  expect(existsSync(inventory)).toBe(false);
  const right = ['--accept-key', server.hostKey.sha256];
  expect(await answer(add(server, ...password, ...right), env)).toMatchObject({ ok: true, host: 'a' });
  expect(readFileSync(inventory, 'utf8')).not.toContain('hunter2');
  expect(await answer(add(server, ...password, ...right), env)).toBe('input.host-exists');
  expect((await run(['hosts', 'list'])).out).toContain(server.hostKey.sha256);
  expect(await answer(['hosts', 'remove', 'a'])).toMatchObject({ ok: true });
  expect((await run(['hosts', 'list'])).out).toContain('No hosts');
});

test('a refused login, a refused sudo and a missing secret change nothing', async () => {
  const refusing = await serve({ password: 'pw', sudo: 'refused' });
  const key = ['--accept-key', refusing.hostKey.sha256];
  const password = ['--password-env', 'PW', ...key];
  expect(await answer(add(refusing, ...password), { PW: 'wrong' })).toBe('ssh.auth-refused');
  expect(await answer(add(refusing, ...password), { PW: 'pw' })).toBe('ssh.sudo-refused');
  expect(await answer(add(refusing, ...password), {})).toBe('input.secret-missing');
  expect(await answer(add(refusing, ...key), {})).toBe('input.usage');
  const other = join(folder, 'key');
  writeFileSync(other, testKeys().private);
  expect(await answer(add(refusing, '--key', other, ...key), {})).toBe('ssh.auth-refused');
  expect(await answer(add(refusing, '--key', join(folder, 'none'), ...key), {})).toBe(
    'ssh.key-file-unreadable',
  );
  expect(existsSync(inventory)).toBe(false);
});

test('a password may come from standard input', async () => {
  const server = await serve({ password: 'pw', sudo: 'refused' });
  const argv = add(server, '--password-stdin', '--accept-key', server.hostKey.sha256);
  expect((await run(argv, {}, 'pw\n')).error).toContain('ssh.sudo-refused');
  expect((await run(argv, {}, 'no\n')).error).toContain('ssh.auth-refused');
  expect((await run(argv)).error).toContain('input.secret-missing');
});

test('unknown hosts and groups, and a closed port, are named', async () => {
  expect(await answer(['check', 'nobody'])).toBe('input.unknown-host');
  expect(await answer(['status'])).toBe('input.unknown-group');
  expect(await answer(['status', '--group', 'x'])).toBe('input.unknown-group');
  const argv = ['hosts', 'add', 'a', '127.0.0.1', '--port', '1', '--password-env', 'PW'];
  expect(await answer(argv, { PW: 'pw' })).toBe('ssh.unreachable');
});

test('a newer inventory stops every command', async () => {
  writeFileSync(inventory, '{"version": 9}');
  expect(await answer(['hosts', 'list'])).toBe('inventory.newer-version');
});
