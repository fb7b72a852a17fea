import { afterEach, beforeEach, expect, test } from 'vitest';
import { MAXIMUM_QUEUED_CALLS } from './callTable.ts';
import { connect, type ConnectOptions } from './connect.ts';
import type { Connection } from './connection.ts';
import { BusyError, ClosedError, DeadlineError, LibvirtError, ProtocolError } from './errors.ts';
import { isUnknownProcedure, knowsProcedure } from './features.ts';
import { messageType } from './framing.ts';
import { KEEPALIVE_PROGRAM } from './keepalive.ts';
import {
  authList,
  authPolkit,
  connectGetHostname,
  connectGetUri,
  connectOpen,
  connectSupportsFeature,
  domainSuspend,
} from './procedures.generated.ts';
import { type FakeClient, FakeDaemon } from './testing/fakeDaemon.ts';
import { EventLog } from './testing/eventLog.ts';

let daemon: FakeDaemon;

beforeEach(async () => {
  daemon = await FakeDaemon.start();
});

afterEach(async () => {
  await daemon.stop();
});

const open = (options: ConnectOptions = {}): Promise<Connection> =>
  connect({ socketPath: daemon.socketPath, keepalive: null, ...options });

const hostname = (connection: Connection, deadlineMs = 5000): Promise<string> =>
  connection.call(connectGetHostname, undefined, { deadlineMs }).then((reply) => reply.hostname);

const answerHostname = (): void =>
  daemon.on(connectGetHostname, (message, client) =>
    client.reply(message, (writer) => writer.string('h', 8)),
  );

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => null,
    (error: unknown) => error,
  );

test('the handshake asks for authentication, then keepalive, then opens', async () => {
  await open({ keepalive: { intervalMs: 60_000, count: 1 }, uri: 'test:///default', readOnly: true });
  const received = daemon.clients[0]?.received ?? [];
  expect(received.map(({ procedure }) => procedure)).toEqual([
    authList.number,
    connectSupportsFeature.number,
    connectOpen.number,
  ]);
  const body = received[2]?.body;
  expect(body?.optional((reader) => reader.string(64))).toBe('test:///default');
  expect(body?.uint32()).toBe(1);
});

test('a daemon that insists on polkit is answered, and one that wants a password is refused', async () => {
  const offer = (type: number): void =>
    daemon.on(authList, (message, client) =>
      client.reply(message, (writer) => writer.array([type], 1, (inner, value) => inner.int32(value))),
    );
  daemon.on(authPolkit, (message, client) => client.reply(message, (writer) => writer.int32(1)));
  offer(2);
  expect((await open()).isOpen).toBe(true);
  offer(1);
  expect(await rejection(open())).toBeInstanceOf(ClosedError);
});

test('a handshake that the daemon never answers ends at its deadline and closes the socket', async () => {
  daemon.on(authList, () => {});
  const error = await rejection(open({ deadlineMs: 50 }));
  expect(error).toBeInstanceOf(DeadlineError);
  const [client] = daemon.clients;
  if (client && !client.socket.destroyed)
    await new Promise((resolve) => client.socket.once('close', resolve));
});

test('replies find their calls in any order', async () => {
  const waiting: (() => void)[] = [];
  daemon.on(connectGetHostname, (message, client) => {
    waiting.unshift(() => client.reply(message, (writer) => writer.string(String(message.serial), 8)));
    if (waiting.length === 4) for (const answer of waiting) answer();
  });
  const connection = await open();
  const names = await Promise.all([1, 2, 3, 4].map(() => hostname(connection)));
  expect(names).toEqual([...names].sort((one, other) => Number(one) - Number(other)));
  expect(new Set(names).size).toBe(4);
});

test('no more calls are handed to the daemon at once than it takes', async () => {
  const waiting: (() => void)[] = [];
  const arrived = new EventLog<number>();
  daemon.on(connectGetHostname, (message, client) => {
    waiting.push(() => client.reply(message, (writer) => writer.string('h', 8)));
    arrived.hear(waiting.length);
  });
  const connection = await open({ maximumInFlight: 2 });
  const calls = Array.from({ length: 6 }, () => hostname(connection));
  await arrived.waitFor((count) => count === 2);
  for (let sent = 2; sent <= 6; sent += 1) {
    await arrived.waitFor((count) => count === sent);
    expect(waiting.length).toBe(sent);
    waiting[sent - 2]?.();
  }
  waiting[5]?.();
  await Promise.all(calls);
});

test('a call beyond what may wait is refused and not sent', async () => {
  const connection = await open({ maximumInFlight: 1 });
  const calls = Array.from({ length: MAXIMUM_QUEUED_CALLS + 1 }, () => rejection(hostname(connection)));
  expect(await rejection(hostname(connection))).toBeInstanceOf(BusyError);
  connection.destroy('done');
  const errors = await Promise.all(calls);
  const outcomes = errors.map((error) => error instanceof ClosedError && error.outcome);
  expect(outcomes).toEqual(['unknown', ...Array.from({ length: MAXIMUM_QUEUED_CALLS }, () => 'not-sent')]);
});

test('a call whose deadline passes keeps its place until the daemon answers', async () => {
  const held: (() => void)[] = [];
  daemon.on(connectGetHostname, (message, client) =>
    held.push(() => client.reply(message, (writer) => writer.string('late', 8))),
  );
  daemon.on(connectGetUri, (message, client) => client.reply(message, (writer) => writer.string('uri', 8)));
  const connection = await open({ maximumInFlight: 1 });
  expect(await rejection(hostname(connection, 20))).toMatchObject({ kind: 'deadline', outcome: 'unknown' });
  const second = connection.call(connectGetUri, undefined, { deadlineMs: 20 });
  expect(await rejection(second)).toMatchObject({ kind: 'deadline', outcome: 'not-sent' });
  const third = connection.call(connectGetUri, undefined);
  held[0]?.();
  expect(await third).toEqual({ uri: 'uri' });
});

