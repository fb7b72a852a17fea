import type {
  About,
  AgentUpdates,
  AwayView,
  DailyGroup,
  DiagnosticsPreview,
  IncidentStory,
  PausePreview,
  Screenshot,
  Settings,
  SwitchOverPlan,
  TimingChoice,
} from '../../electron/ipc/daily/views.ts';
import type { GroupView, RunView, VmView } from '../../electron/ipc/views.ts';
import { groupId } from './samples.ts';

/** What the app tells day by day, made to fit a group's view: complete, and of any size. */

const hostOf = ({ place }: VmView): string | null => ('host' in place ? place.host : null);

function ifHostDied({ hosts, vms }: GroupView, host: string): DailyGroup['ifHostDied'][number] {
  const here = vms.filter((vm) => hostOf(vm) === host);
  const target = hosts.find(({ name }) => name !== host)?.name ?? host;
  const memory = here.reduce((sum, { memoryMiB }) => sum + (memoryMiB ?? 0), 0);
  return {
    host,
    word: 'protected',
    sentence:
      here.length === 0
        ? 'Nothing would stop: no VM runs there.'
        : `${here.length === 1 ? '1 VM' : `${here.length} VMs`} would run on ${target} again, the last after about 31 s.`,
    takeoverMs: 12_000,
    moves: here.map((vm, index) => ({
      vmId: vm.id,
      vmName: vm.name,
      to: target,
      backInMs: 21_000 + index * 10_000,
      basis: index === 0 ? ('seen' as const) : ('assumed' as const),
    })),
    stays: [],
    memory: here.length === 0 ? [] : [{ host: target, neededMiB: memory, freeMiB: 21_500, suffices: true }],
  };
}

export function dailyGroup(view: GroupView, more: Partial<DailyGroup> = {}): DailyGroup {
  return {
    groupId: view.id,
    ifHostDied: view.hosts.map(({ name }) => ifHostDied(view, name)),
    disarmed: null,
    maintenance: [],
    vms: view.vms.map((vm) => ({
      vmId: vm.id,
      definition: vm.hosts.map((host) => ({ host, inSync: true })),
      lastStartMs: 8_400,
      targets: vm.hosts.filter((host) => host !== hostOf(vm)).map((host) => ({ host, refused: null })),
      startRefused: null,
      stopRefused: null,
    })),
    ...more,
  };
}

const at = (minute: number, second: number): string =>
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

export const away: AwayView = {
  since: at(2, 0),
  sentence: 'At 03:12 beta took over 2 VMs from alpha, which had failed. They were down for 23 s.',
  incidents: [hostLost.id],
};

export const settings: Settings = {
  startAtLogin: false,
  closeToTray: true,
  notifications: { failover: true, protection: true, links: false },
  remindOfUpdates: true,
  refused: { startAtLogin: 'In the browser this app can not start by itself.' },
};

export const updates: AgentUpdates = {
  groupId,
  carried: '0.2.0',
  agents: [
    { host: 'alpha', version: '0.2.0', controlVersion: 1, state: 'current' },
    { host: 'beta', version: '0.1.0', controlVersion: 1, state: 'older' },
  ],
  skew: 'beta has an older agent than alpha. They understand each other; what is new in 0.2.0 waits for both.',
  refused: null,
  roll: null,
};

export const plan: SwitchOverPlan = {
  vmName: 'mail',
  from: 'beta',
  to: 'alpha',
  expectedPauseMs: 14_000,
  basis: 'seen',
  steps: [
    'The guest is shut down on beta.',
    'beta gives its token up, alpha takes it.',
    'The guest is started on alpha from the same disks.',
  ],
  risk: null,
  checks: [
    {
      id: 'alive',
      title: 'alpha is alive.',
      state: 'passed',
      evidence: 'Its lease is good for 3.6 s.',
      whatToDo: null,
    },
    {
      id: 'memory',
      title: 'alpha has the memory.',
      state: 'passed',
      evidence: '4 GiB of 40 GiB free.',
      whatToDo: null,
    },
  ],
  mayBegin: true,
};

