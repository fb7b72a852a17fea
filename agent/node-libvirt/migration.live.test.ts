import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import * as libvirt from './index.ts';
import { type PrivateDaemon, startPrivateDaemon } from './testing/daemon.ts';
import { EventLog } from './testing/eventLog.ts';
import { guestXml, writeBootFloppy } from './testing/guests.ts';

const MIGRATE_URI = 'tcp://127.0.0.1';

let daemons: PrivateDaemon[] = [];
let a: libvirt.Connection;
let b: libvirt.Connection;
let bootFloppy: string;

beforeAll(async () => {
  daemons = await Promise.all([startPrivateDaemon('host-a'), startPrivateDaemon('host-b')]);
  const [first, second] = daemons;
  a = await libvirt.connect({ socketPath: first?.socketPath ?? '' });
  b = await libvirt.connect({ socketPath: second?.socketPath ?? '' });
  bootFloppy = join(first?.directory ?? '', 'busy.img');
  writeBootFloppy(bootFloppy, 'busy-memory');
});

afterAll(async () => {
  await Promise.all([a?.close(), b?.close()]);
  await Promise.all(daemons.map((daemon) => daemon.stop()));
});

afterEach(async () => {
  for (const connection of [a, b]) {
    for (const domain of await libvirt.listDomains(connection, { active: true })) {
      await libvirt.destroyDomain(connection, domain).catch(() => {});
    }
    for (const domain of await libvirt.listDomains(connection)) {
      await libvirt.undefineDomain(connection, domain);
    }
  }
});

const start = async (name: string, options?: libvirt.CreateOptions): Promise<libvirt.Domain> =>
  libvirt.createDomain(a, await libvirt.defineDomain(a, guestXml({ name, bootFloppy })), options);

/** Resolves when the guest's program has left the BIOS and writes to its memory. */
const untilBusy = async (domain: libvirt.Domain): Promise<void> => {
  const look = { execute: 'human-monitor-command', arguments: { 'command-line': 'xp /1xw 0x10000' } };
  let memory: string;
  do memory = String(await libvirt.qemuMonitorCommand(a, domain, look));
  while (memory.includes('0x00000000'));
};

const stateOn = async (connection: libvirt.Connection, name: string): Promise<string> => {
  const domains = await libvirt.listDomains(connection);
  const domain = domains.find((candidate) => candidate.name === name);
  return domain ? (await libvirt.getDomainState(connection, domain)).state : 'absent';
};

test('a running guest migrates there and back while it writes to its memory', async () => {
  const log = new EventLog<libvirt.DomainEvent>();
  const end = await libvirt.subscribeDomainEvents(
    a,
    ['migration-iteration', 'lifecycle', 'job-completed'],
    log.hear,
  );
  const domain = await start('traveller');
  await untilBusy(domain);
  const there = await libvirt.migrateDomain(a, b, domain, { migrateUri: MIGRATE_URI, undefineSource: true });
  expect(there.sourceProblem).toBeUndefined();
  expect([await stateOn(a, 'traveller'), await stateOn(b, 'traveller')]).toEqual(['absent', 'running']);
  await log.waitFor((event) => event.kind === 'migration-iteration');
  await log.waitFor(
    (event) => event.kind === 'lifecycle' && event.event === 'stopped' && event.detail === 'migrated',
  );
  const completed = await log.waitFor((event) => event.kind === 'job-completed');
  expect(completed.kind === 'job-completed' && completed.statistics.get('data_total')).toBeGreaterThan(0n);
  const back = await libvirt.migrateDomain(b, a, there.domain, { migrateUri: MIGRATE_URI });
  expect(back.domain.uuid).toBe(domain.uuid);
  expect([await stateOn(a, 'traveller'), await stateOn(b, 'traveller')]).toEqual(['running', 'off']);
  await end();
});

test('a guest that was paused arrives paused', async () => {
  const domain = await start('sleeper', { paused: true });
  await libvirt.migrateDomain(a, b, domain, { migrateUri: MIGRATE_URI });
  expect([await stateOn(a, 'sleeper'), await stateOn(b, 'sleeper')]).toEqual(['off', 'paused']);
});

test('a migration that is cancelled in the middle leaves the guest running where it was, and nothing there', async () => {
  const domain = await start('returner');
  await untilBusy(domain);
  await libvirt.setMigrationDowntime(a, domain, 1);
  const abort = new AbortController();
  const seen: libvirt.DomainJob[] = [];
  const migration = libvirt.migrateDomain(a, b, domain, {
    migrateUri: MIGRATE_URI,
    mebibytesPerSecond: 1,
    signal: abort.signal,
    onProgress: (job) => {
      seen.push(job);
      if ((job.processedBytes ?? 0) > 0) abort.abort();
    },
  });
  await expect(migration).rejects.toMatchObject({
    kind: 'migration-failed',
    sourceProblem: undefined,
    // Mostly "operation aborted"; on a busy machine libvirt may see QEMU's stream end first and name that.
    cause: expect.any(libvirt.LibvirtError),
  });
  expect(seen.at(-1)).toMatchObject({ type: 'unbounded' });
  expect([await stateOn(a, 'returner'), await stateOn(b, 'returner')]).toEqual(['running', 'absent']);
  await libvirt.setMigrationDowntime(a, domain, 300);
  await libvirt.migrateDomain(a, b, domain, { migrateUri: MIGRATE_URI });
  expect(await stateOn(b, 'returner')).toBe('running');
});

