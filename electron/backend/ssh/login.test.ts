import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import ssh2, { Client } from 'ssh2';
import { afterEach, expect, test } from 'vitest';
import type { HostEntry } from '../inventory/schema.ts';
import { Secret, type SecretSource } from '../secret.ts';
import { cleanUp, codeOf, folder, open, secrets, serve } from './testing/sessions.ts';
import { testKeys } from './testing/sshServer.ts';
import { probeHostKey } from './connect.ts';
import { describeKey } from './hostKey.ts';
import { openSession } from './session.ts';

afterEach(cleanUp);

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

test('questions beyond the password are put to a person, in the words of the host', async () => {
  const prompts = [
    { prompt: 'Password: ', echo: false },
    { prompt: 'Code: ', echo: true, answer: '123456' },
  ];
  const server = await serve({ password: 'pw', prompts });
  const asked: unknown[] = [];
  const person: SecretSource = async (_host, kind, question) => {
    asked.push(kind === 'other' ? question : kind);
    return new Secret(question?.echo === true ? '123456' : 'pw');
  };
  const session = await openSession(server.entry('a'), person);
  session.close();
  expect(asked).toEqual(['password', { label: 'Password:', echo: false }, { label: 'Code:', echo: true }]);
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
