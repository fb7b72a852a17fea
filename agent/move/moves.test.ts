import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AdminCommand, CommandReply } from '../core/engine/types.ts';
import { benchConfig } from '../core/keeper/testing/fixtures.ts';
import {
  HypervisorError,
  type LiveMover,
  type PreflightOrder,
  type ReceiveOrder,
} from '../hypervisor/hypervisor.ts';
import { type Failure, FailureError } from '../protocol/failure.ts';
import type { GroupConfig } from '../protocol/group.ts';
import { Moves, type MovesOptions } from './moves.ts';
import { connectLink } from './secureLink.ts';

const VM = 'aaaaaaaa-0000-4000-8000-000000000001';
const action = {
  kind: 'migrate',
  vm: VM,
  to: 1,
  generation: 5,
  digest: 'd'.repeat(64),
  mebibytesPerSecond: null,
} as const;
const key = new Uint8Array(32).fill(7);
const memory = Buffer.alloc(3_000_000, 'm');

let config: GroupConfig;
let target: Moves;
let source: Moves;
let commands: AdminCommand[];
let welcome: CommandReply;
let orders: ReceiveOrder[];
let received: Buffer[];
let checked: PreflightOrder[];
let leaving: readonly Failure[];
let arriving: readonly Failure[];
let qemu: Server;
const copyDisks = vi.fn<MovesOptions['copyDisks']>();
const cancelled = vi.fn(() => Promise.resolve());

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A hypervisor that sends and receives bytes, as QEMU would. */
function mover(): LiveMover {
  return {
    async send(_vm, side, { signal }) {
      const { cookie, memoryPort } = await side.prepare({ xml: '<domain/>', cookie: Buffer.from('begin') });
      expect(Buffer.from(cookie).toString()).toBe('prepared');
      const socket = connect(memoryPort, '127.0.0.1');
      socket.end(memory);
      await once(socket, 'close', { signal });
      expect(Buffer.from(await side.finish(Buffer.from('sent'))).toString()).toBe('finished');
    },
    departure: () => Promise.resolve({ xml: '<domain/>', hostCpu: null, against: leaving }),
    arrival(order) {
      checked.push(order);
      return Promise.resolve(arriving);
    },
    receive(order) {
      orders.push(order);
      return Promise.resolve({
        cookie: Buffer.from('prepared'),
        memoryPort: (qemu.address() as AddressInfo).port,
        finish: () => Promise.resolve(Buffer.from('finished')),
        cancel: cancelled,
      });
    },
  };
}

const open = (slot: number, with_: LiveMover | null = mover(), groupKey = key): Moves =>
  new Moves({
    slot,
    readKey: () => groupKey,
    mover: with_,
    command: (command) => {
      commands.push(command);
      return Promise.resolve(welcome);
    },
    copyDisks,
  });

beforeEach(async () => {
  [commands, orders, received, checked, leaving, arriving] = [[], [], [], [], [], []];
  cancelled.mockClear();
  welcome = { kind: 'text', text: 'It is ready.' };
  qemu = createServer((socket) => {
    socket.on('data', (chunk) => received.push(chunk));
    socket.on('end', () => socket.end());
  }).listen(0, '127.0.0.1');
  await once(qemu, 'listening');
  const port = await freePort();
  const base = benchConfig();
  config = {
    ...base,
    hosts: base.hosts.map((host) => ({
      ...host,
      links: [{ link: 0, address: host.slot === 1 ? '127.0.0.1' : '127.0.0.2', port }],
    })),
  };
  target = open(1);
  source = open(0);
  target.configure(config);
  source.configure(config);
});
afterEach(() => {
  target.close();
  source.close();
  qemu.close();
});

test('the other host is asked, and the memory arrives there whole', async () => {
  await source.migrate(action);
  expect(commands).toEqual([{ kind: 'receive', vm: VM, from: 0, generation: 5, digest: action.digest }]);
  expect(orders).toMatchObject([{ vm: VM, generation: 5, xml: '<domain/>' }]);
  expect(Buffer.concat(received).equals(memory)).toBe(true);
  expect(cancelled).not.toHaveBeenCalled();
});

test("the other host's refusal is the reason why the guest stays, and nothing is begun there", async () => {
  welcome = { kind: 'failure', failure: { code: 'vm.no-memory-there', message: 'It is full.' } };
  await expect(source.migrate(action)).rejects.toMatchObject({ failure: { code: 'vm.no-memory-there' } });
  expect(orders).toEqual([]);
});

test('a move that ends before it is complete is taken back on the other host', async () => {
  const failure = { code: 'vm.live-broke-off', message: 'The guest is gone.' };
  source.close();
  source = open(0, {
    ...mover(),
    async send(_vm, side) {
      await side.prepare({ xml: '<domain/>', cookie: Buffer.alloc(0) });
      throw new HypervisorError(failure, true);
    },
  });
  source.configure(config);
  await expect(source.migrate(action)).rejects.toMatchObject({ failure });
  await vi.waitFor(() => expect(cancelled).toHaveBeenCalledOnce());
  expect(commands.at(-1)).toEqual({ kind: 'receiveEnd', vm: VM, generation: 5 });
});

