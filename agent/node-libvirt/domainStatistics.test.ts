import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect } from './connect.ts';
import type { Connection } from './connection.ts';
import { domainState, isActiveState } from './domainState.ts';
import { getDomainStatistics } from './domainStatistics.ts';
import { guestAgentCommand, qemuMonitorCommand } from './guest.ts';
import {
  connectGetAllDomainStats,
  qemuDomainAgentCommand,
  qemuDomainMonitorCommand,
} from './procedures.generated.ts';
import { FakeDaemon, writeDomain, writeParameter } from './testing/fakeDaemon.ts';

const domain = { name: 'vm', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 3 };

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

test('statistics are read by what is there, not by the counts beside it', async () => {
  const values: readonly (readonly [string, string | bigint])[] = [
    ['state.state', 3n],
    ['state.reason', 5n],
    ['block.count', 4_000_000_000n],
    ['block.0.name', 'vda'],
    ['block.0.rd.bytes', 1n << 60n],
    ['block.1.name', 'vdb'],
    ['net.count', 0n],
    ['net.0.name', 'vnet0'],
    ['net.0.tx.pkts', 17n],
  ];
  daemon.on(connectGetAllDomainStats, (message, client) =>
    client.reply(message, (writer) => {
      writer.uint32(1);
      writeDomain(writer, domain);
      writer.uint32(values.length);
      for (const [field, value] of values) writeParameter(writer, field, value);
    }),
  );
  const [statistics] = await getDomainStatistics(connection);
  expect(statistics).toMatchObject({
    state: { state: 'paused', reason: 'io-error' },
    cpuTimeNs: undefined,
    disks: [{ name: 'vda', readBytes: 2 ** 60, capacityBytes: undefined }, { name: 'vdb' }],
    interfaces: [{ name: 'vnet0', sentPackets: 17, sentBytes: 0 }],
  });
  expect(statistics?.values.get('block.0.rd.bytes')).toBe(1n << 60n);
});

test('states and reasons of a newer libvirt are unknown, and unknown counts as active', () => {
  expect(domainState(1, 1)).toEqual({ state: 'running', reason: 'booted' });
  expect(domainState(5, 2)).toEqual({ state: 'off', reason: 'destroyed' });
  expect(domainState(5, 77)).toEqual({ state: 'off', reason: 'unknown' });
  expect(domainState(77, 0)).toEqual({ state: 'unknown', reason: 'unknown' });
  expect((['running', 'paused', 'crashed', 'unknown', 'off'] as const).map(isActiveState)).toEqual([
    true,
    true,
    true,
    true,
    false,
  ]);
});

test('what a guest agent returns is given, and what is no answer is an error', async () => {
  const answers: (string | null)[] = ['{"return":{"version":"7"}}', null, '[', '7'];
  daemon.on(qemuDomainAgentCommand, (message, client) =>
    client.reply(message, (writer) =>
      writer.optional(answers.shift() ?? null, (inner, value) => inner.string(value, 64)),
    ),
  );
  const ask = () => guestAgentCommand(connection, domain, { execute: 'guest-info' });
  expect(await ask()).toEqual({ version: '7' });
  expect(await ask()).toBeNull();
  await expect(ask()).rejects.toMatchObject({ kind: 'protocol' });
  await expect(ask()).rejects.toMatchObject({ kind: 'protocol' });
});

test('what QEMU refuses is an error with its class', async () => {
  daemon.on(qemuDomainMonitorCommand, (message, client) =>
    client.reply(message, (writer) => writer.string('{"error":{"class":"GenericError","desc":"no"}}', 64)),
  );
  const refused = qemuMonitorCommand(connection, domain, { execute: 'quit' });
  await expect(refused).rejects.toMatchObject({ kind: 'qemu', errorClass: 'GenericError' });
});
