import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { type GuestAgent, HypervisorError } from '../hypervisor/hypervisor.ts';
import type { GuestBeat } from '../protocol/guestBeat.ts';
import type { Probe } from '../protocol/health.ts';
import { Prober } from './runProbe.ts';

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

async function listen(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const never = new Promise<never>(() => {});
const dead: GuestAgent = { guestPing: () => never, guestRun: () => never, guestBeat: () => never };
const http = (port: number): Probe => ({
  kind: 'http',
  secure: false,
  address: '127.0.0.1',
  port,
  path: '/',
});
const ask = (probe: Probe, guests: GuestAgent = dead) => new Prober(guests).probe('vm', probe, 300);

describe('a network probe', () => {
  test('takes an accepted connection, and a refused one for an answer', async () => {
    const port = await listen(() => {});
    expect(await ask({ kind: 'tcp', address: '127.0.0.1', port })).toMatchObject({ outcome: 'well' });
    servers.splice(0).forEach((server) => server.close());
    for (const socket of sockets.splice(0)) socket.destroy();
    expect(await ask({ kind: 'tcp', address: '127.0.0.1', port })).toMatchObject({ outcome: 'failed' });
  });

  test.each([
    ['HTTP/1.1 204 Fine\r\n\r\n', 'well'],
    ['HTTP/1.1 302 Elsewhere\r\nLocation: http://127.0.0.1:1/\r\n\r\n', 'well'],
    ['HTTP/1.1 503 Down\r\n\r\n', 'failed'],
    ['220 mail.example.org ESMTP\r\n', 'failed'],
  ])('judges %j', async (answer, outcome) => {
    const port = await listen((socket) => socket.write(answer));
    expect(await ask(http(port))).toMatchObject({ outcome });
  });

  test('ends with its deadline when nothing comes', async () => {
    const port = await listen(() => {});
    expect(await ask(http(port))).toEqual({ outcome: 'silent', text: 'no answer in time' });
  });

  test('reads neither an endless body nor endless headers', async () => {
    const flood = (first: string) => (socket: Socket) => {
      socket.write(first);
      const more = (): void => {
        if (!socket.destroyed && socket.write(`x: ${'y'.repeat(60_000)}\r\n`)) setImmediate(more);
      };
      socket.on('drain', more);
      more();
    };
    const body = await listen(flood('HTTP/1.1 200 OK\r\n\r\n'));
    expect(await ask(http(body))).toMatchObject({ outcome: 'well' });
    const header = await listen(flood('HTTP/1.1 200 OK\r\n'));
    expect(await ask(http(header))).toMatchObject({ outcome: 'failed' });
  });
});

describe('a guest agent', () => {
  test('decides by the exit status of what it runs', async () => {
    const probe: Probe = { kind: 'exec', path: '/bin/check', args: [] };
    const runs = (status: number): GuestAgent => ({ ...dead, guestRun: () => Promise.resolve(status) });
    expect(await ask(probe, runs(0))).toMatchObject({ outcome: 'well' });
    expect(await ask(probe, runs(3))).toEqual({ outcome: 'failed', text: '/bin/check ended with status 3' });
  });

  test('that libvirt could not be asked for says nothing about its guest', async () => {
    const failure = { code: 'hypervisor.guest-not-asked', message: 'nobody listens on the socket' };
    const lost: GuestAgent = { ...dead, guestPing: () => Promise.reject(new HypervisorError(failure, true)) };
    expect(await ask({ kind: 'agent' }, lost)).toMatchObject({ outcome: 'skipped' });
  });

  test('whose words are long or full of control characters is shown in one short line', async () => {
    const rude: GuestAgent = {
      ...dead,
      guestPing: () => Promise.reject(new Error(`\u001b[2J\n${'x'.repeat(9999)}`)),
    };
    const { text } = await ask({ kind: 'agent' }, rude);
    expect(text.length).toBeLessThanOrEqual(200);
    expect(text).not.toMatch(/\p{Cc}/u);
  });

  test('that is silent does not make the guests behind it look dead', async () => {
    const prober = new Prober({
      ...dead,
      guestPing: (_, deadlineMs) =>
        new Promise((_resolve, reject) => setTimeout(() => reject(new Error('silent')), deadlineMs)),
    });
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => prober.probe(`vm${index}`, { kind: 'agent' }, 200)),
    );
    expect(answers.map(({ outcome }) => outcome)).toEqual([
      ...Array.from({ length: 4 }, () => 'silent'),
      ...Array.from({ length: 4 }, () => 'skipped'),
    ]);
  });
});

describe('a heartbeat', () => {
  const beating = (beat: GuestBeat, agoMs = 0): GuestAgent => ({
    ...dead,
    guestBeat: () => Promise.resolve({ beat, atMs: performance.now() - agoMs }),
  });

  test('says how its guest is, in one short line', async () => {
    expect(await ask({ kind: 'heartbeat' }, beating({ state: 'ok', awaySeconds: null }))).toEqual({
      outcome: 'well',
      text: 'the guest beats',
    });
    const failed = await ask({ kind: 'heartbeat' }, beating({ state: 'failed', reason: 'disk\u202E full' }));
    expect(failed).toEqual({ outcome: 'failed', text: 'the guest says: disk  full' });
  });

  test('counts the time that its guest is away from when it said so', async () => {
    const { awayMs = 0 } = await ask(
      { kind: 'heartbeat' },
      beating({ state: 'ok', awaySeconds: 60 }, 20_000),
    );
    expect(awayMs).toBeGreaterThan(35_000);
    expect(awayMs).toBeLessThanOrEqual(40_000);
  });

  test('that does not come is silence', async () => {
    const silent: GuestAgent = {
      ...dead,
      guestBeat: () => Promise.reject(new Error('no beat came in time')),
    };
    expect(await ask({ kind: 'heartbeat' }, silent)).toMatchObject({ outcome: 'silent' });
  });
});
