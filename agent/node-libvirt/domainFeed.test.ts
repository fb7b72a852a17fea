import { afterEach, beforeEach, expect, test } from 'vitest';
import { DomainFeed, type DomainFeedMessage, FIRST_RETRY_MS } from './domainFeed.ts';
import { messageType } from './framing.ts';
import {
  connectDomainEventCallbackRegisterAny as register,
  connectGetAllDomainStats as statistics,
  domainEventCallbackLifecycle,
} from './procedures.generated.ts';
import { EventLog } from './testing/eventLog.ts';
import { type FakeClient, FakeDaemon, writeDomain, writeParameter } from './testing/fakeDaemon.ts';
import type { XdrWriter } from './xdr.ts';

const domain = { name: 'vm', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 3 };

let daemon: FakeDaemon;
let feed: DomainFeed;
let log: EventLog<DomainFeedMessage>;

beforeEach(async () => {
  daemon = await FakeDaemon.start();
  daemon.on(register, (message, client) => client.reply(message, (writer) => writer.int32(1)));
  daemon.on(statistics, (message, client) => client.reply(message, writeStatistics));
  log = new EventLog();
  feed = new DomainFeed(
    { connect: { socketPath: daemon.socketPath, keepalive: null }, kinds: ['lifecycle'] },
    log.hear,
  );
});

afterEach(async () => {
  await feed.stop();
  await daemon.stop();
});

function writeStatistics(writer: XdrWriter): void {
  writer.uint32(1);
  writeDomain(writer, domain);
  writer.uint32(1);
  writeParameter(writer, 'state.state', 1n);
}

const lifecycle = (client: FakeClient, event: number): void =>
  client.send({ procedure: domainEventCallbackLifecycle.number, type: messageType.event }, (writer) => {
    writer.int32(1);
    writeDomain(writer, domain);
    writer.int32(event);
    writer.int32(0);
  });

const kinds = (): string[] =>
  log.all.map((message) =>
    message.kind === 'event' && message.event.kind === 'lifecycle' ? message.event.event : message.kind,
  );

test('events during the reading of the state come after it, in their order', async () => {
  daemon.on(statistics, (message, client) => {
    lifecycle(client, 2);
    lifecycle(client, 5);
    client.reply(message, writeStatistics);
    lifecycle(client, 1);
  });
  feed.start();
  await log.waitFor(() => log.all.length === 4);
  expect(kinds()).toEqual(['connected', 'started', 'stopped', 'undefined']);
  expect(log.all[0]).toMatchObject({ domains: [{ domain, state: { state: 'running' } }] });
});

test('after a loss the feed says so, comes back and reads everything again', async () => {
  feed.start();
  await log.waitFor(({ kind }) => kind === 'connected');
  daemon.clients[0]?.socket.destroy();
  await log.waitFor(() => kinds().filter((kind) => kind === 'connected').length === 2);
  expect(kinds()).toEqual(['connected', 'disconnected', 'connected']);
  expect(log.all[1]).toMatchObject({ retryInMs: FIRST_RETRY_MS });
});

test('attempts that fail come ever more slowly', async () => {
  daemon.on(register, (message, client) => client.refuse(message, 1, 'not now'));
  feed.start();
  await log.waitFor(() => log.all.length === 3);
  const delays = log.all.map((message) => (message.kind === 'disconnected' ? message.retryInMs : 0));
  expect(delays).toEqual([FIRST_RETRY_MS, FIRST_RETRY_MS * 2, FIRST_RETRY_MS * 4]);
  expect(log.all[0]).toMatchObject({ error: { message: 'not now' } });
});

test('a feed that was stopped says nothing more, wherever it was', async () => {
  feed.start();
  const closed = new Promise((resolve) => {
    daemon.on(statistics, (_message, client) => {
      client.socket.once('close', resolve);
      void feed.stop();
    });
  });
  await closed;
  expect(log.all).toEqual([]);
});