test("an error carries libvirt's code, domain and message", async () => {
  daemon.on(connectGetHostname, (message, client) => client.refuse(message, 42, 'no such thing'));
  const error = await rejection(hostname(await open()));
  expect(error).toBeInstanceOf(LibvirtError);
  expect(error).toMatchObject({
    code: 42,
    domain: 7,
    message: 'no such thing',
    procedure: 'CONNECT_GET_HOSTNAME',
  });
});

test('an unknown procedure is told from other failures of the RPC layer, in any language', async () => {
  const answers = [`procédure inconnue : ${domainSuspend.number}`, 'Unable to decode message payload'];
  daemon.on(domainSuspend, (message, client) => client.refuse(message, 39, answers.shift() ?? ''));
  daemon.on(connectGetHostname, (message, client) => client.refuse(message, 38, 'procedure 59 is busy'));
  const connection = await open();
  expect(await knowsProcedure(connection, domainSuspend)).toBe(false);
  expect(await knowsProcedure(connection, domainSuspend)).toBe(true);
  expect(isUnknownProcedure(await rejection(hostname(connection)), connectGetHostname)).toBe(false);
  await expect(knowsProcedure(connection, connectGetHostname)).rejects.toBeInstanceOf(TypeError);
});

test('a reply that can not be decoded fails its call and nothing else', async () => {
  const connection = await open();
  daemon.on(connectGetHostname, (message, client) => client.reply(message, (writer) => writer.uint32(9)));
  expect(await rejection(hostname(connection))).toBeInstanceOf(ProtocolError);
  answerHostname();
  expect(await hostname(connection)).toBe('h');
});

test('arguments that can not be encoded fail the call before anything is sent', async () => {
  const connection = await open();
  const dom = { name: 'vm', uuid: 'nonsense', id: 1 };
  expect(await rejection(connection.call(domainSuspend, { dom }))).toBeInstanceOf(ProtocolError);
  answerHostname();
  expect(await hostname(connection)).toBe('h');
  expect(daemon.clients[0]?.received.filter(({ procedure }) => procedure === domainSuspend.number)).toEqual(
    [],
  );
});

const lies: readonly [string, (client: FakeClient, serial: number) => void][] = [
  ['a reply to no call', (client) => client.send({ procedure: 59, type: messageType.reply, serial: 999 })],
  [
    'a reply of another procedure',
    (client, serial) => client.send({ procedure: 58, type: messageType.reply, serial }),
  ],
  ['junk', (client) => client.socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(4))],
  ['the end of the stream', (client) => client.socket.end()],
];

for (const [name, lie] of lies) {
  test(`${name} closes the connection, and its calls fail with an unknown outcome`, async () => {
    daemon.on(connectGetHostname, (message, client) => lie(client, message.serial));
    const connection = await open();
    expect(await rejection(hostname(connection))).toMatchObject({ kind: 'closed', outcome: 'unknown' });
    expect(connection.isOpen).toBe(false);
    expect(await rejection(hostname(connection))).toMatchObject({ kind: 'closed', outcome: 'not-sent' });
  });
}

test('destroying a connection cancels its calls at once', async () => {
  const connection = await open();
  const call = rejection(hostname(connection));
  connection.destroy('no longer wanted');
  expect(await call).toMatchObject({ kind: 'closed', message: 'no longer wanted' });
  expect((await connection.closed).message).toBe('no longer wanted');
});

test('a ping of the daemon is answered', async () => {
  const connection = await open();
  const [client] = daemon.clients;
  if (!client) throw new Error('nobody connected');
  client.send({ program: KEEPALIVE_PROGRAM, procedure: 1, type: messageType.event });
  answerHostname();
  await hostname(connection);
  const pongs = client.received.filter((message) => message.program === KEEPALIVE_PROGRAM);
  expect(pongs.map(({ procedure }) => procedure)).toEqual([2]);
});

test('a silent daemon is pinged and given up; one that answers is kept', async () => {
  const timing = { intervalMs: 20, count: 2 };
  const silent = await open({ keepalive: timing });
  expect((await silent.closed).message).toContain('keepalive');
  const pings = daemon.clients[0]?.received.filter(({ program }) => program === KEEPALIVE_PROGRAM) ?? [];
  expect(pings.map(({ procedure }) => procedure)).toEqual([1, 1]);

  const answered = new EventLog<number>();
  daemon.on({ program: KEEPALIVE_PROGRAM, number: 1 }, (_message, client) => {
    client.send({ program: KEEPALIVE_PROGRAM, procedure: 2, type: messageType.event });
    answered.hear(answered.all.length);
  });
  const alive = await open({ keepalive: timing });
  await answered.waitFor((count) => count === 5);
  expect(alive.isOpen).toBe(true);
});

test('keepalive is not used with a daemon that does not offer it', async () => {
  daemon.on(connectSupportsFeature, (message, client) => client.reply(message, (writer) => writer.int32(0)));
  const connection = await open({ keepalive: { intervalMs: 1, count: 1 } });
  answerHostname();
  for (let round = 0; round < 50; round += 1) await hostname(connection);
  const pings = daemon.clients[0]?.received.filter(({ program }) => program === KEEPALIVE_PROGRAM);
  expect(pings).toEqual([]);
});
