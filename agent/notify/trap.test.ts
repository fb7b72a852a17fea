import { createSocket } from 'node:dgram';
import { createReceiver, AuthProtocols, PrivProtocols, SecurityLevel } from 'net-snmp';
import { afterEach, expect, test } from 'vitest';
import type { NotifySettings } from '../protocol/notify.ts';
import { sendOn } from './channels.ts';
import { message, noSettings } from './testing/samples.ts';
import { engineIdOf } from './trap.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const one of undo.splice(0)) one();
});

const engineId = engineIdOf('22222222-2222-4222-8222-222222222222', 1);
const user = {
  name: 'shop',
  level: SecurityLevel.authPriv,
  authProtocol: AuthProtocols.sha256,
  authKey: 'sign me please',
  privProtocol: PrivProtocols.aes,
  privKey: 'hide me please',
};

interface Heard {
  readonly pdu?: { readonly varbinds: readonly { readonly oid: string; readonly value: unknown }[] };
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

async function receiver(): Promise<{ port: number; next: Promise<Map<string, string>> }> {
  const port = await freePort();
  const { promise, resolve } = Promise.withResolvers<Map<string, string>>();
  const take = (error: Error | null, heard: unknown): void => {
    if (error !== null) return;
    const { pdu } = heard as Heard;
    resolve(new Map((pdu?.varbinds ?? []).map(({ oid, value }) => [oid, String(value)])));
  };
  const made = createReceiver({ port, address: '127.0.0.1' }, take);
  made.getAuthorizer().addCommunity('shop');
  made.getAuthorizer().addUser(user);
  undo.push(() => void made.close());
  return { port, next: promise };
}

type Trap = NonNullable<NotifySettings['trap']>;
const trapTo = (port: number): Trap => ({
  server: '127.0.0.1',
  port,
  version: '2c',
  user: null,
  community: 'shop',
  authPassword: null,
  privPassword: null,
});
const send = (trap: Trap) => sendOn('trap', { ...noSettings, trap }, message, engineId);
const BASE = '1.3.6.1.4.1.8072.9999.9999.8501';

test('a trap of version 2c says which incident, and how long it took', async () => {
  const { port, next } = await receiver();
  expect(await send(trapTo(port))).toBeNull();
  const got = await next;
  expect(got.get('1.3.6.1.6.3.1.1.4.1.0')).toBe(`${BASE}.0.1`);
  expect(got.get(`${BASE}.1.1`)).toBe('alpha-e5');
  expect(got.get(`${BASE}.1.6`)).toBe('[Understudy Shop] beta took over 1 VM from alpha');
  expect(got.get(`${BASE}.1.9`)).toBe('13');
});

test('a trap of version 3 is signed and hidden', async () => {
  const { port, next } = await receiver();
  const trap = { ...trapTo(port), version: '3', community: null, user: 'shop' } as const;
  const keys = { authPassword: user.authKey, privPassword: user.privKey };
  expect(await send({ ...trap, ...keys })).toBeNull();
  expect((await next).get(`${BASE}.1.1`)).toBe('alpha-e5');
});

test('what is missing is named before anything is sent', async () => {
  expect(await send({ ...trapTo(9), community: null })).toMatchObject({ code: 'notify.incomplete' });
  const three = { ...trapTo(9), version: '3', user: 'shop' } as const;
  expect(await send({ ...three, authPassword: 'short' })).toMatchObject({ field: 'trap.authPassword' });
  expect(await send({ ...three, user: null })).toMatchObject({ field: 'trap.user' });
});

test('a name that has no address is said as it is', async () => {
  const failure = await send({ ...trapTo(162), server: 'nobody.invalid' });
  expect(failure).toMatchObject({ code: 'notify.unreachable' });
});

test('an engine id is the same for a host for ever, and another for each', () => {
  expect(engineId).toBe(engineIdOf('22222222-2222-4222-8222-222222222222', 1));
  expect(engineId).not.toBe(engineIdOf('22222222-2222-4222-8222-222222222222', 0));
  expect(engineId).toMatch(/^8000b98380[0-9a-f]{24}$/);
});