test('another host copies disks for a drill, and its refusal is told', async () => {
  const copied = { disks: [{ target: 'vda', path: '/srv/store/drills/vda.qcow2' }], bytes: 7 };
  copyDisks.mockResolvedValueOnce(copied);
  const { signal } = new AbortController();
  expect(await source.copyDisks(1, VM, VM, signal)).toEqual(copied);
  expect(copyDisks.mock.lastCall?.[0]).toMatchObject({ vm: VM, drill: VM, from: 0 });
  const failure = { code: 'drill.no-room', message: 'It is full.' };
  copyDisks.mockRejectedValueOnce(new FailureError(failure));
  await expect(source.copyDisks(1, VM, VM, signal)).rejects.toMatchObject({ failure });
});

test('can be cancelled', async () => {
  source.close();
  source = open(0, {
    ...mover(),
    async send(_vm, side, { signal }) {
      await side.prepare({ xml: '<domain/>', cookie: Buffer.alloc(0) });
      source.cancel(VM);
      signal.throwIfAborted();
    },
  });
  source.configure(config);
  await expect(source.migrate(action)).rejects.toMatchObject({ failure: { code: 'move.failed' } });
  await vi.waitFor(() => expect(cancelled).toHaveBeenCalledOnce());
});

test('says how far it is while it is under way, and keeps to the limit', async () => {
  const seen: unknown[] = [];
  const progress = {
    percent: 50,
    sentBytes: 5,
    leftBytes: 5,
    elapsedMs: 1000,
    bytesPerSecond: 5,
    dirtyBytesPerSecond: null,
    slowedPercent: 0,
  };
  source.close();
  source = open(0, {
    ...mover(),
    send(vm, side, options) {
      seen.push(source.progress(vm), options.mebibytesPerSecond);
      options.onProgress(progress);
      seen.push(source.progress(vm));
      return mover().send(vm, side, options);
    },
  });
  source.configure(config);
  await source.migrate({ ...action, mebibytesPerSecond: 40 });
  expect(seen).toEqual([null, 40, progress]);
  expect(source.progress(VM)).toBeNull();
});

test('what would stop it is named before anything is begun, by both hosts', async () => {
  leaving = [{ code: 'vm.local-medium', message: 'Its CD is local.' }];
  arriving = [{ code: 'vm.cpu-not-there', message: 'The processor is older.' }];
  await expect(source.check(VM, 1)).resolves.toEqual([...leaving, ...arriving]);
  const hostName = config.hosts.find(({ slot }) => slot === 1)?.name;
  expect(checked).toEqual([{ xml: '<domain/>', hostCpu: null, hostName }]);
  leaving = [];
  await expect(source.migrate(action)).rejects.toMatchObject({ failure: { code: 'vm.cpu-not-there' } });
  expect([commands, orders]).toEqual([[], []]);
});

test('a host with another key gets no further than the handshake', async () => {
  const stranger = open(0, mover(), new Uint8Array(32).fill(8));
  stranger.configure(config);
  await expect(stranger.migrate(action)).rejects.toMatchObject({ failure: { code: 'move.no-link' } });
  expect(commands).toEqual([]);
  stranger.close();
});

test('nobody gets in without a key at all, and nothing is said in the clear', async () => {
  const { address, port } = config.hosts[1]?.links[0] ?? { address: '', port: 0 };
  const plain = connectTls({ host: address, port, rejectUnauthorized: false });
  const [error] = (await once(plain, 'error').catch((reason: unknown) => [reason])) as [Error];
  expect(error).toBeInstanceOf(Error);
  const raw = connect(port, address);
  raw.write('{"kind":"ask"}\n');
  let heard = '';
  raw.on('data', (chunk) => (heard += chunk.toString('latin1')));
  raw.on('error', () => {});
  await once(raw, 'close');
  expect(heard).not.toContain('ok');
  expect(commands).toEqual([]);
});

const link = () => {
  const at = config.hosts[1]?.links[0] ?? { address: '', port: 0 };
  return connectLink({ groupKey: key, groupId: config.groupId, self: 0 }, 1, at);
};

test.each([
  ['prepare before ask', '{"kind":"prepare","xml":"<domain/>","cookie":""}'],
  ['finish before ask', '{"kind":"finish","cookie":""}'],
  ['what is no request', '{"kind":"destroy","vm":"all"}'],
  ['what is no JSON', 'GET / HTTP/1.1'],
  ['a cookie that is no base64', '{"kind":"finish","cookie":"<>"}'],
])('refuses %s, and begins nothing', async (_, line) => {
  const socket = await link();
  socket.write(`${line}\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(JSON.parse(answer.toString())).toMatchObject({ ok: false, failure: { code: 'move.out-of-order' } });
  expect([commands, orders]).toEqual([[], []]);
  socket.destroy();
});

test('memory without its ticket is not taken', async () => {
  const socket = await link();
  socket.write(`${JSON.stringify({ kind: 'memory', ticket: 'a'.repeat(32) })}\n`);
  await once(socket, 'close');
  expect(received).toEqual([]);
});

test('a hypervisor that moves nothing says so', async () => {
  const demo = open(0, null);
  demo.configure(config);
  await expect(demo.migrate(action)).rejects.toMatchObject({ failure: { code: 'vm.not-movable' } });
});