test('a migration that takes longer than its deadline is cancelled', async () => {
  const domain = await start('slow');
  await untilBusy(domain);
  // So short that the busy guest's memory never fits into it.
  await libvirt.setMigrationDowntime(a, domain, 1);
  const options = { migrateUri: MIGRATE_URI, mebibytesPerSecond: 1, deadlineMs: 1500 };
  const migration = libvirt.migrateDomain(a, b, domain, options);
  await expect(migration).rejects.toMatchObject({ kind: 'migration-failed', cause: { kind: 'deadline' } });
  expect([await stateOn(a, 'slow'), await stateOn(b, 'slow')]).toEqual(['running', 'absent']);
});

test('a signal that was aborted before the start moves nothing', async () => {
  const domain = await start('never');
  const migration = libvirt.migrateDomain(a, b, domain, {
    migrateUri: MIGRATE_URI,
    signal: AbortSignal.abort(),
  });
  await expect(migration).rejects.toMatchObject({ kind: 'migration-failed', sourceProblem: undefined });
  expect([await stateOn(a, 'never'), await stateOn(b, 'never')]).toEqual(['running', 'absent']);
});

test('a memory stream that reaches nobody leaves the guest running where it was', async () => {
  const domain = await start('stray');
  const migration = libvirt.migrateDomain(a, b, domain, {
    migrateUri: 'tcp://127.0.0.1:1',
    listenAddress: '127.0.0.2',
  });
  await expect(migration).rejects.toMatchObject({ kind: 'migration-failed', sourceProblem: undefined });
  expect([await stateOn(a, 'stray'), await stateOn(b, 'stray')]).toEqual(['running', 'absent']);
});

test('a target that is lost during the transfer leaves the guest running where it was', async () => {
  const log = new EventLog<libvirt.DomainEvent>();
  const end = await libvirt.subscribeDomainEvents(b, ['lifecycle'], log.hear);
  const domain = await start('orphan');
  await untilBusy(domain);
  await libvirt.setMigrationDowntime(a, domain, 1);
  await using lost = await libvirt.connect({ socketPath: daemons[1]?.socketPath ?? '' });
  const migration = libvirt.migrateDomain(a, lost, domain, {
    migrateUri: MIGRATE_URI,
    mebibytesPerSecond: 1,
    onProgress: () => lost.destroy('the link to the target broke'),
  });
  await expect(migration).rejects.toMatchObject({ kind: 'migration-failed', sourceProblem: undefined });
  await log.waitFor((event) => event.kind === 'lifecycle' && event.event === 'stopped');
  expect([await stateOn(a, 'orphan'), await stateOn(b, 'orphan')]).toEqual(['running', 'absent']);
  await end();
});

test('a client that is lost during the transfer leaves the guest running where it was', async () => {
  const domain = await start('abandoned');
  await untilBusy(domain);
  await libvirt.setMigrationDowntime(a, domain, 1);
  await using lost = await libvirt.connect({ socketPath: daemons[0]?.socketPath ?? '' });
  const migration = libvirt.migrateDomain(lost, b, domain, {
    migrateUri: MIGRATE_URI,
    mebibytesPerSecond: 1,
    onProgress: () => lost.destroy('the client died'),
  });
  await expect(migration).rejects.toMatchObject({
    kind: 'migration-failed',
    sourceProblem: { kind: 'closed' },
  });
  expect([await stateOn(a, 'abandoned'), await stateOn(b, 'abandoned')]).toEqual(['running', 'absent']);
});

test('when the answer of the target to the last step is lost, the source waits until it is told', async () => {
  const domain = await start('undecided');
  await using target = await libvirt.connect({ socketPath: daemons[1]?.socketPath ?? '' });
  const finish = libvirt.procedures.domainMigrateFinish3Params;
  const call = target.call.bind(target);
  target.call = async (procedure, args, options) => {
    const result = await call(procedure, args, options);
    if (procedure.name === finish.name) throw new libvirt.ClosedError('the answer was lost', 'unknown');
    return result;
  };
  const error: unknown = await libvirt
    .migrateDomain(a, target, domain, { migrateUri: MIGRATE_URI })
    .catch((failure: unknown) => failure);
  expect(error).toBeInstanceOf(libvirt.MigrationUndecidedError);
  expect([await stateOn(a, 'undecided'), await stateOn(b, 'undecided')]).toEqual(['paused', 'running']);
  if (error instanceof libvirt.MigrationUndecidedError) await error.settle('target');
  expect([await stateOn(a, 'undecided'), await stateOn(b, 'undecided')]).toEqual(['off', 'running']);
});
