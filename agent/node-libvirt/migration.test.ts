import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect } from './connect.ts';
import type { Connection } from './connection.ts';
import { migrateDomain } from './migration.ts';
import { MigrationUndecidedError } from './migrationTypes.ts';
import * as procedures from './procedures.generated.ts';
import { type FakeClient, FakeDaemon, writeDomain } from './testing/fakeDaemon.ts';
import type { Message } from './framing.ts';
import type { XdrReader, XdrWriter } from './xdr.ts';

const domain = { name: 'vm', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 3 };

/** What each daemon was asked, in order: the step, the cookie it got, and for the last two whether it is a cancellation. */
let steps: string[];
let source: FakeDaemon;
let target: FakeDaemon;
let from: Connection;
let to: Connection;

const cookie = (writer: XdrWriter, text: string): void => writer.opaque(Buffer.from(text), 64);

const readParams = (body: XdrReader): Map<string, string> =>
  new Map(
    body.array(64, 12, (inner) => {
      const field = inner.string(64);
      const type = inner.int32();
      return [field, type === 7 ? inner.string(4096) : String(inner.uint64())] as const;
    }),
  );

const readDomain = (body: XdrReader): string => `${body.string(64)}${body.uuid()}${body.int32()}`;
const readCookie = (body: XdrReader): string => Buffer.from(body.opaque(64)).toString();

type Answer = (message: Message, client: FakeClient) => void;

/** Notes the step, then answers as libvirt does when all goes well. */
function script(overrides: { readonly [step: string]: Answer } = {}): void {
  const step = (
    daemon: FakeDaemon,
    name: string,
    procedure: { program: number; number: number },
    note: (body: XdrReader) => string,
    answer: Answer,
  ) =>
    daemon.on(procedure, (message, client) => {
      steps.push(`${name} ${note(message.body)}`.trim());
      (overrides[name] ?? answer)(message, client);
    });
  source.on(procedures.domainGetState, (message, client) =>
    client.reply(message, (writer) => {
      writer.int32(1);
      writer.int32(1);
    }),
  );
  step(
    source,
    'begin',
    procedures.domainMigrateBegin3Params,
    () => '',
    (message, client) =>
      client.reply(message, (writer) => {
        cookie(writer, 'c1');
        writer.string('<domain/>', 64);
      }),
  );
  step(
    target,
    'prepare',
    procedures.domainMigratePrepare3Params,
    (body) => {
      const params = readParams(body);
      return `${readCookie(body)} ${params.get('destination_xml')} ${params.get('migrate_uri')}`;
    },
    (message, client) =>
      client.reply(message, (writer) => {
        cookie(writer, 'c2');
        writer.optional('tcp://b:49152', (inner, value) => inner.string(value, 64));
      }),
  );
  step(
    source,
    'perform',
    procedures.domainMigratePerform3Params,
    (body) => {
      readDomain(body);
      body.optional((inner) => inner.string(64));
      const params = readParams(body);
      return `${readCookie(body)} ${params.get('migrate_uri')}`;
    },
    (message, client) => client.reply(message, (writer) => cookie(writer, 'c3')),
  );
  step(
    target,
    'finish',
    procedures.domainMigrateFinish3Params,
    (body) => {
      readParams(body);
      const got = readCookie(body);
      body.uint32();
      return `${got} ${body.int32()}`.trim();
    },
    (message, client) =>
      client.reply(message, (writer) => {
        writeDomain(writer, { ...domain, id: 9 });
        cookie(writer, 'c4');
      }),
  );
  step(
    source,
    'confirm',
    procedures.domainMigrateConfirm3Params,
    (body) => {
      readDomain(body);
      readParams(body);
      const got = readCookie(body);
      body.uint32();
      return `${got} ${body.int32()}`.trim();
    },
    (message, client) => client.reply(message),
  );
}

const refuse: Answer = (message, client) => client.refuse(message, 9, 'it does not work');

