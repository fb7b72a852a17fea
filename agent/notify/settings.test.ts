import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NotifyDraft } from '../protocol/notify.ts';
import { loadSettings, NotifyMemoryFile, saveSettings } from './files.ts';
import { settingsFrom, viewOf } from './settings.ts';
import { draft, message } from './testing/samples.ts';

const stamp = { revision: '0000aaaa', savedAtWallMs: 1 };
const made = settingsFrom(draft, null, stamp);
const folder = (): string => mkdtempSync(join(tmpdir(), 'understudy-notify-'));
const refusal = (given: NotifyDraft, before = made as typeof made | null) => {
  try {
    settingsFrom(given, before, stamp);
    return null;
  } catch (fault) {
    return (fault as { failure: { code: string; field?: string } }).failure;
  }
};

describe('secrets', () => {
  const text = (value: unknown): string => JSON.stringify(value);

  test('go in and never come out: only that they are there is told', () => {
    expect(text(made)).toContain('open sesame');
    expect(text(viewOf(made))).not.toMatch(/open sesame|hooks\.example/);
    expect(viewOf(made)).toMatchObject({ mail: { password: true }, webhooks: [{ url: true, token: false }] });
  });

  test('that are kept stay as they were', () => {
    const [webhook] = draft.webhooks;
    if (webhook === undefined || draft.mail === null) throw new Error('The sample has both.');
    const keep = { kind: 'keep' } as const;
    const again = {
      ...draft,
      mail: { ...draft.mail, to: ['bob@shop.example'], password: keep },
      webhooks: [{ ...webhook, url: keep }],
    };
    const next = settingsFrom(again, made, stamp);
    expect(next.mail?.password).toBe('open sesame');
    expect(next.webhooks[0]?.url).toBe(made.webhooks[0]?.url);
    expect(refusal(again, null)).toMatchObject({ code: 'notify.no-secret', field: 'mail.password' });
  });

  test('can not be had by naming another receiver that collects them', () => {
    const keep = { kind: 'keep' } as const;
    if (draft.mail === null) throw new Error('The sample has mail.');
    const elsewhere = { ...draft, mail: { ...draft.mail, server: 'thief.example', password: keep } };
    expect(refusal(elsewhere)).toMatchObject({ field: 'mail.password' });
    const [webhook] = draft.webhooks;
    if (webhook === undefined) throw new Error('The sample has a webhook.');
    const set = (value: string) => ({ kind: 'set', value }) as const;
    const withToken = { ...draft, webhooks: [{ ...webhook, token: set('T') }] };
    const before = settingsFrom(withToken, null, stamp);
    const moved = { ...draft, webhooks: [{ ...webhook, url: set('https://thief.example/'), token: keep }] };
    expect(refusal(moved, before)).toMatchObject({ field: 'webhooks.0.token' });
  });

  test('can not be had from a webhook behind one whose address stays', () => {
    const [webhook] = draft.webhooks;
    if (webhook === undefined) throw new Error('The sample has a webhook.');
    const keep = { kind: 'keep' } as const;
    const none = { kind: 'none' } as const;
    const set = (value: string) => ({ kind: 'set', value }) as const;
    const bot = { ...webhook, name: 'bot', form: 'telegram' as const, url: none, chat: '-100' };
    const second = { ...webhook, name: 'second' };
    const withTokens = { ...draft, webhooks: [bot, second].map((one) => ({ ...one, token: set('T') })) };
    const before = settingsFrom(withTokens, null, stamp);
    const moved = (url: typeof keep | ReturnType<typeof set>) => ({
      ...draft,
      webhooks: [
        { ...bot, token: keep },
        { ...second, url, token: keep },
      ],
    });
    expect(refusal(moved(keep), before)).toBeNull();
    expect(refusal(moved(set('https://thief.example/')), before)).toMatchObject({
      field: 'webhooks.1.token',
    });
  });

  test.each([
    ['other security', { security: 'tls' as const }],
    ['certificates of somebody else', { ca: '-----BEGIN CERTIFICATE-----\nMIIB' }],
  ])('can not be had for mail by %s', (_what, more) => {
    if (draft.mail === null) throw new Error('The sample has mail.');
    const mail = { ...draft.mail, ...more, password: { kind: 'keep' } as const };
    expect(refusal({ ...draft, mail })).toMatchObject({ field: 'mail.password' });
  });

  test('lie in one file that only root may read, whole or not at all', async () => {
    const path = join(folder(), 'notify.json');
    expect(loadSettings(path)).toBeNull();
    await saveSettings(path, made);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(loadSettings(path)).toEqual(made);
    await saveSettings(path, null);
    expect(loadSettings(path)).toBeNull();
  });

  test('are not quoted when their file is damaged', () => {
    const path = join(folder(), 'notify.json');
    writeFileSync(path, JSON.stringify({ ...made, missingAfterMinutes: 'open sesame' }));
    expect(() => loadSettings(path)).toThrow(/^it is not valid at "missingAfterMinutes"$/);
  });
});

describe('what could never carry anything is refused with the field', () => {
  const [webhook] = draft.webhooks;
  const none = { kind: 'none' } as const;
  test.each([
    ['mail.security', { ...draft, mail: draft.mail && { ...draft.mail, security: 'none' as const } }],
    ['mail.password', { ...draft, mail: draft.mail && { ...draft.mail, password: none } }],
    ['webhooks.0.url', { ...draft, webhooks: webhook ? [{ ...webhook, url: none }] : [] }],
    ['webhooks.0.token', { ...draft, webhooks: webhook ? [{ ...webhook, form: 'telegram' as const }] : [] }],
  ])('%s', (field, given) => {
    expect(refusal(given)).toMatchObject({ code: 'notify.incomplete', field });
  });

  test.each([
    ['a server with a path', { mail: { ...draft.mail, server: 'mail.example/x' } }],
    ['a recipient that is a header', { mail: { ...draft.mail, to: ['a@b.example\nBcc: c@d.example'] } }],
    ['two webhooks of one name', { webhooks: [webhook, webhook] }],
    [
      'five webhooks',
      { webhooks: Array.from({ length: 5 }, (_, index) => ({ ...webhook, name: `w${index}` })) },
    ],
    ['a certificate that is none', { mail: { ...draft.mail, ca: 'trust me' } }],
    ['an unknown field', { cc: 'x' }],
  ])('%s', (_what, more) => {
    expect(NotifyDraft.safeParse({ ...draft, ...more }).success).toBe(false);
  });
});

test('what was told and what was not outlives the agent; a damaged file costs a message told twice', async () => {
  const path = join(folder(), 'notify.json');
  const file = new NotifyMemoryFile(path);
  expect(file.load()).toBeNull();
  const incident = {
    key: 'alpha-e5',
    about: 'host' as const,
    firstWallMs: 1,
    events: [],
    acted: true,
    message,
  };
  const memory = {
    told: [{ id: 'a'.repeat(16), wallMs: 1 }],
    incidents: [incident],
    deliveries: [{ id: 'b'.repeat(16), key: 'alpha-e5', channel: 'mail' }],
    weekly: null,
  };
  file.save(memory);
  await expect.poll(() => file.load()).toEqual(memory);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  writeFileSync(path, readFileSync(path, 'utf8').slice(0, 50));
  expect(file.load()).toBeNull();
});
