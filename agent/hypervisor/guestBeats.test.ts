import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GuestBeats, BeatLines } from './guestBeats.ts';

/** QEMU's end of the channel: what it writes comes from the guest. */
let folder: string;
let path: string;
let server: Server;
let clients: Socket[];
let asked: number;

async function serve(): Promise<void> {
  server = createServer((socket) => {
    socket.on('error', () => {});
    clients.push(socket);
  });
  server.listen(path);
  await once(server, 'listening');
}
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-beats-'));
  path = join(folder, 'channel');
  clients = [];
  asked = 0;
  await serve();
});
afterEach(() => {
  for (const client of clients) client.destroy();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const PATIENCE_MS = 5000;
const beats = (): GuestBeats =>
  new GuestBeats(() => {
    asked += 1;
    return Promise.resolve(path);
  });
async function guest(): Promise<Socket> {
  await expect.poll(() => clients.length > 0).toBe(true);
  return clients.at(-1) as Socket;
}
const ok = { state: 'ok', awaySeconds: null };

describe('a guest on its heartbeat channel', () => {
  test('is heard, over one connection that stays', async () => {
    const heard = beats();
    const first = heard.next('vm', PATIENCE_MS);
    (await guest()).write('beat/1 ok\n');
    expect((await first).beat).toEqual(ok);
    clients[0]?.write('beat/1 failed: no space left\r\n');
    expect((await heard.next('vm', PATIENCE_MS)).beat).toEqual({ state: 'failed', reason: 'no space left' });
    expect(asked).toBe(1);
  });

  test('that beat before is not heard twice, and is silent at the deadline', async () => {
    const heard = beats();
    const first = heard.next('vm', PATIENCE_MS);
    (await guest()).write('beat/1 ok\n');
    await first;
    await expect(heard.next('vm', 50)).rejects.toThrow('no beat came in time');
  });

  test('said that it is away: one more beat before it goes does not take that back', async () => {
    const heard = beats();
    const first = heard.next('vm', PATIENCE_MS);
    (await guest()).write('beat/1 ok away 600\nbeat/1 ok\n');
    expect((await first).beat).toEqual({ state: 'ok', awaySeconds: 600 });
  });

  test('whose QEMU went is not judged, and is looked for again', async () => {
    const heard = beats();
    const first = heard.next('vm', PATIENCE_MS);
    (await guest()).destroy();
    await expect(first).rejects.toMatchObject({ failure: { code: 'hypervisor.guest-not-asked' } });
    const again = heard.next('vm', PATIENCE_MS);
    await expect.poll(() => clients.length).toBe(2);
    clients[1]?.write('beat/1 ok\n');
    expect((await again).beat).toEqual(ok);
  });

  test('without a channel, or with nobody there, is not judged', async () => {
    const none = new GuestBeats(() => Promise.resolve(null));
    await expect(none.next('vm', 100)).rejects.toMatchObject({
      failure: { code: 'hypervisor.guest-not-asked' },
    });
    const gone = new GuestBeats(() => Promise.resolve(join(folder, 'nobody')));
    await expect(gone.next('vm', 100)).rejects.toMatchObject({
      failure: { code: 'hypervisor.guest-not-asked' },
    });
  });

  test('that sends without end is read slowly, and keeps nothing in memory', async () => {
    const heard = beats();
    const first = heard.next('vm', 300);
    const socket = await guest();
    const piece = Buffer.alloc(1024 * 1024, 'x');
    for (let each = 0; each < 64; each += 1) socket.write(piece);
    await expect(first).rejects.toThrow('no beat came in time');
    // What was taken from it is some KiB and what the kernel holds for a socket; the rest waits on its side.
    expect(socket.writableLength).toBeGreaterThan(60 * 1024 * 1024);
  });
});

describe('what a guest sends', () => {
  test.each([
    ['beat/1 ok away 86401'],
    ['beat/1 ok away -1'],
    ['beat/1 OK'],
    ['beat/2 ok'],
    ['beat/1 failed:'],
    [' beat/1 ok'],
    ['beat/1 ok\0'],
    [`beat/1 failed: ${'x'.repeat(300)}`],
    [''],
  ])('%j is no beat', (line) => {
    expect(new BeatLines().push(Buffer.from(`${line}\n`))).toEqual([]);
  });

  test('is taken in pieces; after a line without an end the next one counts', () => {
    const lines = new BeatLines();
    expect(lines.push(Buffer.from('beat/1 '))).toEqual([]);
    expect(lines.push(Buffer.from('ok\nbeat/'))).toEqual([ok]);
    for (let each = 0; each < 1000; each += 1) expect(lines.push(Buffer.alloc(4096, 'y'))).toEqual([]);
    expect(lines.push(Buffer.from('\nbeat/1 ok away 5\n'))).toEqual([{ state: 'ok', awaySeconds: 5 }]);
  });
});
