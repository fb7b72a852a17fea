import type { Message } from '../../core/notify/types.ts';
import type { NotifyDraft, NotifySettings, NotifyStatus } from '../../protocol/notify.ts';

const common = {
  tell: { failover: true, protection: true, links: true, weeklyOn: 1 },
  missingAfterMinutes: 15,
  metrics: null,
} as const;

export const noSettings: NotifySettings = {
  ...common,
  version: 1,
  revision: '0000aaaa',
  savedAtWallMs: 0,
  mail: null,
  webhooks: [],
  trap: null,
};

export const mailTo = (server: string, port: number): NonNullable<NotifySettings['mail']> => ({
  server,
  port,
  security: 'none',
  user: null,
  password: null,
  from: 'understudy@shop.example',
  to: ['ada@shop.example'],
  ca: null,
});

export const webhookTo = (url: string): NotifySettings['webhooks'][number] => ({
  name: 'chat',
  form: 'generic',
  url,
  token: null,
  chat: null,
  allowPrivate: true,
});

export const draft: NotifyDraft = {
  ...common,
  mail: {
    ...mailTo('mail.shop.example', 587),
    security: 'starttls',
    user: 'ada',
    password: { kind: 'set', value: 'open sesame' },
  },
  webhooks: [
    {
      ...webhookTo(''),
      url: { kind: 'set', value: 'https://hooks.example/T0/B0/abcdef' },
      token: { kind: 'none' },
      allowPrivate: false,
    },
  ],
  trap: null,
};

export const message: Message = {
  incident: 'alpha-e5',
  about: 'host',
  level: 'alarm',
  group: 'Shop',
  host: 'beta',
  startedAt: '2026-11-30T14:00:00.000Z',
  title: 'beta took over 1 VM from alpha',
  what: 'alpha gave no sign of life on the store for the time T.',
  why: null,
  now: 'web runs on beta again after 13.2 s without service.',
  toDo: 'Bring alpha back.',
  downMs: 13_200,
  vms: ['web'],
  lines: ['2026-11-30 14:00:13 UTC  beta  web runs on beta [vm.started]'],
};

export const sampleNotifyStatus: NotifyStatus = {
  settings: {
    ...common,
    revision: '0000aaaa',
    mail: { ...mailTo('mail.shop.example', 587), security: 'starttls', user: 'ada', password: true },
    webhooks: [{ ...webhookTo(''), url: true, token: false }],
    trap: null,
  },
  channels: [
    { channel: 'mail', waiting: 0, lastToldAt: '2026-11-30T14:00:13.000Z', failure: null },
    {
      channel: 'webhook:chat',
      waiting: 1,
      lastToldAt: null,
      failure: {
        code: 'notify.login-refused',
        message: 'The receiver of webhook chat answered 403.',
        fix: 'Check its address and token.',
      },
    },
  ],
  peers: [{ host: 'beta', revision: '0000bbbb' }],
  metrics: null,
  engineId: '8000b98380000102030405060708090a0b',
};
