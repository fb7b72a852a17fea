import { existsSync, mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { sampleStatus } from '../control/testing/sampleStatus.ts';
import type { EngineEvent } from '../core/engine/types.ts';
import type { Message } from '../core/notify/types.ts';
import type { LogEvent } from '../protocol/event.ts';
import type { Failure } from '../protocol/failure.ts';
import { NotifyDesk, type NotifyDeskOptions } from './desk.ts';
import { draft } from './testing/samples.ts';

let now = 0;
let told: EngineEvent[] = [];
let sent: { channel: string; message: Message }[] = [];
let answer: Failure | null = null;
let folder = '';

beforeEach(() => {
  [now, told, sent, answer] = [0, [], [], null];
  folder = mkdtempSync(join(tmpdir(), 'understudy-desk-'));
});

const look = { group: 'Shop', others: [], hostsAlive: 2, hosts: 2, vms: [] };
function desk(more: Partial<NotifyDeskOptions> = {}): NotifyDesk {
  const made = new NotifyDesk({
    slot: 1,
    hostName: 'beta',
    engineId: 'e',
    settingsPath: join(folder, 'notify.json'),
    memoryPath: join(folder, 'memory.json'),
    nowMs: () => now,
    wallMs: () => 1_800_000_000_000 + now,
    tell: (event) => told.push(event),
    status: () => sampleStatus,
    look: () => look,
    send: (channel, _settings, message) => {
      if (answer === null) sent.push({ channel, message });
      return Promise.resolve(answer);
    },
    ...more,
  });
  made.start();
  return made;
}

const alarm: LogEvent = {
  seq: 1,
  bootId: sampleStatus.self.bootId,
  atBootMs: 0,
  wallTime: '2026-11-30T14:00:00Z',
  host: 'beta',
  code: 'keeper.passive',
  level: 'alarm',
  text: 'The keeper does nothing any more.',
};

async function run(one: NotifyDesk, ms: number): Promise<void> {
  for (const endMs = now + ms; now < endMs; ) {
    now += 1000;
    one.look();
    await Promise.resolve();
  }
}

test('nobody is told before there are settings; with them an alarm goes out on each channel, once', async () => {
  const beta = desk();
  expect(beta.beat()).toBeNull();
  await beta.set('0000aaaa', draft);
  expect(statSync(join(folder, 'notify.json')).mode & 0o777).toBe(0o600);
  expect(beta.beat()).toEqual({ revision: '0000aaaa', claims: [] });
  await run(beta, 20_000);
  beta.heard(alarm);
  await run(beta, 60_000);
  expect(sent.map(({ channel }) => channel)).toEqual(['mail', 'webhook:chat']);
  expect(told.map(({ code }) => code)).toEqual(['notify.settings-changed', 'notify.told', 'notify.told']);
  expect(beta.show().channels).toMatchObject([{ channel: 'mail', waiting: 0, failure: null }, {}]);
});

test('settings are there again after a restart of the agent, and nothing shows their secrets', async () => {
  await desk().set('0000aaaa', draft);
  const again = desk();
  expect(again.show().settings).toMatchObject({ revision: '0000aaaa', mail: { password: true } });
  expect(JSON.stringify([again.show(), told, again.beat()])).not.toMatch(/open sesame|abcdef/);
});

test('settings that are refused change nothing; none at all end it', async () => {
  const beta = desk();
  await beta.set('0000aaaa', draft);
  const wrong = { ...draft, mail: draft.mail && { ...draft.mail, security: 'none' as const } };
  await expect(beta.set('0000bbbb', wrong)).rejects.toMatchObject({ failure: { field: 'mail.security' } });
  expect(beta.show().settings?.revision).toBe('0000aaaa');
  await beta.set('0000cccc', null);
  expect(beta.show().settings).toBeNull();
  expect(existsSync(join(folder, 'notify.json'))).toBe(false);
});

test('settings that are sent at once are taken over one after the other, and not without end', async () => {
  const beta = desk();
  const sets = ['0000aaa1', '0000aaa2', '0000aaa3', '0000aaa4', '0000aaa5'].map((revision) =>
    beta.set(revision, draft),
  );
  const [last, ...first] = (await Promise.allSettled(sets)).toReversed();
  expect(first.map(({ status }) => status)).toEqual(first.map(() => 'fulfilled'));
  expect(last).toMatchObject({ reason: { failure: { code: 'notify.busy' } } });
  expect(beta.show().settings?.revision).toBe('0000aaa4');
  expect(desk().show().settings?.revision).toBe('0000aaa4');
  await beta.set('0000aaa6', null);
  expect(existsSync(join(folder, 'notify.json'))).toBe(false);
});

test('a place that can not be written is said, and the old settings stay', async () => {
  const beta = desk({ settingsPath: join(folder, 'no', 'such', 'folder.json') });
  await expect(beta.set('0000aaaa', draft)).rejects.toMatchObject({ failure: { code: 'notify.not-saved' } });
  expect(beta.show().settings).toBeNull();
});

test('a test goes out on one channel or all, and says how each went', async () => {
  const beta = desk();
  await expect(beta.test(null)).rejects.toMatchObject({ failure: { code: 'notify.not-set' } });
  await beta.set('0000aaaa', draft);
  expect(await beta.test('mail')).toEqual([{ channel: 'mail', failure: null, tookMs: 0 }]);
  expect(sent[0]?.message).toMatchObject({ about: 'test', title: 'Test message from beta' });
  answer = { code: 'notify.unreachable', message: 'No.' };
  expect((await beta.test(null)).map(({ failure }) => failure?.code)).toEqual([
    'notify.unreachable',
    'notify.unreachable',
  ]);
  await expect(beta.test('trap')).rejects.toMatchObject({ failure: { code: 'notify.unknown-channel' } });
});

test('a hung receiver holds up no other channel, and one attempt is under way at a time', async () => {
  let hanging = 0;
  const beta = desk({
    send: (channel, _settings, message) => {
      if (channel !== 'mail') {
        sent.push({ channel, message });
        return Promise.resolve(null);
      }
      hanging += 1;
      return new Promise(() => undefined);
    },
  });
  await beta.set('0000aaaa', draft);
  await run(beta, 20_000);
  beta.heard(alarm);
  await run(beta, 60_000);
  for (let index = 0; index < 20; index += 1) beta.heard({ ...alarm, code: `test.alarm-${index}` });
  await run(beta, 60_000);
  expect(sent).toHaveLength(21);
  // The second after the core has given the first one up.
  expect(hanging).toBe(2);
});

test('other hosts that go by other settings are shown', async () => {
  const beta = desk();
  await beta.set('0000aaaa', draft);
  const others = () => beta.show().peers.map(({ revision }) => revision);
  expect(others()).toEqual(others().map(() => null));
  const slot = sampleStatus.group?.hosts.find((host) => host.slot !== 1)?.slot ?? 0;
  beta.heardBeat(slot, { revision: '0000bbbb', claims: [] });
  expect(others()).toContain('0000bbbb');
  beta.heardBeat(slot, null);
  expect(others()).not.toContain('0000bbbb');
});
