import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
  openSync,
  writeSync,
  closeSync,
  symlinkSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { createSocket } from 'node:dgram';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AREA_BYTES, CONFIG_BLOCKS, areaHeaderBlocks, configBlock, decodeConfigBlock } from '../core/area.ts';
import { crc32c } from '../core/crc32c.ts';
import { BLOCK_BYTES } from '../core/record.ts';
import { LAYOUT_VERSION } from '../protocol/store.ts';
import { bridge } from './bridge.ts';
import { netProbe } from './netProbe.ts';
import { storeProbe } from './storeProbe.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-probe-'));
  path = join(folder, 'area');
});
afterEach(() => rmSync(folder, { recursive: true }));

async function* stdin(value: unknown): AsyncIterable<Uint8Array> {
  yield Buffer.from(JSON.stringify(value));
}

async function probe(request: unknown): Promise<Record<string, unknown>> {
  const lines: string[] = [];
  expect(await storeProbe(stdin(request), (line) => lines.push(line))).toBe(0);
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '') as Record<string, unknown>;
}

const groupId = '11111111-1111-4111-8111-111111111111';
const areaId = '22222222-2222-4222-8222-222222222222';
const header = { areaId, groupId, blockBytes: 4096, hostSlots: 8, tokenSlots: 64 } as const;
const config = {
  groupId,
  groupName: 'office',
  areaId,
  generation: 1,
  profile: 'steady' as const,
  disarmed: false,
  hosts: [
    {
      slot: 0,
      name: 'a',
      hardwareId: 'a'.repeat(64),
      links: [{ link: 0, address: '192.0.2.1', port: 7677 }],
      acceptSoftwareWatchdog: false,
    },
  ],
  vms: [],
};
const area = { kind: 'area', header, config };
const format = { action: 'format', path, header, config };

test('a placed nonce is found by a look, and only with direct I/O past a warm cache', async () => {
  const nonce = 'ab'.repeat(16);
  expect(await probe({ action: 'place', path, nonce, create: true })).toMatchObject({ ok: true });
  expect(await probe({ action: 'look', path, warm: true })).toEqual({ ok: true, nonce, absent: false });
  const next = 'cd'.repeat(16);
  await probe({ action: 'place', path, nonce: next, create: false });
  expect(await probe({ action: 'look', path, warm: false })).toMatchObject({ nonce: next });
  expect(await probe({ action: 'place', path, nonce, create: true })).toMatchObject({
    ok: false,
    errno: 'EEXIST',
  });
  expect(await probe({ action: 'remove', path })).toMatchObject({ removed: true });
  expect(await probe({ action: 'look', path, warm: false })).toMatchObject({ nonce: null, absent: true });
});

test('a proof left on a device is wiped, and only a proof', async () => {
  writeFileSync(path, Buffer.alloc(AREA_BYTES));
  await probe({ action: 'place', path, nonce: 'ab'.repeat(16), create: false });
  expect(await probe({ action: 'inspect', path })).toMatchObject({ area: { kind: 'blank' } });
  expect(await probe({ action: 'wipe', path })).toMatchObject({ wiped: true });
  expect(await probe({ action: 'wipe', path })).toMatchObject({ wiped: false });
  expect(readFileSync(path).equals(Buffer.alloc(AREA_BYTES))).toBe(true);
});

test('a link on the store is not followed', async () => {
  const target = join(folder, 'target');
  writeFileSync(target, 'precious');
  symlinkSync(target, path);
  expect(await probe({ action: 'place', path, nonce: 'ab'.repeat(16), create: false })).toMatchObject({
    errno: 'ELOOP',
  });
  expect(await probe({ ...format, path })).toMatchObject({ ok: false });
  expect(readFileSync(target, 'utf8')).toBe('precious');
});

test('latency is measured write by write and leaves nothing behind', async () => {
  const answer = await probe({ action: 'latency', path, writes: 20, limitMs: 10_000 });
  expect(answer['timesMs']).toHaveLength(20);
  expect(readdirSync(folder)).toEqual([]);
});

test('an absent place becomes an area with its first configuration decided', async () => {
  expect(await probe({ action: 'inspect', path })).toMatchObject({ area: { kind: 'absent' } });
  expect(await probe({ ...format, path })).toEqual({
    ok: true,
    formatted: true,
    area,
  });
  const bytes = readFileSync(path);
  expect(bytes.length).toBe(AREA_BYTES);
  const from = configBlock(0, 0) * BLOCK_BYTES;
  const block = decodeConfigBlock(bytes.subarray(from, from + CONFIG_BLOCKS * BLOCK_BYTES), areaId, 0);
  expect(block).toMatchObject({ kind: 'record', value: { decided: config, writeSeq: 1 } });
});

