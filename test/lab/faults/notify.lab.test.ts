import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NotifyDraft } from '../../../agent/protocol/notify.ts';
import { waitForGuest } from '../guests.ts';
import { guestName, type GuestOptions } from '../guestXml.ts';
import { labAddress } from '../layout.ts';
import { waitFor } from '../run.ts';
import { openShop, type Shop } from './shop.ts';

/** A guest boot under emulation on a busy machine, T, and the time in which a story settles. */
const toldWithinMs = 180_000;
/** Longer than the turn that a host leaves to the one before it: a second message would have come. */
const noSecondWithinMs = 90_000;

interface Hook {
  readonly incident: string;
  readonly about: string;
  readonly host: string;
  readonly what: string;
  readonly now: string;
  readonly downSeconds: number | null;
  readonly vms: readonly string[];
}

const guest: GuestOptions = { number: 1 };
const folder = mkdtempSync(join(tmpdir(), 'understudy-notify-'));
const mails: string[] = [];
const hooks: Hook[] = [];
const servers: { close(): unknown }[] = [];
let shop: Shop;

const portOf = (server: Pick<Server, 'address'>): number => (server.address() as AddressInfo).port;

async function mailServer(): Promise<number> {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, _session, done) {
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', () => {
        mails.push(Buffer.concat(pieces).toString('utf8'));
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, labAddress, () => resolve()));
  servers.push(server);
  return portOf(server.server);
}

async function hookServer(): Promise<number> {
  const server = createServer((request, answer) => {
    let text = '';
    request.on('data', (piece: Buffer) => (text += piece.toString('utf8')));
    request.on('end', () => {
      hooks.push(JSON.parse(text) as Hook);
      answer.end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, labAddress, resolve));
  servers.push(server);
  return portOf(server);
}

/** A mail server that takes the connection and never says a word. */
async function deafServer(): Promise<number> {
  const server = createTcp(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, labAddress, resolve));
  servers.push(server);
  return portOf(server);
}

async function settings(mailPort: number): Promise<NotifyDraft> {
  const url = `http://${labAddress}:${await hookServer()}/in?key=verysecret`;
  return {
    tell: { failover: true, protection: false, links: false, weeklyOn: null },
    missingAfterMinutes: 15,
    metrics: { listen: 'loopback', port: 9477 },
    mail: {
      server: labAddress,
      port: mailPort,
      security: 'none',
      user: null,
      password: { kind: 'none' },
      from: 'understudy@shop.example',
      to: ['ada@shop.example'],
      ca: null,
    },
    webhooks: [
      {
        name: 'chat',
        form: 'generic',
        url: { kind: 'set', value: url },
        token: { kind: 'none' },
        chat: null,
        allowPrivate: true,
      },
    ],
    trap: null,
  };
}

async function set(draft: NotifyDraft): Promise<void> {
  const file = join(folder, 'notify.json');
  writeFileSync(file, JSON.stringify(draft), { mode: 0o600 });
  const answer = await shop.console('notify', 'set', file);
  expect(answer).toMatchObject({ ok: true });
}

beforeAll(async () => {
  shop = await openShop({ profile: 'swift' });
  const [first] = shop.hosts;
  if (first === undefined) throw new Error('The lab has no host.');
  await shop.protect(first, guest);
});
afterAll(async () => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
  await shop.close();
});

test('a power cut with the app closed: one mail and one webhook say what happened, why, and for how long', async () => {
  const draft = await settings(await mailServer());
  await set(draft);
  const tested = await shop.console('notify', 'test');
  expect(tested).toMatchObject({ ok: true });
  expect([mails.length, hooks.length]).toEqual([2, 2]);
  mails.length = 0;
  hooks.length = 0;

  await shop.untilProtected(guest);
  const active = await shop.activeHost(guest);
  const standby = shop.other(active);
  const before = await waitForGuest(guest.number);
  await active.off();
  await waitForGuest(guest.number, { host: standby.name, notBoot: before.boot, deadlineMs: 60_000 });
  await waitFor('both messages', toldWithinMs, () => mails.length > 0 && hooks.length > 0, 250);
  const [hook] = hooks;
  expect(hook).toMatchObject({ about: 'host', host: standby.name, vms: [guestName(guest)] });
  expect(hook?.incident).toMatch(new RegExp(`^${active.name}-e\\d+$`));
  expect(hook?.what).toContain('gave no sign of life');
  expect(hook?.downSeconds).toBeGreaterThan(5);
  expect(mails[0]).toContain(`${standby.name} took over 1 VM from ${active.name}`);
  expect(mails[0]).toContain('without service');

  await active.on();
  await active.waitForBoot();
  await shop.untilProtected(guest);
  const second = waitFor('a second message', noSecondWithinMs, () => mails.length + hooks.length > 2, 250);
  await expect(second).rejects.toThrow('in vain');
  expect([mails.length, hooks.length], `${mails.join('\n')}${JSON.stringify(hooks)}`).toEqual([1, 1]);
});

test('secrets stay in one file that only root reads; figures are there on loopback alone', async () => {
  for (const host of shop.hosts) {
    expect(await host.must('stat -c %a:%U /etc/understudy/notify.json')).toContain('600:root');
    const told = await host.must(
      'understudy notify status --json; understudy events --json --limit 1000; journalctl -u understudy-agent --no-pager; cat /proc/[0-9]*/cmdline',
    );
    expect(told).not.toContain('verysecret');
    const read = (address: string): string =>
      `/opt/understudy/current/node -e 'fetch("http://${address}:9477/metrics").then((r) => r.text()).then(console.log)'`;
    expect(await host.must(read('127.0.0.1'))).toContain('understudy_keeper_alive 1');
    expect((await host.run(read(host.address))).code).not.toBe(0);
  }
});

test('a mail server that hangs holds up neither the webhook nor the takeover', async () => {
  const draft = await settings(await deafServer());
  await set(draft);
  hooks.length = 0;
  await shop.untilProtected(guest);
  const active = await shop.activeHost(guest);
  const before = await waitForGuest(guest.number);
  await active.off();
  const standby = shop.other(active);
  await waitForGuest(guest.number, { host: standby.name, notBoot: before.boot, deadlineMs: 60_000 });
  await waitFor('the webhook', toldWithinMs, () => hooks.length > 0, 250);
  const status = await standby.must('understudy notify status');
  expect(status).toContain('mail');
  await active.on();
  await active.waitForBoot();
  await shop.untilProtected(guest);
});
