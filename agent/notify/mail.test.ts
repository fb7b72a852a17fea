import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, expect, test } from 'vitest';
import { sendOn } from './channels.ts';
import { testCertificate, testKey } from './testing/certificate.ts';
import { mailTo, message, noSettings } from './testing/samples.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const one of undo.splice(0)) one();
});

interface Got {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

async function mailServer(options: SMTPServerOptions = {}): Promise<{ port: number; got: Got[] }> {
  const got: Got[] = [];
  const server = new SMTPServer({
    key: testKey,
    cert: testCertificate,
    authOptional: true,
    logger: false,
    onAuth: ({ username, password }, _session, done) =>
      username === 'ada' && password === 'open sesame'
        ? done(null, { user: 'ada' })
        : done(new Error('Invalid username or password')),
    onData(stream, { envelope }, done) {
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : (envelope.mailFrom?.address ?? '');
        got.push({
          from,
          to: envelope.rcptTo.map(({ address }) => address),
          text: Buffer.concat(pieces).toString('utf8'),
        });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  undo.push(() => server.close());
  return { port: (server.server.address() as AddressInfo).port, got };
}

/** A server that does to each connection what the test says. */
async function rawServer(act: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    act(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

type Mail = ReturnType<typeof mailTo>;
const send = (mail: Mail, withinMs?: number) =>
  sendOn('mail', { ...noSettings, mail }, message, 'engine', withinMs);
const secured = (port: number): Mail => ({
  ...mailTo('127.0.0.1', port),
  security: 'starttls',
  user: 'ada',
  password: 'open sesame',
  ca: testCertificate,
});

test('a message goes out over STARTTLS with a login, in plain words', async () => {
  const { port, got } = await mailServer();
  expect(await send(secured(port))).toBeNull();
  expect(got).toHaveLength(1);
  expect(got[0]).toMatchObject({ from: 'understudy@shop.example', to: ['ada@shop.example'] });
  expect(got[0]?.text).toContain('Subject: [Understudy Shop] beta took over 1 VM from alpha');
  expect(got[0]?.text).toContain('13.2 s without service');
  expect(got[0]?.text).toContain('Message-ID: <Shop.alpha-e5@understudy>');
});

test('a message goes out over TLS from the first byte', async () => {
  const { port, got } = await mailServer({ secure: true });
  expect(await send({ ...secured(port), security: 'tls' })).toBeNull();
  expect(got).toHaveLength(1);
});

test('a server in the own network without TLS or login is served too', async () => {
  const { port, got } = await mailServer({ disabledCommands: ['STARTTLS', 'AUTH'] });
  expect(await send(mailTo('127.0.0.1', port))).toBeNull();
  expect(got).toHaveLength(1);
});

test.each(['tls', 'starttls'] as const)(
  'a certificate that nobody vouches for is refused (%s)',
  async (security) => {
    const { port, got } = await mailServer({ secure: security === 'tls' });
    expect(await send({ ...secured(port), security, ca: null })).toMatchObject({ code: 'notify.tls' });
    expect(got).toEqual([]);
  },
);

test('a server that takes STARTTLS away gets neither password nor message', async () => {
  const heard: string[] = [];
  const { port } = await mailServer({
    disabledCommands: ['STARTTLS'],
    onAuth: ({ password }, _session, done) => {
      heard.push(password ?? '');
      done(null, { user: 'x' });
    },
  });
  expect(await send(secured(port))).not.toBeNull();
  expect(heard).toEqual([]);
});

test('a wrong password is named, and is not in what is said of it', async () => {
  const { port } = await mailServer();
  const failure = await send({ ...secured(port), password: 'hunter2hunter2' });
  expect(failure).toMatchObject({ code: 'notify.login-refused' });
  expect(JSON.stringify(failure)).not.toContain('hunter2');
});

test('recipients that are refused are named by the number of the answer', async () => {
  const { port } = await mailServer({
    onRcptTo: (_address, _session, done) => done(new Error('no such user')),
  });
  expect(await send(secured(port))).toMatchObject({
    code: 'notify.refused',
    message: expect.stringContaining('550'),
  });
});

test('nobody listening is said as it is', async () => {
  const failure = await send(mailTo('127.0.0.1', 1));
  expect(failure).toMatchObject({ code: 'notify.unreachable', message: expect.stringContaining('ECONN') });
});

test.each([
  ['says nothing', () => undefined],
  ['greets and says nothing more', (socket: Socket) => void socket.write('220 here\r\n')],
  [
    'goes on with its greeting for ever',
    (socket: Socket) => {
      const timer = setInterval(() => socket.write('220-and\r\n'), 5);
      socket.on('close', () => clearInterval(timer));
    },
  ],
])('a server that %s is left at the deadline', async (_what, act) => {
  const port = await rawServer(act);
  const beganMs = performance.now();
  expect(await send(mailTo('127.0.0.1', port), 400)).toMatchObject({ code: 'notify.no-answer' });
  expect(performance.now() - beganMs).toBeLessThan(5000);
});

test('an answer of a gigabyte is cut off after a piece of it', async () => {
  let written = 0;
  const port = await rawServer((socket) => {
    const piece = Buffer.alloc(65_536, 'x');
    socket.write('220-');
    const more = (): void => {
      while (!socket.destroyed && written < 1_073_741_824) {
        written += piece.length;
        if (!socket.write(piece)) return void socket.once('drain', more);
      }
    };
    more();
  });
  expect(await send(mailTo('127.0.0.1', port))).not.toBeNull();
  expect(written).toBeLessThan(33_554_432);
});

test('a password is never sent in the clear, whatever the settings say', async () => {
  const { port, got } = await mailServer();
  expect(await send({ ...secured(port), security: 'none' })).toMatchObject({ code: 'notify.incomplete' });
  expect(got).toEqual([]);
});
