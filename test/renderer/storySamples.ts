import type { IncidentStory } from '../../electron/ipc/daily/views.ts';
import { groupId } from './samples.ts';

/** What happened in the sample group one night, as the app tells it. */

export const at = (minute: number, second: number): string =>
  `2026-11-21T03:${String(minute).padStart(2, '0')}:${String(second).padStart(2, '0')}.000Z`;

export const hostLost: IncidentStory = {
  id: 'story-host-lost',
  groupId,
  kind: 'host-lost',
  word: 'at-risk',
  title: 'alpha was lost; beta took over web-shop and files',
  startedAt: at(12, 4),
  endedAt: at(12, 27),
  cause: 'Nothing was heard from alpha on any link, and it did not renew its lease on the store.',
  decision: 'beta counted 12 s without a change of the lease, then took the tokens of 2 VMs.',
  outcome: 'web-shop and files run on beta. alpha has not come back.',
  needs: 'Check the power and network of alpha. Until it is back, nobody stands by.',
  hosts: ['beta'],
  vms: [
    { vmName: 'web-shop', from: 'alpha', to: 'beta', outcome: 'moved', downMs: 21_300 },
    { vmName: 'files', from: 'alpha', to: 'beta', outcome: 'moved', downMs: 22_900 },
  ],
  downMs: 22_900,
  lines: [
    {
      key: 'line-1',
      at: at(12, 5),
      host: 'beta',
      code: 'link.down',
      level: 'warning',
      text: 'Nothing was heard from alpha on link 1 for 1.5 s.',
      why: [],
    },
    {
      key: 'line-2',
      at: at(12, 16),
      host: 'beta',
      code: 'host.dead-up-to',
      level: 'alarm',
      text: 'The time of alpha has run out.',
      why: ['T passed: 12 s', 'lease unchanged: 12.0 s', 'epoch: 4'],
    },
    {
      key: 'line-3',
      at: at(12, 17),
      host: 'beta',
      code: 'vm.taken-over',
      level: 'notice',
      text: 'beta has taken over web-shop from alpha.',
      why: ['generation: 4'],
    },
  ],
  linesLeftOut: 0,
  whileAway: true,
};

export const switchedOver: IncidentStory = {
  ...hostLost,
  id: 'story-switchover',
  kind: 'switchover',
  word: 'protected',
  title: 'mail was switched over from beta to alpha',
  startedAt: at(40, 0),
  endedAt: at(40, 12),
  cause: 'An administrator asked for it.',
  decision: 'beta shut the guest down and released its token; alpha took it.',
  outcome: 'mail runs on alpha.',
  needs: null,
  hosts: ['alpha', 'beta'],
  vms: [{ vmName: 'mail', from: 'beta', to: 'alpha', outcome: 'moved', downMs: 5_600 }],
  downMs: 5_600,
  whileAway: false,
};

export const stories: readonly IncidentStory[] = [hostLost, switchedOver];
