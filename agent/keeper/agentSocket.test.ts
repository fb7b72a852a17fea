import { mkdirSync, rmSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ByteLines } from '../byteLines.ts';
import type { Paths } from '../paths.ts';
import { KeeperLine, type KeeperRequest, MAX_KEEPER_LINE_BYTES } from '../protocol/keeperLink.ts';
import { AgentSocket } from './agentSocket.ts';
import { temporaryPaths, until } from './testSupport.ts';

let paths: Paths;
let socket: AgentSocket;
let requests: KeeperRequest[];
let connections: boolean[];
let clients: Socket[];

beforeEach(async () => {
  paths = temporaryPaths();
  mkdirSync(paths.runDir);
  requests = [];
  connections = [];
  clients = [];
  socket = new AgentSocket(
    { connected: (connected) => connections.push(connected), request: (request) => requests.push(request) },
    () => undefined,
  );
  await socket.listen(paths.keeperSocket);
});

afterEach(async () => {
  for (const client of clients) client.destroy();
  await socket.close();
  rmSync(paths.root ?? '', { recursive: true });
});

function agent(): { client: Socket; lines: KeeperLine[]; closed: () => boolean } {
  const client = connect(paths.keeperSocket);
  clients.push(client);
  const lines: KeeperLine[] = [];
  let closed = false;
  client.on('close', () => {
    closed = true;
  });
  client.on('error', () => undefined);
  const reader = new ByteLines(MAX_KEEPER_LINE_BYTES);
  client.on('data', (piece) => {
    for (const line of reader.push(piece).lines) lines.push(KeeperLine.parse(JSON.parse(line.toString())));
  });
  return { client, lines, closed: () => closed };
}

describe("the keeper's socket", () => {
  test('is for its owner alone', () => {
    expect(statSync(paths.keeperSocket).mode & 0o777).toBe(0o600);
  });

  test('takes the place of one that a killed keeper left', async () => {
    const next = new AgentSocket({ connected: () => undefined, request: () => undefined }, () => undefined);
    await next.listen(paths.keeperSocket);
    const { closed } = agent();
    await until(() => connections.length === 0 && clients[0]?.readyState === 'open');
    await next.close();
    expect(await until(closed)).toBe(true);
  });

  test('passes requests on and answers back', async () => {
    const { client, lines } = agent();
    client.write('{"id":1,"body":{"kind":"hello","agentVersion":"1"}}\n{"id":2,"body":{"ki');
    client.write('nd":"leave"}}\n');
    await until(() => requests.length === 2);
    expect(requests.map((request) => request.body.kind)).toEqual(['hello', 'leave']);
    socket.send({ kind: 'reply', id: 2, ok: true, generation: null });
    await until(() => lines.length === 1);
    expect(lines).toEqual([{ kind: 'reply', id: 2, ok: true, generation: null }]);
    expect(connections).toEqual([true]);
  });

  test('refuses what is not a request, and names the field', async () => {
    const { client, lines } = agent();
    client.write('what\n{"id":5,"body":{"kind":"acquire","token":64}}\n');
    await until(() => lines.length === 2);
    expect(lines).toMatchObject([
      { kind: 'refused', id: -1, failure: { code: 'input.invalid' } },
      { kind: 'refused', id: 5, failure: { code: 'input.invalid', field: 'request.body.token' } },
    ]);
    expect(requests).toEqual([]);
  });

  test('serves one agent at a time', async () => {
    const first = agent();
    await until(() => connections.length === 1);
    const second = agent();
    await until(second.closed);
    expect(second.lines).toMatchObject([{ kind: 'refused', failure: { code: 'keeper.agent-busy' } }]);
    first.client.destroy();
    await until(() => connections.length === 2);
    agent();
    await until(() => connections.length === 3);
    expect(connections).toEqual([true, false, true]);
  });

  test('cuts off an agent that sends a line without an end', async () => {
    const { client, closed } = agent();
    client.write('x'.repeat(MAX_KEEPER_LINE_BYTES + 1));
    expect(await until(closed)).toBe(true);
  });

  test('does not wait for ever for an agent that reads nothing when it closes', async () => {
    const { client } = agent();
    await until(() => connections.length === 1);
    client.pause();
    const facts = { text: 'x'.repeat(500_000) };
    socket.send({ kind: 'event', atMs: 1, code: 'test.noise', facts });
    await socket.close();
    expect(connections).toEqual([true]);
  });

  test('cuts off an agent that reads nothing', async () => {
    const { client, closed } = agent();
    await until(() => connections.length === 1);
    client.pause();
    const facts = { text: 'x'.repeat(100_000) };
    for (let count = 0; count < 60; count += 1) {
      socket.send({ kind: 'event', atMs: 1, code: 'test.noise', facts });
    }
    client.resume();
    expect(await until(closed)).toBe(true);
  });
});
