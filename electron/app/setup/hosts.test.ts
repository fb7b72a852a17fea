import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { Secret, SecretVault } from '../../backend/secret.ts';
import { cleanUp, codeOf, folder, play, SetupBench, soon } from './testing/setupBench.ts';

afterEach(cleanUp);

const begun = async (bench: SetupBench): Promise<SetupBench> => {
  await bench.app.handlers['setup.begin']({ kind: 'new', resume: null });
  return bench;
};
const secret = (text: string) => ({ kind: 'secret', secret: text, remember: false }) as const;

test('a host is added after its key was confirmed and its password asked for, under its own name', async () => {
  const at = folder();
  const bench = await begun(new SetupBench(at));
  const host = await play('alpha');
  const adding = bench.app.handlers['setup.addHost'](host.input);
  const key = await bench.answer({ kind: 'accept' });
  expect(key).toMatchObject({
    kind: 'host-key',
    key: { sha256: host.server.hostKey.sha256 },
    inKnownHosts: false,
  });
  expect(key.kind === 'host-key' ? key.compareWith : '').toContain('ssh-keygen -lf');
  expect(await bench.answer(secret('wrong'))).toMatchObject({
    kind: 'secret',
    what: 'password',
    again: false,
  });
  expect(await bench.answer(secret('pw'))).toMatchObject({ again: true });
  expect(await adding).toEqual({ name: 'alpha' });
  await vi.waitFor(
    () => expect(bench.state.hosts).toMatchObject([{ name: 'alpha', reach: { kind: 'reached' } }]),
    soon,
  );
  expect(bench.state.stage).toBe('hosts');
});

test('a secret is never in a feed nor in the inventory', async () => {
  const at = folder();
  const bench = await begun(new SetupBench(at));
  const host = await play('alpha', { password: 'hunter2' });
  const adding = bench.app.handlers['setup.addHost'](host.input);
  await bench.answer({ kind: 'accept' });
  await bench.answer(secret('hunter1'));
  await bench.answer(secret('hunter2'));
  await adding;
  await bench.app.handlers['checks.run']({ groupId: null, line: null });
  expect(bench.said.join('\n')).not.toMatch(/hunter[12]/);
  expect(readFileSync(join(at, 'inventory.json'), 'utf8')).not.toMatch(/hunter[12]/);
  expect(host.server.commands.join('\n')).not.toMatch(/hunter[12]/);
});

test('a refused key, a wrong port and a known name are refused with their field, and nothing is saved', async () => {
  const at = folder();
  const bench = await begun(new SetupBench(at));
  const host = await play('alpha');
  const refused = bench.app.handlers['setup.addHost'](host.input);
  await bench.answer({ kind: 'refuse' });
  expect(await codeOf(refused)).toEqual({ code: 'setup.key-refused', field: 'address' });
  const closed = bench.app.handlers['setup.addHost']({ ...host.input, port: 1 });
  expect(await codeOf(closed)).toEqual({ code: 'ssh.unreachable', field: 'address' });
  const noFile = { ...host.input, auth: { kind: 'key', keyFile: '/nowhere' } } as const;
  const reading = bench.app.handlers['setup.addHost'](noFile);
  await bench.answer({ kind: 'accept' });
  expect(await codeOf(reading)).toEqual({ code: 'ssh.key-file-unreadable', field: 'auth.keyFile' });
  await bench.add(host);
  const again = bench.app.handlers['setup.addHost']({ ...host.input, name: 'other' });
  expect(await codeOf(again)).toEqual({ code: 'input.host-exists', field: 'address' });
  const twin = bench.app.handlers['setup.addHost']({ ...host.input, name: 'alpha', port: 1 });
  expect(await codeOf(twin)).toEqual({ code: 'input.host-exists', field: 'name' });
  expect(host.server.attempts.filter((method) => method === 'password')).toHaveLength(1);
});

