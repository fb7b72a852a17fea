import { afterAll, beforeAll, expect, test } from 'vitest';
import * as libvirt from './index.ts';
import { type PrivateDaemon, startPrivateDaemon } from './testing/daemon.ts';
import { EventLog } from './testing/eventLog.ts';
import { guestXml } from './testing/guests.ts';

let daemon: PrivateDaemon;

beforeAll(async () => {
  daemon = await startPrivateDaemon('faults');
});

afterAll(async () => {
  await daemon?.stop();
});

const connect = (options: libvirt.ConnectOptions = {}): Promise<libvirt.Connection> =>
  libvirt.connect({ socketPath: daemon.socketPath, uri: 'test:///default', ...options });

test('a thousand changes are heard as a thousand events, in order', async () => {
  await using listener = await connect();
  await using actor = await connect();
  const log = new EventLog<libvirt.DomainEvent>();
  await libvirt.subscribeDomainEvents(listener, ['lifecycle'], log.hear);
  const [domain] = await libvirt.listDomains(actor);
  if (!domain) throw new Error('the test driver has no domain');
  for (let round = 0; round < 500; round += 1) {
    await libvirt.suspendDomain(actor, domain);
    await libvirt.resumeDomain(actor, domain);
  }
  await log.waitFor(() => log.all.length >= 1000);
  const names = log.all.map((event) => (event.kind === 'lifecycle' ? event.event : event.kind));
  expect(names).toEqual(Array.from({ length: 500 }, () => ['suspended', 'resumed']).flat());
});

test('a frozen daemon lets every deadline pass on time and is then given up by keepalive', async () => {
  const connection = await connect({ keepalive: { intervalMs: 300, count: 2 } });
  daemon.setFrozen(true);
  try {
    const late = Array.from({ length: 8 }, () => libvirt.listDomains(connection, { deadlineMs: 200 }));
    const results = await Promise.allSettled(late);
    const outcomes = results.map((result) => (result.status === 'rejected' ? result.reason : null));
    expect(outcomes.map((error) => error instanceof libvirt.DeadlineError && error.outcome)).toEqual([
      ...Array.from({ length: 4 }, () => 'unknown'),
      ...Array.from({ length: 4 }, () => 'not-sent'),
    ]);
    expect((await connection.closed).message).toContain('keepalive');
    await expect(connect({ deadlineMs: 200 })).rejects.toMatchObject({ kind: 'deadline' });
  } finally {
    daemon.setFrozen(false);
  }
  await using again = await connect();
  expect(await libvirt.listDomains(again)).toHaveLength(1);
});

test('replies that come after their deadline do no harm', async () => {
  await using connection = await connect({ keepalive: null });
  daemon.setFrozen(true);
  const late = libvirt.listDomains(connection, { deadlineMs: 50 });
  await expect(late).rejects.toMatchObject({ kind: 'deadline' });
  const waiting = libvirt.listDomains(connection);
  daemon.setFrozen(false);
  expect(await waiting).toHaveLength(1);
});

test('a feed follows a guest through the death and the return of the daemon', async () => {
  await using actor = await libvirt.connect({ socketPath: daemon.socketPath });
  const log = new EventLog<libvirt.DomainFeedMessage>();
  const options = { connect: { socketPath: daemon.socketPath }, kinds: ['lifecycle'] } as const;
  const feed = new libvirt.DomainFeed(options, log.hear);
  feed.start();
  expect(await log.waitFor(({ kind }) => kind === 'connected')).toMatchObject({ domains: [] });
  const domain = await libvirt.defineDomain(actor, guestXml({ name: 'survivor' }));
  await libvirt.createDomain(actor, domain);
  await log.waitFor(
    (message) =>
      message.kind === 'event' && message.event.kind === 'lifecycle' && message.event.event === 'started',
  );

  log.all.length = 0;
  await daemon.kill();
  expect((await actor.closed).kind).toBe('closed');
  await log.waitFor(({ kind }) => kind === 'disconnected');
  await daemon.start();
  expect(await log.waitFor(({ kind }) => kind === 'connected')).toMatchObject({
    domains: [{ domain: { name: 'survivor' }, state: { state: 'running' } }],
  });

  await using again = await libvirt.connect({ socketPath: daemon.socketPath });
  await libvirt.destroyDomain(again, domain);
  await log.waitFor(
    (message) =>
      message.kind === 'event' && message.event.kind === 'lifecycle' && message.event.event === 'stopped',
  );
  await feed.stop();
  await libvirt.undefineDomain(again, domain);
});

test('where no daemon listens, connecting fails and says where it tried', async () => {
  const nowhere = libvirt.connect({ socketPath: `${daemon.directory}/nowhere` });
  await expect(nowhere).rejects.toMatchObject({ kind: 'closed', outcome: 'not-sent' });
  await expect(nowhere).rejects.toThrow('nowhere');
});
