import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect } from './connect.ts';
import type { Connection } from './connection.ts';
import { takeScreenshot } from './domainDevices.ts';
import { type Message, messageStatus, messageType } from './framing.ts';
import {
  connectGetHostname,
  domainScreenshot,
  storageVolDownload,
  storageVolUpload,
} from './procedures.generated.ts';
import { downloadStorageVolume, uploadStorageVolume } from './storageVolumes.ts';
import { STREAM_BUFFER_BYTES, STREAM_PACKET_BYTES } from './stream.ts';
import { type FakeClient, FakeDaemon, writeError } from './testing/fakeDaemon.ts';

const volume = { pool: 'pool', name: 'disk', key: '/disk' };
const domain = { name: 'vm', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 1 };

let daemon: FakeDaemon;
let connection: Connection;

beforeEach(async () => {
  daemon = await FakeDaemon.start();
  connection = await connect({ socketPath: daemon.socketPath, keepalive: null });
});

afterEach(async () => {
  connection.destroy('the test is over');
  await daemon.stop();
});

const packet = (
  client: FakeClient,
  to: Message,
  status: number,
  bytes: Uint8Array = new Uint8Array(),
): void =>
  client.send({ procedure: to.procedure, type: messageType.stream, serial: to.serial, status }, (writer) =>
    writer.raw(bytes),
  );

/** Answers a download with these packets, and its end with a confirmation. */
const serve = (packets: readonly Uint8Array[]): void =>
  daemon.on(storageVolDownload, (message, client) => {
    if (message.type === messageType.stream) {
      if (message.status === messageStatus.ok) packet(client, message, messageStatus.ok);
      return;
    }
    client.reply(message);
    for (const bytes of packets) packet(client, message, messageStatus.continue, bytes);
    packet(client, message, messageStatus.continue);
  });

test('a download yields the packets as they were sent and ends', async () => {
  serve([Buffer.from('one'), Buffer.from('two!'), Buffer.from('3')]);
  const chunks: string[] = [];
  for await (const chunk of downloadStorageVolume(connection, volume)) chunks.push(chunk.toString());
  expect(chunks).toEqual(['one', 'two!', '3']);
});

test('a consumer that does not read stops the flow, and gets all of it when it does', async () => {
  const piece = Buffer.alloc(200_000, 7);
  const pieces = Array.from({ length: 100 }, () => piece);
  serve(pieces);
  const download = downloadStorageVolume(connection, volume);
  let received = (await download.next()).value?.length ?? 0;
  const [client] = daemon.clients;
  // The daemon has far more to send than is held here: what is left stays in its own buffers.
  expect(client?.socket.writableLength).toBeGreaterThan(
    pieces.length * piece.length - 3 * STREAM_BUFFER_BYTES,
  );
  for await (const chunk of download) received += chunk.length;
  expect(received).toBe(pieces.length * piece.length);
});

test('an error in the middle of a stream ends it and leaves the connection open', async () => {
  daemon.on(storageVolDownload, (message, client) => {
    client.reply(message);
    packet(client, message, messageStatus.continue, Buffer.from('half'));
    client.send(
      {
        procedure: message.procedure,
        type: messageType.stream,
        serial: message.serial,
        status: messageStatus.error,
      },
      (writer) => writeError(writer, 38, 'read error'),
    );
  });
  daemon.on(connectGetHostname, (message, client) =>
    client.reply(message, (writer) => writer.string('h', 8)),
  );
  const download = async (): Promise<void> => {
    for await (const chunk of downloadStorageVolume(connection, volume))
      expect(chunk.toString()).toBe('half');
  };
  await expect(download()).rejects.toMatchObject({ kind: 'libvirt', code: 38, message: 'read error' });
  expect(await connection.call(connectGetHostname, undefined)).toEqual({ hostname: 'h' });
});

test('leaving a download early tells the daemon', async () => {
  const aborted = new Promise<number>((resolve) => {
    daemon.on(storageVolDownload, (message, client) => {
      if (message.type === messageType.stream) resolve(message.status);
      else {
        client.reply(message);
        packet(client, message, messageStatus.continue, Buffer.from('first'));
      }
    });
  });
  for await (const chunk of downloadStorageVolume(connection, volume)) {
    expect(chunk.toString()).toBe('first');
    break;
  }
  expect(await aborted).toBe(messageStatus.error);
});

test('a stream on which nothing moves is given up', async () => {
  daemon.on(storageVolDownload, (message, client) => {
    if (message.type === messageType.call) client.reply(message);
  });
  const download = downloadStorageVolume(connection, volume, { idleDeadlineMs: 20 });
  await expect(download.next()).rejects.toMatchObject({ kind: 'deadline', deadlineMs: 20 });
  expect(connection.isOpen).toBe(true);
});

test('a closed connection ends its streams', async () => {
  daemon.on(storageVolDownload, (message, client) => {
    client.reply(message);
    client.socket.end();
  });
  await expect(downloadStorageVolume(connection, volume).next()).rejects.toMatchObject({ kind: 'closed' });
});

test('an upload is cut into packets that every libvirt takes, and confirmed', async () => {
  const sizes: number[] = [];
  daemon.on(storageVolUpload, (message, client) => {
    if (message.type === messageType.call) client.reply(message);
    else if (message.status === messageStatus.continue) sizes.push(message.body.remaining);
    else packet(client, message, messageStatus.ok);
  });
  await uploadStorageVolume(connection, volume, [Buffer.alloc(STREAM_PACKET_BYTES + 5), Buffer.alloc(3)]);
  expect(sizes).toEqual([STREAM_PACKET_BYTES, 5, 3]);
});

test('an upload that the daemon refuses at the end has failed', async () => {
  daemon.on(storageVolUpload, (message, client) => {
    if (message.type === messageType.call) client.reply(message);
    else if (message.status === messageStatus.ok) {
      client.send(
        {
          procedure: message.procedure,
          type: messageType.stream,
          serial: message.serial,
          status: messageStatus.error,
        },
        (writer) => writeError(writer, 38, 'disk full'),
      );
    }
  });
  await expect(uploadStorageVolume(connection, volume, [Buffer.alloc(8)])).rejects.toThrow('disk full');
});

test('a call that fails has no stream', async () => {
  daemon.on(domainScreenshot, (message, client) => client.refuse(message, 84, 'no screen'));
  await expect(takeScreenshot(connection, domain)).rejects.toMatchObject({ code: 84 });
  const [client] = daemon.clients;
  expect(client?.received.filter(({ type }) => type === messageType.stream)).toEqual([]);
});