export const blockedPlan: SwitchOverPlan = {
  ...plan,
  mayBegin: false,
  checks: [
    {
      id: 'medium',
      title: 'mail has an ISO image in its drive that only beta has.',
      state: 'failed',
      evidence: '/srv/iso/tools.iso',
      whatToDo: 'Eject it.',
    },
    ...plan.checks,
  ],
};

export const run = (more: Partial<RunView> = {}): RunView => ({
  id: 'run-1',
  groupId,
  kind: 'switchover',
  vmId: '5f000000-0000-4000-8000-000000000001',
  vmName: 'mail',
  from: 'beta',
  to: 'alpha',
  startedAt: '2026-11-21T07:00:00.000Z',
  elapsedMs: 4_200,
  steps: [
    { text: 'Shutting the guest down', startedMs: 0, tookMs: 3_100 },
    { text: 'Starting it on alpha', startedMs: 3_100, tookMs: null },
  ],
  state: 'under-way',
  pauseMs: null,
  expectedPauseMs: 14_000,
  stopRefused: null,
  switchBackTo: null,
  failure: null,
  ...more,
});

export const pausePreview: PausePreview = {
  refused: null,
  consequences: [
    'VMs of alpha move to beta, one after the other.',
    'Until the maintenance ends, alpha is given no VM, and VMs of beta have nobody who stands by.',
  ],
  moves: [{ vmName: 'web-shop', to: 'beta', expectedPauseMs: 14_000 }],
  stays: [
    { vmId: 'x', vmName: 'files', why: 'beta has too little free memory.', fix: 'Stop a VM on beta first.' },
  ],
};

const choice = (profile: TimingChoice['profile'], takeoverMs: number): TimingChoice => ({
  profile,
  isCurrent: profile === 'swift',
  renewEveryMs: takeoverMs / 24,
  loseAfterMs: takeoverMs / 3,
  watchdogMs: takeoverMs / 2.4,
  takeoverMs,
  consequences: ['A store that pauses for less than this is forgiven.'],
  refused:
    profile === 'patient'
      ? { code: 'timing.host-away', message: 'alpha does not answer; all hosts must agree.' }
      : null,
});
export const timings: readonly TimingChoice[] = [
  choice('swift', 12_000),
  choice('steady', 21_500),
  choice('patient', 45_500),
];

export const diagnostics: DiagnosticsPreview = {
  id: '6d0f7d3e-0000-4000-8000-0000000000d1',
  bytes: 84_210,
  redactedKinds: ['passwords', 'private keys', 'one-time addresses'],
  files: [
    {
      name: 'alpha/status.json',
      bytes: 6_210,
      preview: '{\n  "agentVersion": "0.2.0",\n  "group": "Head office",\n  "key": "[taken out]"\n}',
      isWhole: true,
      redactions: 1,
    },
    {
      name: 'alpha/events.jsonl',
      bytes: 78_000,
      preview: '{"seq":1,"code":"agent.started"}\n{"seq":2,"code":"keeper.alive"}',
      isWhole: false,
      redactions: 0,
    },
  ],
  missing: [
    {
      name: 'beta',
      failure: { code: 'ssh.unreachable', message: 'beta does not answer.', fix: 'Check its network.' },
    },
  ],
};

export const about: About = {
  appVersion: '0.2.0',
  agentVersion: '0.2.0',
  runtime: 'Node 24.21 on Linux',
  licence: 'Apache-2.0',
  parts: [
    { name: 'react', version: '19.3.1', licence: 'MIT' },
    { name: 'zod', version: '4.6.7', licence: 'MIT' },
  ],
  limits: [
    {
      what: 'A store that is lost',
      why: 'There is one copy of each disk. Understudy moves VMs, not data.',
      instead: 'Keep backups somewhere else.',
    },
    {
      what: 'What a guest had only in memory',
      why: 'A takeover is like pulling the plug of the guest and switching it on again.',
      instead: null,
    },
  ],
};

/** A picture of one grey dot: what counts is that it is drawn. */
export const screenshot: Screenshot = {
  dataUrl:
    'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mOor6//DwAFhAKAP4qxkAAAAABJRU5ErkJggg==',
  width: 640,
  height: 400,
  host: 'beta',
  takenAt: '2026-11-21T07:00:00.000Z',
};
