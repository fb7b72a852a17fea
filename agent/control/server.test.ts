import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RpcNotification } from '../protocol/control.ts';
import { connectControl } from './connect.ts';
import { sampleStatus } from './testing/sampleStatus.ts';

import { undo, event, serve, rawClient, request } from './testing/served.ts';

test('the socket can be opened by its owner and group only', async () => {
  const { path } = await serve();
  expect(statSync(path).mode & 0o777).toBe(0o660);
});

test('a left-over socket or file of an earlier run is replaced', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'control-'));
  undo.push(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, 'agent.sock');
  writeFileSync(path, 'left over');
  await serve({ path });
  expect(statSync(path).isSocket()).toBe(true);
});

test('a folder that does not exist is a failure that says what to do', async () => {
  await expect(serve({ path: '/nonexistent/agent.sock' })).rejects.toMatchObject({
    failure: { code: 'control.no-socket' },
  });
});

test('requests are answered, each under its own id', async () => {
  const { path } = await serve();
  const client = rawClient(path);
  client.send(request(1, 'version') + request('two', 'protect', { vm: 'web' }));
  expect(await client.answer(2)).toMatchObject([
    { id: 1, result: { agentVersion: '0.1.0-test', controlVersion: 2 } },
    { id: 'two', result: { text: 'protected web' } },
  ]);
});

test.each([
  ['{', null, -32700, undefined],
  ['', null, -32700, undefined],
  ['[]', null, -32600, 'request'],
  ['"x"', null, -32600, 'request'],
  ['{"jsonrpc":"2.0","method":"status"}', null, -32600, 'request.id'],
  ['{"jsonrpc":"1.0","id":4,"method":"status"}', 4, -32600, 'request.jsonrpc'],
  ['{"jsonrpc":"2.0","id":4,"method":"status","extra":1}', 4, -32600, 'request.extra'],
  ['{"jsonrpc":"2.0","id":4,"method":"explode"}', 4, -32601, 'method'],
  ['{"jsonrpc":"2.0","id":4,"method":"constructor"}', 4, -32601, 'method'],
  ['{"jsonrpc":"2.0","id":4,"method":"__proto__"}', 4, -32601, 'method'],
  ['{"jsonrpc":"2.0","id":4,"method":"protect","params":{}}', 4, -32602, 'params.vm'],
  ['{"jsonrpc":"2.0","id":4,"method":"protect","params":{"vm":"a/b"}}', 4, -32602, 'params.vm'],
  ['{"jsonrpc":"2.0","id":4,"method":"status","params":[]}', 4, -32602, 'params'],
  ['{"jsonrpc":"2.0","id":4,"method":"status","params":{"x":1}}', 4, -32602, 'params.x'],
  ['{"jsonrpc":"2.0","id":4,"method":"events","params":{"limit":0}}', 4, -32602, 'params.limit'],
  [
    '{"jsonrpc":"2.0","id":4,"method":"group.profile","params":{"profile":"fast"}}',
    4,
    -32602,
    'params.profile',
  ],
])('%s is refused with number and field, and the connection goes on', async (line, id, code, field) => {
  const { path } = await serve();
  const client = rawClient(path);
  client.send(`${line}\n${request(9, 'version')}`);
  const [refusal, next] = await client.answer(2);
  expect(refusal).toMatchObject({ id, error: { code } });
  expect(refusal?.error?.data?.field).toBe(field);
  expect(next?.id).toBe(9);
});

test('a failure of the agent is passed on whole, a fault without its insides', async () => {
  const { path } = await serve();
  const client = rawClient(path);
  client.send(request(1, 'unprotect', { vm: 'web' }) + request(2, 'switchover', { vm: 'web' }));
  const [failure, fault] = await client.answer(2);
  expect(failure?.error).toMatchObject({ code: -32000, data: { code: 'vm.unknown', fix: 'Look.' } });
  expect(fault?.error?.data?.code).toBe('agent.fault');
  expect(JSON.stringify(fault)).not.toContain('secret');
});

test('an id that is still being answered is refused, and so are too many requests at once', async () => {
  const { path } = await serve();
  const client = rawClient(path);
  const start = (id: number): string => request(id, 'vm.start', { vm: 'web' });
  client.send(start(1) + start(1));
  expect((await client.answer())[0]).toMatchObject({ id: 1, error: { code: -32600 } });
  for (let id = 2; id <= 16; id += 1) client.send(start(id));
  client.send(start(17));
  expect((await client.answer())[0]).toMatchObject({ id: 17, error: { data: { code: 'control.busy' } } });
});

test('a line longer than 64 KiB ends the connection, however it comes', async () => {
  const { path } = await serve();
  for (const piece of [70_000, 1000]) {
    const client = rawClient(path);
    for (let sent = 0; sent < 140_000; sent += piece) client.send(Buffer.alloc(piece, 'x'));
    await client.closed();
    expect(client.lines.length).toBeLessThanOrEqual(1);
  }
});