test('a changed key stops with both fingerprints, and the way on is to confirm the new one', async () => {
  const at = folder();
  const bench = await begun(new SetupBench(at));
  const host = await play('alpha');
  await bench.add(host);
  bench.app.close();
  const inventory = JSON.parse(readFileSync(join(at, 'inventory.json'), 'utf8'));
  const before = `SHA256:${'A'.repeat(43)}`;
  inventory.hosts[0].hostKey.sha256 = before;
  writeFileSync(join(at, 'inventory.json'), JSON.stringify(inventory));
  const tried = host.server.attempts.length;
  const next = await begun(new SetupBench(at));
  expect(
    (await codeOf(next.app.handlers['setup.changeHost']({ host: 'alpha', input: host.input }))).code,
  ).toBe('ssh.host-key-changed');
  expect(host.server.attempts).toHaveLength(tried);
  await vi.waitFor(
    () =>
      expect(next.state.keyChange).toMatchObject({
        pinned: { sha256: before },
        seen: { sha256: host.server.hostKey.sha256 },
      }),
    soon,
  );
  const relearning = next.app.handlers['hosts.forgetKey']({ host: 'alpha' });
  await next.answer({ kind: 'accept' });
  await relearning;
  expect(next.app.feeds.latest('hosts.known')?.[0]?.key.sha256).toBe(before);
  await vi.waitFor(
    () => expect(next.app.feeds.latest('hosts.known')?.[0]?.key.sha256).toBe(host.server.hostKey.sha256),
    soon,
  );
});

test('a key that changed while a set-up was left is shown when it is gone on with, before any password is asked', async () => {
  const at = folder();
  const bench = await begun(new SetupBench(at));
  const host = await play('alpha');
  await bench.add(host);
  bench.app.close();
  const inventory = JSON.parse(readFileSync(join(at, 'inventory.json'), 'utf8'));
  inventory.hosts[0].hostKey.sha256 = `SHA256:${'B'.repeat(43)}`;
  writeFileSync(join(at, 'inventory.json'), JSON.stringify(inventory));
  const next = new SetupBench(at);
  await next.app.handlers['setup.begin']({ kind: 'new', resume: inventory.setups[0].id });
  await vi.waitFor(() => expect(next.state.keyChange?.host).toBe('alpha'), soon);
  expect(next.state.hosts[0]?.reach).toMatchObject({
    kind: 'refused',
    failure: { code: 'ssh.host-key-changed' },
  });
  expect(next.app.feeds.latest('prompts.open')).toEqual([]);
  const relearning = next.app.handlers['hosts.forgetKey']({ host: 'alpha' });
  await next.answer({ kind: 'accept' });
  await relearning;
  await vi.waitFor(() => expect(next.state.keyChange).toBeNull(), soon);
});

test('a host that was left out again is taken back without another question', async () => {
  const bench = await begun(new SetupBench(folder()));
  const host = await play('alpha');
  await bench.add(host);
  await bench.app.handlers['setup.removeHost']({ host: 'alpha' });
  await vi.waitFor(() => expect(bench.state.hosts).toEqual([]), soon);
  expect(await bench.app.handlers['setup.addHost'](host.input)).toEqual({ name: 'alpha' });
  await vi.waitFor(() => expect(bench.state.hosts).toHaveLength(1), soon);
});

test('sudo is tried with the password of the login first, and a wrong guess is no wrong answer', async () => {
  const bench = await begun(new SetupBench(folder()));
  const host = await play('alpha');
  host.sudoPassword = 'sudo pw';
  const adding = bench.app.handlers['setup.addHost']({ ...host.input, name: 'alpha', user: 'u' });
  await bench.answer({ kind: 'accept' });
  await bench.answer(secret('pw'));
  expect(await bench.answer(secret('no'))).toMatchObject({ what: 'sudo', again: false });
  expect(await bench.answer(secret('sudo pw'))).toMatchObject({ what: 'sudo', again: true });
  expect(await adding).toEqual({ name: 'alpha' });
  expect(host.server.commands.join('\n')).not.toContain('sudo pw');
});

