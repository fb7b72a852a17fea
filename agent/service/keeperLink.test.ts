import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { KeeperLink, KeeperRefusal } from './keeperLink.ts';

let folder: string;
let server: Server;
let link: KeeperLink;
let sockets: Socket[];
let lines: { id: number; body: { kind: string } }[];
/** What the stand-in for the keeper does with a request. */
let answer: (socket: Socket, request: { id: number; body: { kind: string } }) => void;
const heard = { connected: vi.fn<() => void>(), lost: vi.fn<(error: string) => void>() };
const toPeer = vi.fn<(to: number) => void>();

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-link-'));
  sockets = [];
  lines = [];
  answer = (socket, { id }) =>
    socket.write(`${JSON.stringify({ kind: 'reply', id, ok: true, generation: 7 })}\n`);
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on('data', (data) => {
      for (const text of data.toString().trim().split('\n')) {
        const request = JSON.parse(text) as (typeof lines)[number];
        lines.push(request);
        answer(socket, request);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(join(folder, 'k'), resolve));
  link = new KeeperLink(join(folder, 'k'), 'test', { ...heard, toPeer, view: () => {}, event: () => {} });
  link.start();
  await vi.waitUntil(() => lines.length === 1);
});

afterEach(async () => {
  link.stop();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
  vi.clearAllMocks();
});

test('it says hello, and answers find their requests', async () => {
  expect(lines[0]?.body).toEqual({ kind: 'hello', agentVersion: 'test' });
  expect(await link.request({ kind: 'leave' }, 5000)).toBe(7);
});

test("a refusal is the keeper's, and certain", async () => {
  const failure = { code: 'token.not-free', message: 'No.' };
  answer = (socket, { id }) => socket.write(`${JSON.stringify({ kind: 'refused', id, failure })}\n`);
  await expect(link.request({ kind: 'leave' }, 5000)).rejects.toMatchObject({ failure, certain: true });
});

test('a request that is not answered in time has an unknown outcome', async () => {
  answer = () => {};
  await expect(link.request({ kind: 'leave' }, 20)).rejects.toMatchObject({
    failure: { code: 'keeper.no-answer' },
    certain: false,
  });
});

test('a keeper that goes away ends what waits, and the link comes back by itself', async () => {
  answer = (socket) => socket.destroy();
  await expect(link.request({ kind: 'leave' }, 5000)).rejects.toBeInstanceOf(KeeperRefusal);
  expect(heard.lost).toHaveBeenCalledTimes(1);
  answer = (socket, { id }) =>
    socket.write(`${JSON.stringify({ kind: 'reply', id, ok: true, generation: null })}\n`);
  await vi.waitFor(() => expect(heard.connected).toHaveBeenCalledTimes(2), { timeout: 5000 });
  expect(await link.request({ kind: 'leave' }, 5000)).toBeNull();
});

test('a line that is no message of the keeper’s ends the connection, and is never believed', async () => {
  sockets[0]?.write('{"kind":"toPeer","to":99,"message":{}}\n');
  await vi.waitFor(() => expect(heard.lost).toHaveBeenCalledTimes(1));
  expect(toPeer).not.toHaveBeenCalled();
});
