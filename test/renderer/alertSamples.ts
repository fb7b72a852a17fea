import { sampleNotifyStatus } from '../../agent/notify/testing/samples.ts';
import type { GroupAlerts, HostTest } from '../../electron/ipc/daily/alertViews.ts';

/** Settings that one host has and the other lacks, with a webhook that does not work. */
export const groupAlerts: GroupAlerts = {
  settings: sampleNotifyStatus.settings,
  skew: 'beta has no settings: enter the secrets again and save, then every host tells.',
  hosts: [
    { host: 'alpha', status: sampleNotifyStatus, failure: null },
    {
      host: 'beta',
      status: { ...sampleNotifyStatus, settings: null, channels: [] },
      failure: null,
    },
  ],
};

export const noAlerts: GroupAlerts = {
  settings: null,
  skew: null,
  hosts: ['alpha', 'beta'].map((host) => ({
    host,
    status: { ...sampleNotifyStatus, settings: null, channels: [] },
    failure: null,
  })),
};

export const alertTests: readonly HostTest[] = [
  {
    host: 'alpha',
    failure: null,
    results: [
      { channel: 'mail', failure: null, tookMs: 412 },
      {
        channel: 'webhook:chat',
        tookMs: 30_000,
        failure: {
          code: 'notify.no-answer',
          message: 'The receiver did not take the message within 30 s.',
          fix: 'Check that server and port are right, and that no firewall drops what goes there.',
        },
      },
    ],
  },
  {
    host: 'beta',
    results: [],
    failure: { code: 'control.unreachable', message: 'The agent of beta does not answer.' },
  },
];
