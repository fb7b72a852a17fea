import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  connect,
  createServer,
  getCACertificates,
  type Server,
  setDefaultCACertificates,
  type TLSSocket,
} from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { testCertificate, testKey } from '../notify/testing/certificate.ts';
import { connectLink, createLinkServer } from './secureLink.ts';

const alpha = {
  groupKey: new Uint8Array(32).fill(7),
  groupId: 'aaaaaaaa-0000-4000-8000-000000000009',
  self: 0,
};
const beta = { ...alpha, self: 1 };
const systemTrusts = getCACertificates('default');

let server: Server | null = null;
afterEach(() => {
  setDefaultCACertificates(systemTrusts);
  server?.close();
  server = null;
});

async function listening(made: Server): Promise<{ address: string; port: number }> {
  server = made.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { address: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

test('two hosts with the key meet, and each knows the other', async () => {
  const met: { socket: TLSSocket; from: number }[] = [];
  const at = await listening(createLinkServer(beta, (socket, from) => met.push({ socket, from })));
  const socket = await connectLink(alpha, 1, at);
  socket.end('hello');
  await expect.poll(() => met.map(({ from }) => from)).toEqual([0]);
  met[0]?.socket.destroy();
});

test('a certificate in the place of the key is refused, however valid it is', async () => {
  const heard: string[] = [];
  setDefaultCACertificates([testCertificate]);
  const at = await listening(
    createServer({ key: testKey, cert: testCertificate }, (socket) => {
      socket.on('data', (chunk) => heard.push(chunk.toString('latin1'))).on('error', () => undefined);
    }),
  );
  // The certificate itself is beyond doubt.
  const believer = connect({ ...at, host: at.address, checkServerIdentity: () => undefined });
  await once(believer, 'secureConnect');
  believer.destroy();
  await expect(connectLink(alpha, 1, at)).rejects.toThrow('it did not use the key of the group');
  expect(heard).toEqual([]);
});

test('a client without the key is refused, also one that brings the session of a host', async () => {
  const met: TLSSocket[] = [];
  const at = await listening(createLinkServer(beta, (socket) => met.push(socket)));
  const socket = await connectLink(alpha, 1, at);
  const session = new Promise<Buffer>((resolve) => socket.once('session', resolve));
  await expect.poll(() => met.length).toBe(1);
  met[0]?.write('hello');
  socket.resume();
  for (const options of [{}, { session: await session }]) {
    const stranger = connect({ host: at.address, port: at.port, rejectUnauthorized: false, ...options });
    stranger.on('error', () => undefined);
    stranger.write('hello');
    await new Promise((resolve) => stranger.once('close', resolve));
  }
  expect(met).toHaveLength(1);
  socket.destroy();
  met[0]?.destroy();
});
