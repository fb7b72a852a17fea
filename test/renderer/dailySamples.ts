import type { SwitchOverPlan } from '../../electron/ipc/daily/switchOverViews.ts';
import type { AgentUpdates } from '../../electron/ipc/daily/updateViews.ts';
import type {
  About,
  AwayView,
  DailyGroup,
  DiagnosticsPreview,
  PausePreview,
  Screenshot,
  Settings,
  TimingChoice,
} from '../../electron/ipc/daily/views.ts';
import type { KnownHost } from '../../electron/ipc/setup/views.ts';
import type { GroupView, RunView, VmView } from '../../electron/ipc/views.ts';
import { PROFILES, takeoverTimeMs } from '../../agent/core/timing.ts';
import { groupId } from './samples.ts';
import { at, hostLost } from './storySamples.ts';

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
  shutDown: {
    expectedPauseMs: 14_000,
    basis: 'seen',
    steps: [
      'The guest is shut down on beta.',
      'beta gives its token up, alpha takes it.',
      'The guest is started on alpha from the same disks.',
    ],
    risk: null,
  },
  live: {
    refused: null,
    expectedPauseMs: 1_000,
    steps: [
      'beta sends the memory of mail to alpha, while it goes on running.',
      'mail stands still; the last of its memory follows, and beta gives its token up on the store.',
      'alpha takes the token and lets it go on. Nothing in it is restarted.',
    ],
    risk: 'What the guest has only in memory, if a host dies while it moves.',
  },
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

/** The agent of one host does not know moves of running guests. */
export const shutDownPlan: SwitchOverPlan = {
  ...plan,
  live: { ...plan.live, refused: 'The agent of alpha is too old for that. Update it in the settings.' },
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

const MIB = 1_048_576;
export const moveProgress: RunView['progress'] = {
  percent: 42,
  sentBytes: 224 * MIB,
  leftBytes: 310 * MIB,
  elapsedMs: 2_000,
  bytesPerSecond: 112 * MIB,
  dirtyBytesPerSecond: 30 * MIB,
  slowedPercent: 0,
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
  isLive: false,
  progress: null,
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
  moves: [{ vmName: 'web-shop', to: 'beta', expectedPauseMs: 14_000, liveRefused: null }],
  stays: [
    { vmId: 'x', vmName: 'files', why: 'beta has too little free memory.', fix: 'Stop a VM on beta first.' },
  ],
};

const choice = (profile: TimingChoice['profile']): TimingChoice => {
  const { renewEveryMs, loseAfterMs, watchdogMs } = PROFILES[profile];
  return {
    profile,
    isCurrent: profile === 'swift',
    renewEveryMs,
    loseAfterMs,
    watchdogMs,
    takeoverMs: takeoverTimeMs(PROFILES[profile]),
    consequences: [
      `The store may be away from one host for ${loseAfterMs / 1000} s; after that it stops its VMs.`,
    ],
    refused:
      profile === 'patient'
        ? { code: 'timing.host-away', message: 'alpha does not answer; all hosts must agree.' }
        : null,
  };
};
export const timings: readonly TimingChoice[] = [choice('swift'), choice('steady'), choice('patient')];

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

export const knownHosts: readonly KnownHost[] = ['alpha', 'beta'].map((name, index) => ({
  name,
  address: `10.0.0.${11 + index}`,
  port: index === 0 ? 22 : 2222,
  user: 'admin',
  auth: index === 0 ? { kind: 'key', keyFile: '/home/ada/.ssh/id_ed25519' } : { kind: 'password' },
  key: {
    algorithm: 'ssh-ed25519',
    sha256: `SHA256:${'Tb7qv0PXw3'.repeat(4)}${index}aZ`,
    firstSeenAt: '2026-11-20T09:00:00.000Z',
  },
  confirmedBy: 'user',
  jump: null,
  group: 'Head office',
  groupId,
  remembered: index === 1,
}));