test('noise never brings the server down', async () => {
  const { path } = await serve();
  const wellFormed = rawClient(path);
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.json().map((json) => Buffer.from(json)),
        ),
        { maxLength: 20 },
      ),
      async (lines) => {
        const client = rawClient(path);
        for (const line of lines) client.send(Buffer.concat([Buffer.from(line), Buffer.from('\n')]));
        client.send(request('end', 'version'));
        for (;;) if ((await client.answer())[0]?.id === 'end') break;
        client.socket.destroy();
        await client.closed();
      },
    ),
    { numRuns: 100 },
  );
  wellFormed.send(request(1, 'version'));
  expect((await wellFormed.answer())[0]?.id).toBe(1);
});

test('deep nesting and huge numbers are answered like any other bad request', async () => {
  const { path } = await serve();
  const client = rawClient(path);
  client.send(`${'['.repeat(60_000)}\n`);
  client.send(`${'['.repeat(30_000)}${']'.repeat(30_000)}\n`);
  client.send(
    `{"jsonrpc":"2.0","id":1,"method":"status","params":${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}}\n`,
  );
  client.send('{"jsonrpc":"2.0","id":1e999,"method":"status"}\n');
  expect((await client.answer(4)).map((answer) => answer.error?.code)).toEqual([
    -32700, -32600, -32602, -32600,
  ]);
});

test('more connections than there are places for are told so', async () => {
  const { path } = await serve();
  const clients = Array.from({ length: 16 }, () => rawClient(path));
  for (const client of clients) client.send(request(1, 'version'));
  for (const client of clients) await client.answer();
  const late = rawClient(path);
  expect((await late.answer())[0]?.error?.data?.code).toBe('control.too-many');
  clients[0]?.socket.destroy();
  await clients[0]?.closed();
  await late.closed();
  for (;;) {
    const next = rawClient(path);
    next.send(request(1, 'version'));
    if ((await next.answer())[0]?.result !== undefined) break;
  }
});

test('a subscribed console gets events at once and the status when it changes', async () => {
  const { path, server, append } = await serve();
  const heard: RpcNotification[] = [];
  const waiting: (() => void)[] = [];
  const socket = connect(path);
  const client = connectControl(socket, (notification) => {
    heard.push(notification);
    waiting.splice(0).forEach((resolve) => resolve());
  });
  undo.push(() => client.close());
  const { status } = await client.call('subscribe', { consoleName: 'desk' });
  expect(status).toEqual(sampleStatus);
  expect(server.consoles()).toBe(1);
  expect((await client.call('vm.stop', { vm: 'web' })).text).toBe('desk');
  append(event(7));
  server.statusChanged();
  const methods = (): Set<string> => new Set(heard.map(({ method }) => method));
  while (methods().size < 2) await new Promise<void>((resolve) => waiting.push(resolve));
  expect(heard.find(({ method }) => method === 'event')?.params).toEqual(event(7));
});

test('a status that changes all the time is pushed at most four times a second', async () => {
  let nowMs = 0;
  let made = 0;
  const { path, server } = await serve({
    nowMs: () => nowMs,
    status: () => {
      made += 1;
      return sampleStatus;
    },
  });
  const client = rawClient(path);
  client.send(request(1, 'subscribe'));
  await client.answer();
  const before = made;
  for (nowMs = 1000; nowMs < 2000; nowMs += 1) server.statusChanged();
  expect(made - before).toBeLessThanOrEqual(5);
});

test('a console that does not read is dropped instead of buffered', async () => {
  const { path, server, append } = await serve();
  const client = rawClient(path);
  client.send(request(1, 'subscribe'));
  await client.answer();
  client.socket.pause();
  const long = event(1, 'y'.repeat(1000));
  for (let count = 0; count < 20_000 && server.consoles() > 0; count += 1) {
    append(long);
    if (count % 100 === 0) await new Promise(setImmediate);
  }
  expect(server.consoles()).toBe(0);
});

test('a page of events never exceeds a message', async () => {
  const many = Array.from({ length: 1000 }, (_, index) => event(index + 1, 'ü'.repeat(1000)));
  const { path } = await serve({
    readEvents: () => Promise.resolve({ events: many, firstSeq: 1, lastSeq: 1000 }),
  });
  const client = connectControl(connect(path), () => undefined);
  undo.push(() => client.close());
  const first = await client.call('events', { afterSeq: 0, limit: 1000 });
  expect(first.events[0]?.seq).toBe(1);
  expect(first.events.length).toBeLessThan(1000);
  const newest = await client.call('events', { limit: 1000 });
  expect(newest.events.at(-1)?.seq).toBe(1000);
});
