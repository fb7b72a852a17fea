import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { GroupConfig } from '../protocol/group.ts';
import type { NotifyBeat } from '../protocol/notify.ts';
import { type HeartbeatOptions, type Heartbeats, openHeartbeat } from './heartbeat.ts';

const groupId = '6f1c2a9e-0000-4000-8000-000000000001';
const groupKey = randomBytes(32);
const opened: Heartbeats[] = [];
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

async function config(): Promise<GroupConfig> {
  const host = async (slot: number) => ({
    slot,
    name: `host-${slot}`,
    hardwareId: `${slot}`.repeat(64),
    acceptSoftwareWatchdog: false,
    links: [{ link: 0, address: '127.0.0.1', port: await freePort() }],
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

function open(group: GroupConfig, self: number, more: Partial<HeartbeatOptions>): void {
  const facts = {
    // The longest that a host may be called, in the longest beat there is.
    hostName: 'h'.repeat(63),
    epoch: 3,
    phase: 'alive' as const,
    agentVersion: 'v'.repeat(40),
    configGeneration: 1,
    storeReachable: true,
  };
  const options = { groupKey, self, config: group, everyMs: 50, nowMs: () => performance.now() };
  const handlers = { onMessage: () => undefined, onLinkState: () => undefined };
  opened.push(openHeartbeat({ ...options, ...handlers, facts: () => facts, ...more }));
}

const said: NotifyBeat = {
  revision: '0000aaaa',
  claims: [
    { id: 'a'.repeat(16), done: false },
    { id: 'b'.repeat(16), done: true },
  ],
};

test('what a host says of telling people rides on its heartbeats; nothing is said where it has no settings', async () => {
  const group = await config();
  const heard: (NotifyBeat | null)[] = [];
  open(group, 0, { notify: () => said, onNotify: (_from, got) => heard.push(got) });
  const there: (NotifyBeat | null)[] = [];
  open(group, 1, { notify: () => null, onNotify: (_from, got) => there.push(got) });
  await expect.poll(() => [heard.at(-1), there.at(-1)]).toEqual([null, said]);
});

test('a sign of life goes out without it when there is no room', async () => {
  const group = await config();
  const endless = { ...said, claims: Array.from({ length: 50 }, () => ({ id: 'c'.repeat(16), done: true })) };
  const changes: string[] = [];
  open(group, 0, { notify: () => endless });
  open(group, 1, { onLinkState: ({ state }) => changes.push(state) });
  await expect.poll(() => changes.at(-1)).toBe('up');
});