test('through a jump host both keys and both passwords are asked for, each under its own name', async () => {
  const bench = await begun(new SetupBench(folder()));
  const jump = await play('gate', { password: 'jump pw' });
  const host = await play('alpha');
  const { name: _name, jump: _none, ...way } = jump.input;
  const adding = bench.app.handlers['setup.addHost']({ ...host.input, name: 'alpha', jump: way });
  const asked = [
    await bench.answer({ kind: 'accept' }),
    await bench.answer(secret('jump pw')),
    await bench.answer({ kind: 'accept' }),
    await bench.answer(secret('pw')),
  ];
  expect(await adding).toEqual({ name: 'alpha' });
  expect(asked.map((prompt) => [prompt.kind, prompt.host])).toEqual([
    ['host-key', "alpha's jump host"],
    ['secret', "alpha's jump host"],
    ['host-key', 'alpha'],
    ['secret', 'alpha'],
  ]);
  expect(asked[0]).toMatchObject({ key: { sha256: jump.server.hostKey.sha256 } });
  expect(asked[2]).toMatchObject({ key: { sha256: host.server.hostKey.sha256 } });
});

test('a secret is remembered only when that was wished, and after the host took it', async () => {
  const kept: string[] = [];
  const vault: SecretVault = {
    refused: null,
    get: async () => null,
    put: async (name: string, kind: string, value: Secret) =>
      void kept.push(`${name}/${kind}=${value.reveal()}`),
    forget: () => undefined,
  };
  const bench = await begun(new SetupBench(folder(), vault));
  const host = await play('alpha');
  const adding = bench.app.handlers['setup.addHost'](host.input);
  await bench.answer({ kind: 'accept' });
  await bench.answer({ kind: 'secret', secret: 'no', remember: true });
  await bench.answer({ kind: 'secret', secret: 'pw', remember: true });
  await adding;
  expect(kept).toEqual(['alpha/password=pw']);
});

test('a set-up that was left goes on after the app was started again', async () => {
  const at = folder();
  const bench = await begun(new SetupBench(at));
  const alpha = await play('alpha');
  const beta = await play('beta');
  await bench.add(alpha);
  await bench.add(beta);
  await bench.app.handlers['checks.run']({ groupId: null, line: null });
  await vi.waitFor(() => expect(bench.state.stage).toBe('install'), soon);
  await vi.waitFor(() => expect(bench.app.feeds.latest('setup.saved')?.[0]?.stage).toBe('install'), soon);
  bench.app.close();
  const next = new SetupBench(at);
  const [saved] = next.app.feeds.latest('setup.saved') ?? [];
  expect(saved).toMatchObject({ hosts: ['alpha', 'beta'], name: 'alpha, beta' });
  await next.app.handlers['setup.begin']({ kind: 'new', resume: saved?.id ?? '' });
  await next.answer(secret('pw'));
  await next.answer(secret('pw'));
  await vi.waitFor(() => expect(next.state.stage).toBe('install'), soon);
  await next.app.handlers['setup.discard']({ id: saved?.id ?? '' });
  await vi.waitFor(() => expect(next.app.feeds.latest('setup.saved')).toEqual([]), soon);
});

test('after this computer slept, what nobody used of its connections is made anew', async () => {
  const at = folder();
  const bench = await begun(new SetupBench(at));
  const host = await play('alpha');
  await bench.add(host);
  const look = async (): Promise<number> => {
    await bench.app.handlers['checks.run']({ groupId: null, line: null });
    await vi.waitFor(() => expect(bench.report).toMatchObject({ running: false }), soon);
    return host.server.attempts.length;
  };
  const before = await look();
  expect(await look()).toBe(before);
  bench.app.resumed();
  expect(await look()).toBeGreaterThan(before);
  expect(bench.app.feeds.latest('prompts.open') ?? []).toEqual([]);
});
