import type {
  AuthView,
  ReachView,
  SetupStage,
  StoreCandidateView,
  StoreProof,
} from '../../../electron/ipc/setup/views.ts';
import type { StepStateView, WorkView } from '../../../electron/ipc/setup/workViews.ts';
import { count, duration, listed } from '../../../electron/ipc/words.ts';
import { milliseconds } from './en.ts';

/** Sentences of setting up; fixed labels stand where they are used. */

export const stepTitles = {
  hosts: 'Hosts',
  checks: 'Check',
  install: 'Install',
  store: 'Shared storage',
  group: 'Group',
  vms: 'VMs',
  done: 'Done',
} as const satisfies Record<SetupStage, string>;

export const intros: Readonly<Record<SetupStage, string>> = {
  hosts:
    'The Linux machines that run your VMs. Two are enough, three are better. This app logs in to each of them by SSH; nothing is changed on them yet.',
  checks:
    'Each host is looked at, alone and beside the others. Nothing is changed. What failed must be put right before you go on; a warning you may live with.',
  install:
    'A small agent goes onto each host. It does the work from then on, also while this app is closed. First see what will be changed.',
  store:
    'The storage that all hosts share, where the disks of your VMs are. A small file on it, 40\u00a0MiB, tells the hosts which of them is alive and who may run which VM.',
  group:
    'The hosts become a group that watches itself. Choose its name and the ways over which its hosts hear each other.',
  vms: 'Choose the VMs that are to go on when their host fails. Nothing about a VM changes until you press the button at the end.',
  done: 'The hosts take care of the VMs by themselves now. This app may be closed.',
};

export const authNames: Readonly<Record<AuthView['kind'], string>> = {
  password: 'Password',
  key: 'Key file',
  agent: 'SSH agent',
};

export function reachWords(reach: ReachView, system: string | null): string {
  switch (reach.kind) {
    case 'not-tried':
      return 'Not asked yet';
    case 'connecting':
      return 'Connecting …';
    case 'reached':
      return system ?? 'Logged in';
    case 'refused':
      return reach.failure.message;
  }
}

/** "SHA256:" and the rest in groups of four, which people compare without losing their place. */
export function fingerprintGroups(sha256: string): readonly string[] {
  const [, rest = ''] = sha256.split(':');
  return rest.match(/.{1,4}/g) ?? [];
}

export const workStates: Readonly<Record<WorkView['state'], string>> = {
  running: 'Under way',
  stopping: 'Stopping after this step',
  done: 'Done',
  failed: 'Stopped by a failure',
  interrupted: 'Interrupted',
};
export const stepStates: Readonly<Record<StepStateView, string>> = {
  waiting: 'Waiting',
  running: 'Under way',
  done: 'Done',
  'already-done': 'Was done already',
  undone: 'Taken back',
  failed: 'Failed',
  skipped: 'Left out',
};

const GIB = 1024 ** 3;
export function bytes(size: number): string {
  if (size >= 1024 * GIB) return `${(size / (1024 * GIB)).toFixed(1)}\u00a0TiB`;
  if (size >= GIB) return `${Math.round(size / GIB)}\u00a0GiB`;
  return `${Math.round(size / 1024 ** 2)}\u00a0MiB`;
}

/** "NFS 4 from nas:/vm, 1.8 TiB, 820 GiB free". */
export function storeFacts({ kind, fileSystem, source, sizeBytes, freeBytes }: StoreCandidateView): string {
  const what = kind === 'device' ? 'Block device' : fileSystem.toUpperCase();
  return [
    source === null ? what : `${what} from ${source}`,
    ...(sizeBytes === null ? [] : [bytes(sizeBytes)]),
    ...(freeBytes === null ? [] : [`${bytes(freeBytes)} free`]),
  ].join(', ');
}

/** The names of many VMs would fill the page. */
const NAMED_VMS = 4;
export function vmsThere(vms: readonly string[]): string {
  if (vms.length === 0) return 'No VM has a disk there.';
  const named = vms.slice(0, NAMED_VMS);
  const more = vms.length - named.length;
  const names = more === 0 ? listed(named) : `${named.join(', ')} and ${more} more`;
  return `Disks of ${count(vms.length, 'VM')} are there: ${names}.`;
}

export function proofWords({ seen, latencies }: StoreProof): string {
  const hosts = [...new Set(seen.flatMap(({ writer, reader }) => [writer, reader]))];
  const writes = latencies.reduce((sum, each) => sum + each.writes, 0);
  const measured = writes === 0 ? '' : ` ${writes} small writes were timed.`;
  return `${listed(hosts)} each wrote something that only they could know, and the others read it back at once.${measured}`;
}

export const latencyWords = (latency: {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}): string =>
  `Half of the writes took less than ${milliseconds(latency.p50Ms)}, 99 of 100 less than ${milliseconds(latency.p99Ms)}, the slowest ${milliseconds(latency.maxMs)}.`;

export const profileTitles = { swift: 'Swift', steady: 'Steady', patient: 'Patient' } as const;

/** Half seconds stay: a person compares 21.5 s with 12 s. */
export const seconds = (ms: number): string =>
  ms < 60_000 ? `${Number((ms / 1000).toFixed(1))}\u00a0s` : duration(ms);
