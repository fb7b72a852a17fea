import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { GroupConfig } from '../protocol/group.ts';
import type { KeeperNetMessage } from '../protocol/keeperLink.ts';
import { type Heartbeats, type LinkChange, openHeartbeat } from './heartbeat.ts';

const groupId = '6f1c2a9e-0000-4000-8000-000000000001';
const groupKey = randomBytes(32);
/** Short enough for quick tests, long enough that a busy machine is not taken for a silent one. */
const everyMs = 50;
const opened: { close(): void }[] = [];

afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address() as AddressInfo;
  socket.close();
  await once(socket, 'close');
  return port;
}

async function makeGroup(links: number): Promise<GroupConfig> {
  const host = async (slot: number) => ({
    slot,
    name: `host-${slot}`,
    hardwareId: `${slot}`.repeat(64),
    acceptSoftwareWatchdog: false,
    links: await Promise.all(
      Array.from({ length: links }, async (_, link) => ({
        link,
        address: '127.0.0.1',
        port: await freePort(),
      })),
    ),
  });
  return {
    groupId,
    groupName: 'test',
    areaId: groupId,
    generation: 1,
    profile: 'swift',
    disarmed: false,
    hosts: [await host(0), await host(1)],
    vms: [],
  };
}

/** A host's heartbeats, with a way to wait for what they bring. */
function open(config: GroupConfig, self: number, key: Uint8Array = groupKey) {
  const changes: LinkChange[] = [];
  const messages: KeeperNetMessage[] = [];
  const waiting: { done: () => boolean; resolve: () => void }[] = [];
  const check = (): void => {
    for (const one of waiting) if (one.done()) one.resolve();
  };
  const heartbeats: Heartbeats = openHeartbeat({
    groupKey: key,
    self,
    config,
    everyMs,
    nowMs: () => performance.now() + 1_000_000 * self,
    facts: () => ({
      hostName: `host-${self}`,
      epoch: 3,
      phase: 'alive',
      agentVersion: 'test',
      configGeneration: 1,
      storeReachable: true,
    }),
    onMessage: (_from, message) => {
      messages.push(message);
      check();
    },
    onLinkState: (change) => {
      changes.push(change);
      check();
    },
  });
  opened.push(heartbeats);
  const until = (done: () => boolean): Promise<void> =>
    done() ? Promise.resolve() : new Promise((resolve) => waiting.push({ done, resolve }));
  const isUp = (link: number) => () => changes.findLast((change) => change.link === link)?.state === 'up';
  return { heartbeats, changes, messages, until, isUp };
}

test('two hosts hear each other on every link and know what the other says of itself', async () => {
  const config = await makeGroup(2);
  const [a, b] = [open(config, 0), open(config, 1)];
  await Promise.all([0, 1].flatMap((link) => [a.until(a.isUp(link)), b.until(b.isUp(link))]));
  expect(a.heartbeats.links()).toMatchObject([
    { peer: 1, link: 0, state: 'up', rejected: 0 },
    { peer: 1, link: 1, state: 'up', rejected: 0 },
  ]);
  expect(b.heartbeats.peers()).toMatchObject([{ slot: 0, hostName: 'host-0', epoch: 3, phase: 'alive' }]);
});

test('a message of the keeper arrives without waiting for a beat', async () => {
  const config = await makeGroup(1);
  const [a, b] = [open(config, 0), open(config, 1)];
  await Promise.all([a.until(a.isUp(0)), b.until(b.isUp(0))]);
  const challenge: KeeperNetMessage = { kind: 'challenge', nonce: 42, epoch: 3 };
  a.heartbeats.send(1, challenge);
  await b.until(() => b.messages.length > 0);
  expect(b.messages[0]).toEqual(challenge);
});

test('a host whose partner stops is told so, and told again when it is back', async () => {
  const config = await makeGroup(1);
  const a = open(config, 0);
  const b = open(config, 1);
  await a.until(a.isUp(0));
  b.heartbeats.close();
  await a.until(() => a.changes.at(-1)?.state === 'down');
  open(config, 1);
  await a.until(a.isUp(0));
  expect(a.changes.map((change) => change.state)).toContain('down');
});

test('a link whose address is taken at first is used as soon as it is free', async () => {
  const config = await makeGroup(1);
  const squatter = createSocket('udp4');
  squatter.bind(config.hosts[0]?.links[0]?.port, '127.0.0.1');
  await once(squatter, 'listening');
  const [a, b] = [open(config, 0), open(config, 1)];
  await once(squatter, 'message');
  expect(a.heartbeats.unbound()).toMatchObject([{ link: 0, problem: 'EADDRINUSE' }]);
  squatter.close();
  await Promise.all([a.until(a.isUp(0)), b.until(b.isUp(0))]);
  expect(a.heartbeats.unbound()).toEqual([]);
});

test('a host with another group key is never heard, and that is told', async () => {
  const config = await makeGroup(1);
  const a = open(config, 0);
  open(config, 1, randomBytes(32));
  await a.until(() => a.changes.length > 0);
  expect(a.changes).toMatchObject([{ peer: 1, link: 0, state: 'forged' }]);
  expect(a.heartbeats.links()).toMatchObject([{ state: 'never' }]);
  expect(a.heartbeats.peers()).toEqual([]);
});

test('under a flood of garbage the real heartbeats still get through', async () => {
  const config = await makeGroup(1);
  const [a, b] = [open(config, 0), open(config, 1)];
  const attacker = createSocket('udp4');
  const port = config.hosts[0]?.links[0]?.port ?? 0;
  let flooding = true;
  const flood = (): void => {
    if (!flooding) return void attacker.close();
    for (let index = 0; index < 20; index += 1) attacker.send(randomBytes(200), port, '127.0.0.1');
    setImmediate(flood);
  };
  flood();
  await Promise.all([a.until(a.isUp(0)), b.until(b.isUp(0))]);
  a.changes.length = 0;
  a.heartbeats.send(1, { kind: 'challenge', nonce: 1, epoch: 3 });
  await b.until(() => b.messages.length > 0);
  b.heartbeats.send(0, { kind: 'answer', nonce: 1, cannotReachStore: true, epoch: 3 });
  await a.until(() => a.messages.length > 0);
  flooding = false;
  expect(a.messages).toHaveLength(1);
});

test('a host taken out of the group is not heard any more, and one put back is heard again', async () => {
  const config = await makeGroup(1);
  const [a, b] = [open(config, 0), open(config, 1)];
  await Promise.all([a.until(a.isUp(0)), b.until(b.isUp(0))]);
  const alone = { ...config, hosts: config.hosts.filter((host) => host.slot === 0) };
  a.heartbeats.configure(alone);
  expect(a.heartbeats.links()).toEqual([]);
  await b.until(() => b.changes.at(-1)?.state === 'down');
  a.heartbeats.configure(config);
  await b.until(b.isUp(0));
  expect(a.heartbeats.peers()).toMatchObject([{ slot: 1 }]);
});
