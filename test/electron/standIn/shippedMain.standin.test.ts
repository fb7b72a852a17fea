import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../../../build/command.ts';
import type { Bridge } from '../../../electron/ipc/contract.ts';
import type { Question } from './electron.ts';

/** The bundle that is shipped, in today's Node, against a STAND-IN for Electron. */

const ANSWER_WITHIN_MS = 10_000;
const home = mkdtempSync(join(tmpdir(), 'understudy-stand-in-'));
let main: ChildProcess;
let errors = '';
let questions = 0;
const waiting = new Map<number, (value: unknown) => void>();
const feeds: { readonly feed: string; readonly value: unknown }[] = [];

type WithoutId<Q> = Q extends Question ? Omit<Q, 'id'> : never;

function ask(question: WithoutId<Question>): Promise<unknown> {
  const id = (questions += 1);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`No answer: ${errors}`)), ANSWER_WITHIN_MS);
    waiting.set(id, (value) => {
      clearTimeout(timer);
      resolve(value);
    });
    main.send({ ...question, id });
  });
}

beforeAll(() => {
  main = fork(join(root, 'out/app/main.js'), [], {
    execArgv: ['--import', join(root, 'test/electron/standIn/register.ts')],
    env: { PATH: process.env['PATH'], HOME: home, XDG_CONFIG_HOME: home },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  main.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  main.on('message', (message: { id?: number; value: unknown; feed?: string }) => {
    if (message.feed !== undefined) feeds.push({ feed: message.feed, value: message.value });
    else waiting.get(message.id ?? 0)?.(message.value);
  });
});
afterAll(() => {
  main.kill('SIGKILL');
  rmSync(home, { recursive: true });
});

type Asked = readonly { readonly what: string; readonly detail: unknown }[];

test('the shipped main starts, takes its lock and its sandbox, and shows a guarded window', async () => {
  await expect
    .poll(async () => ((await ask({ kind: 'asked' })) as Asked).map(({ what }) => what), { timeout: 20_000 })
    .toContain('show');
  const asked = (await ask({ kind: 'asked' })) as Asked;
  const detail = (what: string): unknown => asked.find((one) => one.what === what)?.detail;
  expect(asked.map(({ what }) => what)).toEqual(
    expect.arrayContaining(['enableSandbox', 'requestSingleInstanceLock']),
  );
  expect(detail('registerSchemesAsPrivileged')).toMatchObject([
    { scheme: 'app', privileges: { secure: true } },
  ]);
  expect(detail('BrowserWindow')).toMatchObject({
    webPreferences: { sandbox: true, contextIsolation: true, nodeIntegration: false, webviewTag: false },
  });
  expect(detail('loadURL')).toBe('app://main/index.html');
  expect(detail('setWindowOpenHandler')).toEqual({ action: 'deny' });
  expect([detail('permission'), detail('permissionCheck'), detail('device')]).toEqual([false, false, false]);
  expect(detail('menu')).toEqual([
    'No group is open.',
    '-',
    'Open Understudy',
    'Quit (protection continues)',
  ]);
  expect(errors).toBe('');
});

test('its scheme serves the built window with its policy, and nothing beside it', async () => {
  const get = (url: string, method = 'GET') => ask({ kind: 'fetch', url, method });
  expect(await get('app://main/index.html')).toMatchObject({
    status: 200,
    headers: { 'content-security-policy': expect.stringContaining("default-src 'none'") },
    body: expect.stringMatching(/^<!doctype html>/i),
  });
  for (const url of ['app://main/%2e%2e/app/preload.cjs', 'app://other/index.html', 'app://main/none.html'])
    expect(await get(url)).toMatchObject({ status: 404 });
  expect(await get('app://main/index.html', 'POST')).toMatchObject({ status: 404 });
});

test('requests to anywhere else are cancelled', async () => {
  expect(await ask({ kind: 'request', url: 'app://main/assets/index.js' })).toEqual({ cancel: false });
  for (const url of ['https://example.org/', 'file:///etc/passwd', 'app://mainly/x', 'ws://127.0.0.1:1/'])
    expect(await ask({ kind: 'request', url })).toEqual({ cancel: true });
});

test('the shipped preload hands over the bridge alone, and a call through it is checked and answered', async () => {
  let exposed: { readonly name: string; readonly bridge: Bridge } | null = null;
  const electron = {
    contextBridge: {
      exposeInMainWorld: (name: string, bridge: Bridge) => {
        exposed = { name, bridge };
      },
    },
    ipcRenderer: {
      invoke: (_channel: string, ...args: readonly unknown[]) =>
        ask({ kind: 'call', frame: 'app://main/index.html', args }),
    },
  };
  const source = readFileSync(join(root, 'out/app/preload.cjs'), 'utf8');
  const require = (name: string): unknown =>
    name === 'electron' ? electron : createRequire(import.meta.url)(name);
  Reflect.apply(Reflect.construct(Function, ['require', 'module', 'exports', source]), null, [
    require,
    {},
    {},
  ]);
  const { name, bridge } = exposed as unknown as { readonly name: string; readonly bridge: Bridge };
  expect(name).toBe('understudy');
  expect(await bridge.app.setTheme({ theme: 'dark' })).toEqual({ ok: true, value: null });
  expect(await bridge.app.setTheme({ theme: 'pink' as 'dark' })).toMatchObject({
    ok: false,
    failure: { code: 'input.invalid', field: 'theme' },
  });
  expect(
    await ask({ kind: 'call', frame: 'https://example.org/', args: ['app.setTheme', {}] }),
  ).toMatchObject({
    failure: { code: 'app.foreign-page' },
  });
});

test('it ends when it is told to', async () => {
  const ended = once(main, 'exit');
  main.send({ id: 0, kind: 'quit' });
  expect(await ended).toEqual([0, null]);
});