beforeEach(async () => {
  steps = [];
  [source, target] = await Promise.all([FakeDaemon.start(), FakeDaemon.start()]);
  from = await connect({ socketPath: source.socketPath, keepalive: null });
  to = await connect({ socketPath: target.socketPath, keepalive: null });
});

afterEach(async () => {
  from.destroy('the test is over');
  to.destroy('the test is over');
  await Promise.all([source.stop(), target.stop()]);
});

const migrate = () => migrateDomain(from, to, domain, { migrateUri: 'tcp://b' });

test('each step gets the cookie of the one before', async () => {
  script();
  expect(await migrate()).toEqual({ domain: { ...domain, id: 9 }, sourceProblem: undefined });
  expect(steps).toEqual([
    'begin',
    'prepare c1 <domain/> tcp://b',
    'perform c2 tcp://b:49152',
    'finish c3 0',
    'confirm c4 0',
  ]);
});

test('a source that refuses to begin is asked for nothing more', async () => {
  script({ begin: refuse });
  await expect(migrate()).rejects.toMatchObject({ kind: 'migration-failed', sourceProblem: undefined });
  expect(steps).toEqual(['begin']);
});

test('when the target can not prepare, the source goes on', async () => {
  script({ prepare: refuse });
  await expect(migrate()).rejects.toMatchObject({ kind: 'migration-failed', sourceProblem: undefined });
  expect(steps.slice(2)).toEqual(['confirm 1']);
});

test('when the transfer fails, the target is cancelled before the source goes on', async () => {
  script({ perform: refuse, finish: refuse });
  await expect(migrate()).rejects.toMatchObject({ kind: 'migration-failed', cause: { code: 9 } });
  expect(steps.slice(3)).toEqual(['finish 1', 'confirm 1']);
});

test('a source that knows of no migration after a failed transfer has no problem', async () => {
  script({
    perform: refuse,
    finish: refuse,
    confirm: (message, client) => client.refuse(message, 55, 'not migrating'),
  });
  await expect(migrate()).rejects.toMatchObject({ kind: 'migration-failed', sourceProblem: undefined });
});

test('a target that refuses to finish is believed only when it has no such process', async () => {
  script({ finish: refuse });
  target.on(procedures.domainLookupByUuid, (message, client) => client.refuse(message, 42, 'no domain'));
  await expect(migrate()).rejects.toMatchObject({ kind: 'migration-failed', sourceProblem: undefined });
  expect(steps.at(-1)).toBe('confirm 1');

  steps = [];
  target.on(procedures.domainLookupByUuid, (message, client) =>
    client.reply(message, (writer) => writeDomain(writer, domain)),
  );
  target.on(procedures.domainGetState, (message, client) =>
    client.reply(message, (writer) => {
      writer.int32(1);
      writer.int32(1);
    }),
  );
  await expect(migrate()).rejects.toBeInstanceOf(MigrationUndecidedError);
  expect(steps.at(-1)).toBe('finish c3 0');
});

test('a target that is lost in the last step leaves the source as it is until it is settled', async () => {
  script({ finish: (_message, client) => client.socket.destroy() });
  const error: unknown = await migrate().catch((failure: unknown) => failure);
  if (!(error instanceof MigrationUndecidedError))
    throw new Error('it should be undecided', { cause: error });
  expect(steps.at(-1)).toBe('finish c3 0');
  await error.settle('source');
  expect(steps.at(-1)).toBe('confirm 1');
});

test('a migration that was settled on the target is confirmed there', async () => {
  script({ finish: (_message, client) => client.socket.destroy() });
  const error: unknown = await migrate().catch((failure: unknown) => failure);
  if (!(error instanceof MigrationUndecidedError))
    throw new Error('it should be undecided', { cause: error });
  await error.settle('target');
  expect(steps.at(-1)).toBe('confirm 0');
});

test('a source that can not be told of the success does not undo it', async () => {
  script({ confirm: refuse });
  expect(await migrate()).toMatchObject({ domain: { id: 9 }, sourceProblem: { code: 9 } });
});
