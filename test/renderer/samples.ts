import type { Status, VmStatus } from '../../agent/protocol/control.ts';
import type { LinkHealth } from '../../agent/protocol/heartbeat.ts';
import type { Readiness } from '../../agent/protocol/readiness.ts';
import type { GroupSnapshot } from '../../electron/app/groupView.ts';
import type { HostSnapshot } from '../../electron/app/hostSnapshot.ts';
import type { AppInfo, EventView, GroupBeats } from '../../electron/ipc/views.ts';

/** Reports as agents send them, for views of any size; the views are made by the app's own code. */

export const groupId = '6d0f7d3e-0000-4000-8000-000000000001';
const hostNames = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta'] as const;
const vmNames = ['web-shop', 'mail', 'files', 'erp', 'wiki', 'build', 'phone', 'backup'] as const;

export const hostName = (slot: number): string => hostNames[slot] ?? `host-${slot}`;
const vmId = (token: number): string => `5f000000-0000-4000-8000-${String(token).padStart(12, '0')}`;
const vmName = (token: number): string =>
  token < vmNames.length
    ? (vmNames[token] ?? '')
    : `${vmNames[token % vmNames.length]}-${Math.floor(token / vmNames.length)}`;

export const good: Readiness = { level: 'protected', reasons: [] };
export const degraded: Readiness = {
  level: 'degraded',
  reasons: [
    {
      code: 'ready.software-watchdog',
      weight: 'degraded',
      message: 'beta has only a software watchdog, so a takeover from it takes twice as long.',
      fix: 'Enable the hardware watchdog of beta in its firmware.',
    },
    {
      code: 'ready.one-link',
      weight: 'degraded',
      message: 'Only one link joins the two hosts.',
      fix: 'Add a second link, on its own cable.',
    },
  ],
};
export const alone: Readiness = {
  level: 'unprotected',
  reasons: [
    {
      code: 'ready.no-standby',
      weight: 'unprotected',
      message: 'No other host of the group is alive to take over.',
      fix: 'Bring alpha back: check its power and network.',
    },
  ],
};

const policy = { maxRestarts: 2, windowMs: 600_000, order: 100, shutdownTimeoutMs: 90_000 };

function link(peer: number, number: number): LinkHealth {
  const rttMs = 0.3 + peer * 0.07 + number * 0.2;
  return {
    peer,
    link: number,
    address: `10.0.${number}.${11 + peer}`,
    state: 'up',
    lastHeardAgoMs: 120,
    rttMs,
    rttMinMs: rttMs / 2,
    rttMaxMs: rttMs * 4,
    heardThereAgoMs: 180,
    rejectedBy: {},
    loss: number === 0 ? 0 : 0.004,
    rejected: 0,
  };
}

export interface SampleOptions {
  readonly hosts?: number;
  readonly vms?: number;
  readonly links?: number;
  readonly readiness?: Readiness;
  readonly vm?: (vm: VmStatus) => VmStatus;
}

/** What the host in `slot` reports in a group where all is well, unless `vm` changes it. */
export function status(slot: number, options: SampleOptions = {}): Status {
  const { hosts = 2, vms = 3, links = 2, readiness = good, vm: change = (vm: VmStatus) => vm } = options;
  const slots = Array.from({ length: hosts }, (_, index) => index);
  const others = slots.filter((other) => other !== slot);
  const vmStatuses = Array.from({ length: vms }, (_, token): VmStatus => {
    const holder = token % hosts;
    return change({
      vm: vmId(token),
      name: vmName(token),
      token,
      holder,
      generation: 3,
      here: holder === slot ? 'running' : 'stopped',
      desired: 'running',
      runningSinceMs: holder === slot ? 1_000_000 : null,
      definitionInSync: true,
      readiness,
      activity: null,
      hosts: [holder, ...slots.filter((other) => other !== holder)],
      policy,
      health: null,
    });
  });
  return {
    controlVersion: 1,
    agentVersion: '0.1.0-3f9c1b7a2d4e',
    nowMs: 9_200_000,
    wallTime: '2026-11-21T07:00:00.000Z',
    self: {
      slot,
      name: hostName(slot),
      bootId: vmId(900 + slot),
      phase: 'alive',
      phaseBecause: null,
      epoch: 4,
      leaseLeftMs: 3_640,
      watchdog: 'armed',
      realTime: true,
      keeperConnected: true,
      hypervisor: { connected: true, version: '10.0.0', error: null },
      memoryTotalMiB: 65_536,
      memoryFreeMiB: 41_200 - slot * 4_000,
    },
    store: {
      path: '/srv/vm/understudy.lease',
      reachable: true,
      renewP50Ms: 2.1 + slot,
      renewMaxMs: 9.4 + slot,
      error: null,
    },
    group: {
      groupId,
      groupName: 'Head office',
      areaId: vmId(800),
      generation: 7,
      profile: 'swift',
      disarmed: false,
      hosts: slots.map((each) => ({
        slot: each,
        name: hostName(each),
        hardwareId: String(each).repeat(64),
        links: Array.from({ length: links }, (_, number) => ({
          link: number,
          address: `10.0.${number}.${11 + each}`,
          port: 7946,
        })),
        acceptSoftwareWatchdog: false,
      })),
      vms: vmStatuses.map(({ vm, name, token, hosts: allowed }) => ({
        token,
        vm,
        name,
        hosts: [...allowed],
        drain: 'threads-stopped' as const,
        policy,
        memoryMiB: 2_048 * (1 + (token % 4)),
      })),
    },
    takeoverMs: 12_000,
    hosts: slots.map((each) => ({
      slot: each,
      name: hostName(each),
      state: 'alive',
      epoch: 4,
      lease: 'fresh',
      leaseAgeMs: 310,
      takeableInMs: null,
      watchdog: 'armed',
      agentVersion: '0.1.0-3f9c1b7a2d4e',
    })),
    links: others.flatMap((peer) => Array.from({ length: links }, (_, number) => link(peer, number))),
    vms: vmStatuses,
    otherVms: [],
  };
}

