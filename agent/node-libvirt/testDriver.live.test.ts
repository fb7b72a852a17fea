import { afterAll, beforeAll, expect, test } from 'vitest';
import * as libvirt from './index.ts';
import { type PrivateDaemon, startPrivateDaemon } from './testing/daemon.ts';
import { EventLog } from './testing/eventLog.ts';

let daemon: PrivateDaemon;
let connection: libvirt.Connection;

beforeAll(async () => {
  daemon = await startPrivateDaemon('driver');
  connection = await libvirt.connect({ socketPath: daemon.socketPath, uri: 'test:///default' });
});

afterAll(async () => {
  await connection?.close();
  await daemon?.stop();
});

const xml = (name: string): string =>
  `<domain type='test'><name>${name}</name><memory>8192</memory><os><type>hvm</type></os></domain>`;

test('the default domain is listed and running', async () => {
  const [domain] = await libvirt.listDomains(connection, { active: true });
  expect(domain?.name).toBe('test');
  expect(domain && (await libvirt.getDomainState(connection, domain))).toMatchObject({ state: 'running' });
  expect(await libvirt.listDomains(connection, { active: false })).toEqual([]);
});

test('a domain goes through its whole life and every step is heard', async () => {
  const log = new EventLog<libvirt.DomainEvent>();
  const end = await libvirt.subscribeDomainEvents(connection, ['lifecycle'], log.hear);
  const domain = await libvirt.defineDomain(connection, xml('life'));
  const started = await libvirt.createDomain(connection, domain);
  expect(started.id).toBeGreaterThan(0);
  await libvirt.suspendDomain(connection, domain);
  expect(await libvirt.getDomainState(connection, domain)).toEqual({ state: 'paused', reason: 'user' });
  await libvirt.resumeDomain(connection, domain);
  await libvirt.destroyDomain(connection, domain);
  expect(await libvirt.getDomainState(connection, domain)).toEqual({ state: 'off', reason: 'destroyed' });
  await libvirt.undefineDomain(connection, domain);
  await log.waitFor((event) => event.kind === 'lifecycle' && event.event === 'undefined');
  expect(log.all.map((event) => event.kind === 'lifecycle' && event.event)).toEqual([
    'defined',
    'started',
    'suspended',
    'resumed',
    'stopped',
    'undefined',
  ]);
  await end();
});

test('a subscription that was ended hears nothing more', async () => {
  const ended = new EventLog<libvirt.DomainEvent>();
  const other = new EventLog<libvirt.DomainEvent>();
  const end = await libvirt.subscribeDomainEvents(connection, ['lifecycle'], ended.hear);
  const endOther = await libvirt.subscribeDomainEvents(connection, ['lifecycle'], other.hear);
  await end();
  const domain = await libvirt.defineDomain(connection, xml('ended'));
  await libvirt.undefineDomain(connection, domain);
  await other.waitFor((event) => event.kind === 'lifecycle' && event.event === 'undefined');
  expect(ended.all).toEqual([]);
  await endOther();
});

test('two subscriptions on one connection hear each event once', async () => {
  const logs = [new EventLog<libvirt.DomainEvent>(), new EventLog<libvirt.DomainEvent>()];
  const ends = await Promise.all(
    logs.map((log) => libvirt.subscribeDomainEvents(connection, ['lifecycle'], log.hear)),
  );
  const domain = await libvirt.defineDomain(connection, xml('twice'));
  await libvirt.undefineDomain(connection, domain);
  for (const log of logs) {
    await log.waitFor((event) => event.kind === 'lifecycle' && event.event === 'undefined');
    expect(log.all).toHaveLength(2);
  }
  await Promise.all(ends.map((end) => end()));
});

test('what does not exist is an error with a code of libvirt', async () => {
  const missing = libvirt.lookupDomainByName(connection, 'nobody');
  await expect(missing).rejects.toMatchObject({ kind: 'libvirt', code: libvirt.errorCode.noDomain });
  await expect(libvirt.lookupNetworkByName(connection, 'nobody')).rejects.toMatchObject({
    code: libvirt.errorCode.noNetwork,
  });
  await expect(libvirt.lookupStoragePoolByName(connection, 'nobody')).rejects.toMatchObject({
    code: libvirt.errorCode.noStoragePool,
  });
  await expect(libvirt.defineDomain(connection, '<domain/>')).rejects.toBeInstanceOf(libvirt.LibvirtError);
});

test('a network is defined, started, described, stopped and forgotten', async () => {
  const network = await libvirt.defineNetwork(
    connection,
    `<network><name>lan</name><bridge name='virbr7'/><ip address='10.9.8.1' netmask='255.255.255.0'/></network>`,
  );
  expect(await libvirt.isNetworkPersistent(connection, network)).toBe(true);
  await libvirt.createNetwork(connection, network);
  expect(await libvirt.isNetworkActive(connection, network)).toBe(true);
  expect(await libvirt.getNetworkBridge(connection, network)).toBe('virbr7');
  await libvirt.setNetworkAutostart(connection, network, true);
  expect(await libvirt.getNetworkAutostart(connection, network)).toBe(true);
  expect(await libvirt.networkXml(connection, network)).toContain('10.9.8.1');
  expect((await libvirt.listNetworks(connection, { active: true })).map(({ name }) => name)).toContain('lan');
  await libvirt.destroyNetwork(connection, network);
  expect(await libvirt.lookupNetworkByUuid(connection, network.uuid)).toEqual(network);
  expect((await libvirt.listNetworks(connection, { active: false })).map(({ name }) => name)).toEqual([
    'lan',
  ]);
  await libvirt.undefineNetwork(connection, network);
});

test('the host tells about itself', async () => {
  expect(await libvirt.getHypervisorType(connection)).toBe('TEST');
  expect(await libvirt.getUri(connection)).toBe('test:///default');
  expect(await libvirt.getHostName(connection)).toBe('driver');
  expect(await libvirt.getNodeInfo(connection)).toMatchObject({ model: 'i686', cpus: 16 });
  expect((await libvirt.getLibvirtVersion(connection)).major).toBeGreaterThanOrEqual(6);
  expect(await libvirt.getCapabilities(connection)).toContain('<capabilities>');
});

test('statistics of all domains come with their states', async () => {
  const statistics = await libvirt.getDomainStatistics(connection, { groups: ['state'] });
  expect(statistics.map(({ domain, state }) => [domain.name, state.state])).toContainEqual([
    'test',
    'running',
  ]);
});

test('a procedure that the daemon does not know is told from one that it knows', async () => {
  const known = libvirt.procedures.domainGetState;
  const unknown = { ...known, name: 'DOMAIN_FROM_THE_FUTURE', number: 60_001 };
  expect(await libvirt.knowsProcedure(connection, known)).toBe(true);
  expect(await libvirt.knowsProcedure(connection, unknown)).toBe(false);
  expect(await libvirt.listDomains(connection)).not.toEqual([]);
});

test('a read-only connection refuses changes', async () => {
  const socketPath = `${daemon.socketPath}-ro`;
  await using reader = await libvirt.connect({ socketPath, uri: 'test:///default', readOnly: true });
  const [domain] = await libvirt.listDomains(reader);
  if (!domain) throw new Error('the test driver has no domain');
  await expect(libvirt.suspendDomain(reader, domain)).rejects.toBeInstanceOf(libvirt.LibvirtError);
});

test('more calls than the daemon takes at once all come back', async () => {
  const calls = Array.from({ length: 250 }, () => libvirt.getUri(connection));
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['test:///default']));
});
