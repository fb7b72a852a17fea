import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect as connectTo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { App } from '../app/app.ts';
import { serveWeb, type WebServer } from './server.ts';

const folder = mkdtempSync(join(tmpdir(), 'understudy-web-'));
let app: App;
let server: WebServer;

beforeAll(async () => {
  mkdirSync(join(folder, 'window'));
  writeFileSync(join(folder, 'window', 'index.html'), '<!doctype html>');
  writeFileSync(join(folder, 'secret.html'), 'secret');
  app = new App({
    info: { version: 'test', transport: 'browser', lacks: null },
    preferencesPath: join(folder, 'preferences.json'),
    inventoryPath: join(folder, 'inventory.json'),
    demo: {
      refused: 'Not in this test.',
      standIns: '',
      start: () => Promise.reject(new Error('Not in this test.')),
    },
    onFault: () => undefined,
  });
  server = await serveWeb({ app, rendererFolder: join(folder, 'window'), port: 0, onFault: () => undefined });
});

afterAll(async () => {
  await server.close();
  app.close();
  rmSync(folder, { recursive: true });
});

const token = (): string => server.address().split('#token=')[1] ?? '';

function statusOf(path: string, headers: Record<string, string> = {}): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: server.port, path, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asked.on('error', reject);
    asked.end();
  });
}

interface Client {
  send(message: unknown): void;
  next(): Promise<Record<string, unknown> | 'closed'>;
  close(): void;
}

function connect(
  headers: Record<string, string> = { origin: `http://127.0.0.1:${server.port}` },
): Promise<Client | number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/bridge`, { headers });
    const waiting: ((message: Record<string, unknown> | 'closed') => void)[] = [];
    const come: (Record<string, unknown> | 'closed')[] = [];
    const take = (message: Record<string, unknown> | 'closed'): void => {
      const next = waiting.shift();
      if (next === undefined) come.push(message);
      else next(message);
    };
    socket.on('message', (data) => take(JSON.parse((data as Buffer).toString()) as Record<string, unknown>));
    socket.on('close', () => take('closed'));
    socket.on('error', () => undefined);
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.on('open', () =>
      resolve({
        send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
        next: () =>
          new Promise((given) =>
            come.length > 0 ? given(come.shift() ?? 'closed') : void waiting.push(given),
          ),
        close: () => socket.terminate(),
      }),
    );
  });
}

async function client(): Promise<Client> {
  const made = await connect();
  if (typeof made === 'number') throw new Error(`The server refused: ${made}.`);
  return made;
}

test('the window is served to this machine by its own name only', async () => {
  expect(await statusOf('/')).toBe(200);
  expect(await statusOf('/', { host: 'rebound.example' })).toBe(403);
  expect(await statusOf('/', { host: `127.0.0.1:${server.port}`, origin: 'http://evil.example' })).toBe(403);
});

test('no path leads out of the window’s folder', async () => {
  for (const path of [
    '/../secret.html',
    '/%2e%2e/secret.html',
    '/..%2fsecret.html',
    '/%00',
    '/%zz',
    '/none.html',
  ])
    expect(await statusOf(path)).toBe(404);
});

test('a socket without the page’s own origin is refused', async () => {
  expect(await connect({})).toBe(403);
  expect(await connect({ origin: 'http://evil.example' })).toBe(403);
});

test('the token works once; the key it was exchanged for lets the same tab come back', async () => {
  const used = token();
  const first = await client();
  first.send({ kind: 'hello', token: used });
  const welcome = await first.next();
  expect(welcome).toMatchObject({ kind: 'welcome' });
  first.close();
  const second = await client();
  second.send({ kind: 'hello', token: used });
  expect(await second.next()).toMatchObject({ kind: 'refused', failure: { code: 'web.token-used' } });
  expect(await second.next()).toBe('closed');
  const third = await client();
  third.send({ kind: 'resume', key: welcome === 'closed' ? '' : welcome['key'] });
  expect(await third.next()).toMatchObject({ kind: 'welcome' });
  third.close();
});

test('no cookie is ever set, and what a tab was given is worth nothing to the next start of the app', async () => {
  const cookies = await new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: server.port, path: '/' }, (answer) => {
      answer.resume();
      resolve(answer.headers['set-cookie']);
    });
    asked.on('error', reject);
    asked.end();
  });
  expect(cookies).toBeUndefined();
  const page = await client();
  page.send({ kind: 'hello', token: token() });
  const welcome = await page.next();
  page.close();
  const next = await serveWeb({ app, rendererFolder: folder, port: 0, onFault: () => undefined });
  const socket = new WebSocket(`ws://127.0.0.1:${next.port}/bridge`, {
    headers: { origin: `http://127.0.0.1:${next.port}` },
  });
  socket.on('open', () =>
    socket.send(JSON.stringify({ kind: 'resume', key: welcome === 'closed' ? '' : welcome['key'] })),
  );
  const answer = await new Promise<string>((resolve) =>
    socket.on('message', (data) => resolve((data as Buffer).toString())),
  );
  expect(JSON.parse(answer)).toMatchObject({ kind: 'refused', failure: { code: 'web.token-used' } });
  await next.close();
});

test('it listens on the loopback alone', async () => {
  const others = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal);
  for (const { address } of others) {
    const refused = await new Promise((resolve) => {
      const socket = connectTo({ host: address, port: server.port });
      socket.on('connect', () => resolve('connected'));
      socket.on('error', (fault) => resolve('code' in fault ? fault.code : fault.message));
    });
    expect(refused).toBe('ECONNREFUSED');
  }
});

test('before it has introduced itself a page gets nothing', async () => {
  const page = await client();
  page.send({ kind: 'subscribe', name: 'app.info' });
  expect(await page.next()).toBe('closed');
});

test('a page that knows its token subscribes and calls; bad input is named and changes nothing', async () => {
  const page = await client();
  page.send({ kind: 'hello', token: token() });
  await page.next();
  page.send({ kind: 'subscribe', name: 'app.info' });
  expect(await page.next()).toMatchObject({ kind: 'value', name: 'app.info', value: { version: 'test' } });
  page.send({ kind: 'call', id: 1, name: 'app.setTheme', input: { theme: 'pink' } });
  expect(await page.next()).toMatchObject({
    id: 1,
    reply: { ok: false, failure: { code: 'input.invalid', field: 'theme' } },
  });
  page.send({ kind: 'call', id: 2, name: 'constructor', input: {} });
  expect(await page.next()).toMatchObject({
    id: 2,
    reply: { ok: false, failure: { code: 'app.unknown-call' } },
  });
  page.send({ kind: 'call', id: 3, name: 'groups.startDemo', input: {} });
  expect(await page.next()).toMatchObject({
    id: 3,
    reply: { ok: false, failure: { message: 'Not in this test.' } },
  });
  page.close();
});

test('garbage and oversized messages end the connection', async () => {
  const garbage = await client();
  garbage.send('{"kind":');
  expect(await garbage.next()).toBe('closed');
  const large = await client();
  large.send(`"${'x'.repeat(70_000)}"`);
  expect(await large.next()).toBe('closed');
});