export function hostSnapshot(
  slot: number,
  report: Status | null,
  more: Partial<HostSnapshot> = {},
): HostSnapshot {
  return {
    name: hostName(slot),
    address: `10.0.0.${11 + slot}`,
    console: { kind: 'connected' },
    status: report,
    ageMs: report === null ? null : 240,
    demoPower: null,
    ...more,
  };
}

export function snapshot(options: SampleOptions = {}): GroupSnapshot {
  const hosts = Array.from({ length: options.hosts ?? 2 }, (_, slot) =>
    hostSnapshot(slot, status(slot, options)),
  );
  return { id: groupId, kind: 'installed', name: 'Head office', hosts };
}

/** alpha lost its power `silentMs` ago; beta, whose report this is, counts. */
export function powerLoss(silentMs: number): GroupSnapshot {
  const report = status(1);
  const leftMs = Math.max(0, 12_000 - silentMs);
  const beta: Status = {
    ...report,
    hosts: report.hosts.map((host) =>
      host.slot === 0
        ? { ...host, state: 'silent', lease: 'stale', leaseAgeMs: silentMs, takeableInMs: leftMs }
        : host,
    ),
    links: report.links.map((each) => ({
      ...each,
      state: 'down',
      lastHeardAgoMs: silentMs,
      rttMs: null,
      loss: 1,
    })),
  };
  const failure = { code: 'control.lost', message: 'The connection to alpha was cut.' };
  const hosts = [
    hostSnapshot(0, status(0), {
      ageMs: silentMs,
      console: { kind: 'lost', forMs: silentMs, failure },
      demoPower: 'off',
    }),
    hostSnapshot(1, beta, { demoPower: 'on' }),
  ];
  return { id: groupId, kind: 'demo', name: 'Demo group', hosts };
}

export const info: AppInfo = {
  version: '0.1.0',
  transport: 'browser',
  lacks: 'No tray icon and no notifications in the browser.',
  demoRefused: null,
  demoStandIns:
    'Stand-ins: the VMs are small processes, the watchdog is a program. Agents, keepers, leases and heartbeats are real.',
};

export function beats(hosts: number, links: number): GroupBeats {
  const names = Array.from({ length: hosts }, (_, slot) => hostName(slot));
  const wave = (seed: number) =>
    Array.from({ length: 120 }, (_, at) =>
      at === 40 + seed
        ? -1
        : at < 6
          ? null
          : 0.5 + 0.35 * Math.abs(Math.sin(at * 1.7 + seed) + 0.4 * Math.sin(at / 5)),
    );
  const pairs = names.flatMap((at, to) =>
    names.flatMap((from, of) =>
      of === to ? [] : Array.from({ length: links }, (_, number) => `${at}<${from}/${number}`),
    ),
  );
  const series = [...pairs, ...names.map((name) => `store/${name}`)];
  return { groupId, series: series.map((key, index) => ({ key, samples: wave(index) })) };
}

const story = [
  ['alpha', 'info', 'agent.started', 'The agent started.'],
  ['beta', 'info', 'agent.started', 'The agent started.'],
  ['beta', 'warning', 'link.down', 'Nothing was heard from alpha on link 2 for 1.5 s.'],
  ['beta', 'notice', 'link.up', 'alpha is heard again on link 2.'],
  ['beta', 'alarm', 'takeover.begun', 'alpha has not renewed its lease for 12 s. Taking over web-shop.'],
  ['beta', 'notice', 'takeover.done', 'web-shop runs here. It was away for 13.1 s.'],
] as const;

export const events: readonly EventView[] = story.map(([host, level, code, text], seq) => ({
  key: `${groupId}/${host}/${seq}`,
  groupId,
  seq,
  bootId: vmId(900),
  atBootMs: seq * 1000,
  wallTime: `2026-11-21T06:5${seq}:12.000Z`,
  host,
  code,
  level,
  text,
  facts: { leaseAgeMs: 12_004, epoch: 4 },
}));
