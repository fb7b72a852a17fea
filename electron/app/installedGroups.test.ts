import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { serveControl } from '../../agent/control/server.ts';
import { FailureError } from '../../agent/protocol/failure.ts';
import type { Status } from '../../agent/protocol/control.ts';
import { groupId, hostName, status } from '../../test/renderer/samples.ts';
import type { HostEntry } from '../backend/inventory/schema.ts';
import { startTestServer, testKeys, type TestServer } from '../backend/ssh/testing/sshServer.ts';
import type { GroupView } from '../ipc/views.ts';
import { App } from './app.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const keys = testKeys();

/** An agent's real control server, with nothing behind it, reached through a real SSH server. */
async function host(folder: string, slot: number): Promise<TestServer> {
  const path = join(folder, `${hostName(slot)}.sock`);
  const refuse = (): Promise<never> =>
    Promise.reject(new FailureError({ code: 'test.refused', message: 'Not in this test.' }));
  const handlers = new Proxy({}, { get: () => refuse }) as Parameters<typeof serveControl>[0]['handlers'];
  const control = await serveControl({
    path,
    groupId: null,
    agentVersion: 'test',
    handlers,
    status: (): Status => ({ ...status(slot), controlVersion: 1 }),
    readEvents: async () => ({ events: [], firstSeq: 0, lastSeq: 0 }),
    subscribeEvents: () => () => undefined,
    nowMs: () => performance.now(),
  });
  cleanups.push(() => control.close());
  const server = await startTestServer({ authorizedKeys: [keys.public], controlSocket: path });
  cleanups.push(() => server.close());
  return server;
}

function appOn(folder: string, hosts: readonly HostEntry[]): App {
  const group = {
    name: 'Head office',
    groupId,
    areaId: groupId,
    areaPath: '/srv/area',
    hosts: hosts.map(({ name }, slot) => ({ name, slot })),
  };
  const inventoryPath = join(folder, 'inventory.json');
  writeFileSync(inventoryPath, JSON.stringify({ version: 1, revision: 1, hosts, groups: [group] }));
  const app = new App({
    info: { version: 'test', transport: 'browser', lacks: null },
    preferencesPath: join(folder, 'preferences.json'),
    inventoryPath,
    demo: { refused: 'No.', standIns: '', start: () => Promise.reject(new Error('No.')) },
    onFault: (fault) => {
      throw fault;
    },
  });
  cleanups.push(() => app.close());
  return app;
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'understudy-app-'));
  cleanups.push(() => rmSync(path, { recursive: true }));
  writeFileSync(join(path, 'key'), keys.private, { mode: 0o600 });
  return path;
}

const viewOf = (app: App): GroupView | undefined => app.feeds.latest('groups.views')?.[0];
const soon = { timeout: 10_000, interval: 50 };

test('a group that was set up from here is offered, opened over SSH, watched, and found again after a cut', async () => {
  const at = folder();
  const servers = [await host(at, 0), await host(at, 1)];
  const auth = { kind: 'key' as const, keyFile: join(at, 'key') };
  const app = appOn(
    at,
    servers.map((server, slot) => server.entry(hostName(slot), { auth })),
  );
  expect(app.feeds.latest('groups.known')?.groups).toMatchObject([{ name: 'Head office', open: false }]);
  await app.handlers['groups.open']({ groupId });
  await vi.waitFor(() => expect(viewOf(app)?.verdict.sentence).toBe('All 3 VMs are protected.'), soon);
  servers[0]?.cutAll();
  await vi.waitFor(() => expect(viewOf(app)?.hosts[0]?.console.kind).toBe('lost'), soon);
  expect(viewOf(app)?.verdict.word).toBe('protected');
  await vi.waitFor(() => expect(viewOf(app)?.hosts[0]?.console.kind).toBe('connected'), soon);
  const [vm] = viewOf(app)?.vms ?? [];
  await app.handlers['vms.switchOver']({ groupId, vmId: vm?.id ?? '', to: 'beta', how: 'shutdown' });
  await vi.waitFor(
    () =>
      expect(app.feeds.latest('runs.recent')?.[0]).toMatchObject({
        state: 'failed',
        failure: { code: 'test.refused' },
      }),
    soon,
  );
  await app.handlers['groups.close']({ groupId });
  expect(app.feeds.latest('groups.views')).toEqual([]);
});

test('a host whose key has changed is not spoken to, and the view says why', async () => {
  const at = folder();
  const server = await host(at, 0);
  const auth = { kind: 'key' as const, keyFile: join(at, 'key') };
  const hostKey = { ...server.hostKey, sha256: `SHA256:${'A'.repeat(43)}` };
  const app = appOn(at, [server.entry('alpha', { auth, hostKey })]);
  await app.handlers['groups.open']({ groupId });
  await vi.waitFor(() => expect(viewOf(app)?.hosts[0]?.console).toMatchObject({ kind: 'lost' }), soon);
  const console = viewOf(app)?.hosts[0]?.console;
  expect(console?.kind === 'lost' ? console.failure.code : '').toMatch(/^ssh\..*key/);
  expect(viewOf(app)?.verdict.word).toBe('not-known');
});

test('a host that wants a password asks for it once, and whoever does not tell it is not asked again', async () => {
  const at = folder();
  const server = await host(at, 0);
  const app = appOn(at, [server.entry('alpha', { auth: { kind: 'password' } })]);
  await app.handlers['groups.open']({ groupId });
  await vi.waitFor(() => expect(app.feeds.latest('prompts.open')).toHaveLength(1), soon);
  const [prompt] = app.feeds.latest('prompts.open') ?? [];
  expect(prompt).toMatchObject({ kind: 'secret', what: 'password', host: 'alpha', again: false });
  await app.handlers['prompts.answer']({ id: prompt?.id ?? '', answer: { kind: 'refuse' } });
  await vi.waitFor(() => expect(viewOf(app)?.hosts[0]?.console.kind).toBe('lost'), soon);
  expect(viewOf(app)?.verdict.suggestion).toContain('type the password');
  expect(app.feeds.latest('prompts.open')).toEqual([]);
  expect(server.attempts).toEqual([]);
});

test('a damaged inventory is said, and offers nothing', () => {
  const at = folder();
  const app = appOn(at, []);
  app.close();
  writeFileSync(join(at, 'inventory.json'), '{');
  const again = new App({
    info: { version: 'test', transport: 'browser', lacks: null },
    preferencesPath: join(at, 'preferences.json'),
    inventoryPath: join(at, 'inventory.json'),
    demo: { refused: 'No.', standIns: '', start: () => Promise.reject(new Error('No.')) },
    onFault: () => undefined,
  });
  cleanups.push(() => again.close());
  expect(again.feeds.latest('groups.known')).toMatchObject({
    groups: [],
    failure: { code: 'inventory.unreadable' },
  });
});
