import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect } from './connect.ts';
import type { Connection } from './connection.ts';
import { subscribeDomainEvents } from './domainEvents.ts';
import type { DomainEvent } from './domainEventTypes.ts';
import { messageType } from './framing.ts';
import {
  connectDomainEventCallbackDeregisterAny as deregister,
  connectDomainEventCallbackRegisterAny as register,
  connectGetHostname,
  domainEventBlockJob2,
  domainEventCallbackAgentLifecycle,
  domainEventCallbackControlError,
  domainEventCallbackDeviceRemovalFailed,
  domainEventCallbackLifecycle,
  domainEventCallbackMetadataChange,
} from './procedures.generated.ts';
import { EventLog } from './testing/eventLog.ts';
import { type FakeClient, FakeDaemon, writeDomain } from './testing/fakeDaemon.ts';
import type { XdrWriter } from './xdr.ts';

const domain = { name: 'vm', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 3 };

let daemon: FakeDaemon;
let connection: Connection;
let client: FakeClient;
let log: EventLog<DomainEvent>;

beforeEach(async () => {
  daemon = await FakeDaemon.start();
  let nextId = 11;
  daemon.on(register, (message, to) => {
    nextId += 1;
    to.reply(message, (writer) => writer.int32(nextId - 1));
  });
  daemon.on(deregister, (message, to) => to.reply(message));
  daemon.on(connectGetHostname, (message, to) => to.reply(message, (writer) => writer.string('h', 8)));
  connection = await connect({ socketPath: daemon.socketPath, keepalive: null });
  const [first] = daemon.clients;
  if (!first) throw new Error('nobody connected');
  client = first;
  log = new EventLog();
});

afterEach(async () => {
  connection.destroy('the test is over');
  await daemon.stop();
});

const emit = (
  event: { readonly number: number },
  callbackId: number,
  write: (writer: XdrWriter) => void,
): void =>
  client.send({ procedure: event.number, type: messageType.event }, (writer) => {
    writer.int32(callbackId);
    write(writer);
  });

const lifecycle = (callbackId: number, event: number, detail: number): void =>
  emit(domainEventCallbackLifecycle, callbackId, (writer) => {
    writeDomain(writer, domain);
    writer.int32(event);
    writer.int32(detail);
  });

/** All that the daemon has sent so far has been heard when a call after it is answered. */
const settled = (): Promise<unknown> => connection.call(connectGetHostname, undefined);

const registrations = (): number =>
  client.received.filter(({ procedure }) => procedure === register.number).length;

test('events are named, and numbers of a newer libvirt become unknown', async () => {
  await subscribeDomainEvents(connection, ['lifecycle'], log.hear);
  lifecycle(11, 2, 1);
  lifecycle(11, 5, 5);
  lifecycle(11, 5, 99);
  lifecycle(11, 99, 0);
  await settled();
  expect(log.all).toEqual([
    { kind: 'lifecycle', domain, event: 'started', detail: 'migrated' },
    { kind: 'lifecycle', domain, event: 'stopped', detail: 'failed' },
    { kind: 'lifecycle', domain, event: 'stopped', detail: 'unknown' },
    { kind: 'lifecycle', domain, event: 'unknown', detail: 'unknown' },
  ]);
});

