import { describe, expect, test } from 'vitest';
import { draft, sampleNotifyStatus } from '../../../agent/notify/testing/samples.ts';
import { FailureError } from '../../../agent/protocol/failure.ts';
import type { NotifyDraft, NotifyStatus } from '../../../agent/protocol/notify.ts';
import { type AskHost, saveAlerts, showAlerts, testAlerts } from './alerts.ts';

/** Hosts as they answer; null: it does not. What was set on them is kept. */
class Hosts {
  readonly set: {
    readonly host: string;
    readonly revision: string;
    readonly settings: NotifyDraft | null;
  }[] = [];
  readonly answers: Record<string, NotifyStatus | FailureError>;
  refuse = new Map<string, FailureError>();

  constructor(answers: Record<string, NotifyStatus | FailureError>) {
    this.answers = answers;
  }

  readonly ask = (async (host: string, method: string, params: unknown) => {
    const answer = this.answers[host];
    if (answer === undefined || answer instanceof FailureError) throw answer ?? silent;
    if (method === 'notify.show') return answer;
    if (method === 'notify.test') return { results: [{ channel: 'mail', failure: null, tookMs: 1 }] };
    const refused = this.refuse.get(host);
    if (refused !== undefined) throw refused;
    const { revision, settings } = params as { revision: string; settings: NotifyDraft | null };
    this.set.push({ host, revision, settings });
    return { text: 'done' };
  }) as AskHost;
}

const silent = new FailureError({ code: 'control.unreachable', message: 'It does not answer.' });
const older = new FailureError({ code: 'control.unknown-method', message: 'No such request.' });
const none: NotifyStatus = { ...sampleNotifyStatus, settings: null, channels: [] };
const other = (revision: string): NotifyStatus => ({
  ...sampleNotifyStatus,
  settings: sampleNotifyStatus.settings && { ...sampleNotifyStatus.settings, revision },
});

describe('what is shown', () => {
  test('hosts without settings, and with others, are named', async () => {
    const hosts = new Hosts({ alpha: sampleNotifyStatus, beta: none });
    expect(await showAlerts(['alpha', 'beta'], hosts.ask)).toMatchObject({
      settings: { revision: '0000aaaa' },
      skew: expect.stringMatching(/^beta has no settings/),
    });
    const three = new Hosts({ a: other('0000bbbb'), b: sampleNotifyStatus, c: sampleNotifyStatus });
    const shown = await showAlerts(['a', 'b', 'c'], three.ask);
    expect(shown.settings?.revision).toBe('0000aaaa');
    expect(shown.skew).toMatch(/^a and b and c go by different settings/);
  });

  test('a host that does not answer is no difference, and is told', async () => {
    const hosts = new Hosts({ alpha: sampleNotifyStatus, beta: silent });
    const shown = await showAlerts(['alpha', 'beta'], hosts.ask);
    expect(shown.skew).toBeNull();
    expect(shown.hosts[1]?.failure?.code).toBe('control.unreachable');
  });
});

describe('settings', () => {
  test('go to every host under one revision', async () => {
    const hosts = new Hosts({ alpha: none, beta: none });
    await saveAlerts(['alpha', 'beta'], hosts.ask, draft);
    expect(hosts.set.map(({ host }) => host)).toEqual(['alpha', 'beta']);
    expect(hosts.set[0]?.revision).toMatch(/^[0-9a-f]{8}$/);
    expect(hosts.set[0]?.revision).toBe(hosts.set[1]?.revision);
  });

  test.each([
    ['a secret to keep that one of them lacks', 'notify.no-secret', none, { kind: 'keep' }],
    ['an agent that can not tell yet', 'notify.agent-older', older, { kind: 'set', value: 'x' }],
  ] as const)('with %s change nothing anywhere', async (_what, code, beta, password) => {
    const hosts = new Hosts({ alpha: sampleNotifyStatus, beta });
    const keeping = { ...draft, mail: draft.mail && { ...draft.mail, password } };
    await expect(saveAlerts(['alpha', 'beta'], hosts.ask, keeping)).rejects.toMatchObject({
      failure: { code },
    });
    expect(hosts.set).toEqual([]);
  });

  test('that the first host refuses go to no other', async () => {
    const hosts = new Hosts({ alpha: none, beta: none });
    hosts.refuse.set(
      'alpha',
      new FailureError({ code: 'notify.incomplete', message: 'No.', field: 'mail.to' }),
    );
    await expect(saveAlerts(['alpha', 'beta'], hosts.ask, draft)).rejects.toMatchObject({
      failure: { field: 'mail.to' },
    });
    expect(hosts.set).toEqual([]);
  });

  test('that a later host could not write are told of with that host', async () => {
    const hosts = new Hosts({ alpha: none, beta: none, gamma: silent });
    hosts.refuse.set('beta', new FailureError({ code: 'notify.not-saved', message: 'Full.' }));
    const after = await saveAlerts(['alpha', 'beta', 'gamma'], hosts.ask, draft);
    expect(after.hosts.map(({ failure }) => failure?.code ?? null)).toEqual([
      null,
      'notify.not-saved',
      'control.unreachable',
    ]);
  });

  test('are refused when no host answers', async () => {
    const hosts = new Hosts({ alpha: silent });
    await expect(saveAlerts(['alpha'], hosts.ask, null)).rejects.toMatchObject({
      failure: { code: 'control.unreachable' },
    });
  });
});

test('a test goes to every host, and a silent one is a result', async () => {
  const hosts = new Hosts({ alpha: sampleNotifyStatus, beta: silent });
  expect(await testAlerts(['alpha', 'beta'], hosts.ask, null)).toMatchObject([
    { host: 'alpha', results: [{ channel: 'mail', failure: null }], failure: null },
    { host: 'beta', results: [], failure: { code: 'control.unreachable' } },
  ]);
});