test('an area is never formatted again, whoever it belongs to', async () => {
  await probe({ ...format, path });
  const before = readFileSync(path);
  const otherGroup = '33333333-3333-4333-8333-333333333333';
  const other = { ...header, groupId: otherGroup };
  const refused = await probe({ ...format, path, header: other, config: { ...config, groupId: otherGroup } });
  expect(refused).toMatchObject({ ok: true, formatted: false, area: { kind: 'area', header } });
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('a newer layout, foreign data and a damaged header are told apart and left alone', async () => {
  const blocks = Buffer.from(areaHeaderBlocks(header));
  blocks.writeUInt16BE(LAYOUT_VERSION + 1, 4);
  // A newer writer's record is whole: its checksum covers the version.
  const payloadEnd = 16 + blocks.readUInt32BE(8);
  blocks.writeUInt32BE(crc32c(blocks, 16, payloadEnd, crc32c(blocks, 0, 12)), 12);
  writeFileSync(path, Buffer.concat([blocks.subarray(0, 4096), Buffer.alloc(4096)]));
  expect(await probe({ ...format, path })).toMatchObject({
    formatted: false,
    area: { kind: 'newer', version: 2 },
  });
  writeFileSync(path, Buffer.alloc(8192, 'x'));
  expect(await probe({ ...format, path })).toMatchObject({ formatted: false, area: { kind: 'foreign' } });
  const late = Buffer.alloc(AREA_BYTES);
  late[AREA_BYTES - 1] = 1;
  writeFileSync(path, late);
  expect(await probe({ ...format, path })).toMatchObject({ formatted: false, area: { kind: 'foreign' } });
  const damaged = Buffer.from(areaHeaderBlocks(header));
  damaged[100] = 0xff;
  damaged[4196] = 0xff;
  writeFileSync(path, damaged);
  expect(await probe({ ...format, path })).toMatchObject({
    area: { why: expect.stringContaining('damaged') },
  });
});

test('one good header of two is enough to know the area', async () => {
  await probe({ ...format, path });
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, Buffer.alloc(4096, 'torn'), 0, 4096, 0);
  closeSync(descriptor);
  expect(await probe({ action: 'inspect', path })).toMatchObject({ area: { kind: 'area', header } });
});

test('a formatting that was cut anywhere before the header can be done again', async () => {
  await probe({ ...format, path });
  const whole = readFileSync(path);
  whole.fill(0, 0, 8192);
  writeFileSync(path, whole);
  expect(await probe({ action: 'inspect', path })).toMatchObject({ area: { kind: 'blank', begun: true } });
  expect(await probe({ ...format, path })).toMatchObject({ formatted: true });
  writeFileSync(path, '');
  truncateSync(path, 3 * 1_048_576);
  expect(await probe({ ...format, path })).toMatchObject({ formatted: true });
});

test('a malformed request is an answer, not a crash', async () => {
  expect(await probe({ action: 'explode' })).toMatchObject({ ok: false });
  expect(await probe({ action: 'look', path: 'relative', warm: false })).toMatchObject({ ok: false });
});

test('datagrams are answered over loopback, and silence is told as silence', async () => {
  const free = createSocket('udp4');
  await new Promise<void>((resolve) => free.bind(0, '127.0.0.1', resolve));
  const { port } = free.address();
  await new Promise<void>((resolve) => free.close(resolve));
  const run = async (request: unknown): Promise<Record<string, unknown>> => {
    const lines: string[] = [];
    await netProbe(stdin(request), (line) => lines.push(line));
    return JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  };
  const common = { address: '127.0.0.1', port, nonce: 'ab'.repeat(16), limitMs: 10_000 };
  const both = [run({ action: 'listen', ...common }), run({ action: 'send', ...common })];
  expect(await Promise.all(both)).toMatchObject([
    { heard: true },
    { heard: true, roundTripMs: expect.any(Number) },
  ]);
  expect(await run({ action: 'send', ...common, limitMs: 100 })).toMatchObject({ ok: true, heard: false });
});

test('the bridge carries bytes both ways and ends with the agent', async () => {
  const socketPath = join(folder, 'agent.sock');
  const server = createServer((socket) => {
    socket.once('data', (data) => socket.end(`got ${data.toString()}`));
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const input = new PassThrough();
  const output = new PassThrough();
  const ended = bridge(socketPath, input, output);
  input.write('hello');
  expect(await ended).toBe(0);
  expect(String(output.read())).toBe('got hello');
  await new Promise<void>((resolve) => server.close(() => resolve()));
  expect(await bridge(socketPath, new PassThrough(), new PassThrough())).toBe(69);
});