test('kinds that a test host can not provoke are read as well', async () => {
  const kinds = ['agent', 'block-job', 'device-removal-failed', 'metadata-change', 'control-error'] as const;
  for (const kind of kinds) await subscribeDomainEvents(connection, [kind], log.hear);
  emit(domainEventCallbackAgentLifecycle, 11, (writer) => {
    writeDomain(writer, domain);
    writer.int32(1);
    writer.int32(2);
  });
  emit(domainEventBlockJob2, 12, (writer) => {
    writeDomain(writer, domain);
    writer.string('vda', 8);
    writer.int32(3);
    writer.int32(1);
  });
  emit(domainEventCallbackDeviceRemovalFailed, 13, (writer) => {
    writeDomain(writer, domain);
    writer.string('net0', 8);
  });
  emit(domainEventCallbackMetadataChange, 14, (writer) => {
    writeDomain(writer, domain);
    writer.int32(2);
    writer.optional('urn:x', (inner, value) => inner.string(value, 8));
  });
  emit(domainEventCallbackControlError, 15, (writer) => writeDomain(writer, domain));
  await settled();
  expect(log.all).toEqual([
    { kind: 'agent', domain, isConnected: true, reason: 'channel' },
    { kind: 'block-job', domain, disk: 'vda', type: 'commit', status: 'failed' },
    { kind: 'device-removal-failed', domain, deviceAlias: 'net0' },
    { kind: 'metadata-change', domain, type: 'element', namespace: 'urn:x' },
    { kind: 'control-error', domain },
  ]);
});

test('an event that overtakes the answer to the subscription is not lost', async () => {
  daemon.on(register, (message, to) => {
    lifecycle(21, 2, 0);
    lifecycle(99, 2, 0);
    to.reply(message, (writer) => writer.int32(21));
    lifecycle(21, 5, 0);
  });
  await subscribeDomainEvents(connection, ['lifecycle'], log.hear);
  await settled();
  expect(log.all.map((event) => event.kind === 'lifecycle' && event.event)).toEqual(['started', 'stopped']);
});

test('events of callbacks that are not ours are not heard', async () => {
  await subscribeDomainEvents(connection, ['lifecycle'], log.hear);
  lifecycle(12, 2, 0);
  await settled();
  expect(log.all).toEqual([]);
});

test('subscriptions to the same share one registration, which ends with the last of them', async () => {
  const other = new EventLog<DomainEvent>();
  const endFirst = await subscribeDomainEvents(connection, ['lifecycle'], log.hear);
  const endSecond = await subscribeDomainEvents(connection, ['lifecycle'], other.hear);
  await subscribeDomainEvents(connection, ['lifecycle'], other.hear, { domain });
  expect(registrations()).toBe(2);
  lifecycle(11, 2, 0);
  await settled();
  expect([log.all.length, other.all.length]).toEqual([1, 1]);
  await endFirst();
  await endFirst();
  expect(client.received.some(({ procedure }) => procedure === deregister.number)).toBe(false);
  await endSecond();
  expect(client.received.filter(({ procedure }) => procedure === deregister.number)).toHaveLength(1);
  await subscribeDomainEvents(connection, ['lifecycle'], log.hear);
  expect(registrations()).toBe(3);
});

test('a new subscription waits until the old one of the same kind has ended', async () => {
  const order: string[] = [];
  daemon.on(register, (message, to) => {
    order.push('register');
    to.reply(message, (writer) => writer.int32(11));
  });
  daemon.on(deregister, (message, to) => {
    setImmediate(() => {
      order.push('deregistered');
      to.reply(message);
    });
  });
  const end = await subscribeDomainEvents(connection, ['lifecycle'], log.hear);
  const ending = end();
  await subscribeDomainEvents(connection, ['lifecycle'], log.hear);
  await ending;
  expect(order).toEqual(['register', 'deregistered', 'register']);
});

test('when one kind can not be registered, none is', async () => {
  let count = 0;
  daemon.on(register, (message, to) => {
    count += 1;
    if (count === 2) to.refuse(message, 3, 'not supported');
    else to.reply(message, (writer) => writer.int32(count));
  });
  const failing = subscribeDomainEvents(connection, ['lifecycle', 'reboot'], log.hear);
  await expect(failing).rejects.toMatchObject({ code: 3 });
  expect(client.received.filter(({ procedure }) => procedure === deregister.number)).toHaveLength(1);
});

test('a listener that throws closes the connection', async () => {
  await subscribeDomainEvents(connection, ['lifecycle'], () => {
    throw new Error('a bug in the listener');
  });
  lifecycle(11, 2, 0);
  expect((await connection.closed).message).toContain('a bug in the listener');
});
