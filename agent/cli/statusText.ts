import type { Status, VmStatus } from '../protocol/control.ts';
import { type HealthStatus, healthWords } from '../protocol/health.ts';
import { moveProgressText } from '../protocol/moveProgress.ts';
import type { CliIo } from './io.ts';
import { bold, duration, milliseconds, table, type Word, wordText } from './text.ts';

type Look = Pick<CliIo, 'colour' | 'unicode'>;

const levels = { protected: 'protected', degraded: 'at-risk', unprotected: 'not-protected' } as const;

const phases: Readonly<Record<NonNullable<Status['self']['phase']>, string>> = {
  waiting: 'just started, only reading',
  joining: 'writing its first lease',
  alive: 'alive',
  holding: 'store lost, guests frozen and held',
  stopping: 'store lost, stopping its VMs',
  drained: 'store lost, its VMs are stopped',
  condemned: 'will be reset by its watchdog',
  passive: 'passive: does nothing on the store',
  left: 'has left the group',
};

const goingDown = {
  shutdown: 'about to be switched off',
  'on-battery': 'on battery',
  'low-battery': 'on a low battery',
} as const;

const watchdogs = { armed: 'armed', software: 'software only', none: 'none' } as const;

function wordOf(vm: VmStatus, status: Status): Word {
  if (!status.self.keeperConnected) return 'not-known';
  if (vm.activity !== null) return 'working';
  if (status.group?.disarmed === true) return 'paused';
  return levels[vm.readiness.level];
}

function count(vms: readonly VmStatus[], what: string): string {
  return `${vms.length} ${vms.length === 1 ? 'VM' : 'VMs'} ${what}`;
}

/** How things are, in one word and one sentence. */
export function verdictOf(status: Status): { readonly word: Word; readonly sentence: string } {
  const { group, self, vms, takeoverMs } = status;
  if (!self.keeperConnected)
    return {
      word: 'not-known',
      sentence: 'The agent has no connection to its keeper. What the keeper does goes on without it.',
    };
  if (group === null) return { word: 'not-protected', sentence: 'This host belongs to no group yet.' };
  if (group.disarmed) {
    const ends = pauseEnd(status, null);
    return { word: 'paused', sentence: `The group is disarmed${ends}. Failures aren't handled.` };
  }
  const busy = vms.find((vm) => vm.activity !== null);
  if (busy?.activity) return { word: 'working', sentence: `${busy.name}: ${activityText(busy, status)}.` };
  const bare = vms.filter((vm) => vm.readiness.level === 'unprotected');
  if (bare.length > 0)
    return { word: 'not-protected', sentence: `${count(bare, 'would not be failed over')}; see below.` };
  const weak = vms.filter((vm) => vm.readiness.level === 'degraded');
  if (weak.length > 0)
    return {
      word: 'at-risk',
      sentence: `${count(weak, 'would be failed over with less safety net')}; see below.`,
    };
  if (vms.length === 0) return { word: 'not-protected', sentence: 'No VM of this group is protected yet.' };
  const time =
    takeoverMs === null ? '' : ` within about ${duration(takeoverMs)} and the time the VM needs to start`;
  return { word: 'protected', sentence: `If a host fails, another takes over its VMs${time}.` };
}

/** ", for another 20 min": of the pause of the group (null) or of a host. */
function pauseEnd({ pauses }: Status, slot: number | null): string {
  const endsInMs = pauses?.find((pause) => pause.slot === slot)?.endsInMs ?? null;
  return endsInMs === null ? '' : `, for another ${duration(endsInMs)}`;
}

const nameOf = (slot: number | null, status: Status): string =>
  slot === null ? '-' : (status.hosts.find((host) => host.slot === slot)?.name ?? `slot ${slot}`);

function activityText(vm: VmStatus, status: Status): string {
  const { activity } = vm;
  if (activity === null) return '-';
  const to = activity.to === null ? '' : ` to ${nameOf(activity.to, status)}`;
  return `${activity.kind}${to}, ${activity.step}, for ${duration(status.nowMs - activity.sinceMs)}${
    activity.progress === undefined ? '' : `: ${moveProgressText(activity.progress)}`
  }`;
}

const bridgeWords = {
  up: 'leads out',
  down: 'has LOST its way out',
  settling: 'has just changed',
} as const;
const bridgeText = ({ bridge, state }: { bridge: string; state: keyof typeof bridgeWords }): string =>
  `${bridge} ${bridgeWords[state]}`;

/** What is not fine, the worst first; else that all is. */
function signsText(signs: NonNullable<Status['self']['signs']>): string {
  const bad = [
    ...signs.filter(({ level }) => level === 'failing'),
    ...signs.filter(({ level }) => level === 'worrying'),
  ];
  if (bad.length === 0) return `no bad sign (${signs.map(({ sign }) => sign).join(', ')})`;
  return bad
    .map(({ sign, level, evidence }) => `${sign} ${level === 'failing' ? 'FAILING' : level} (${evidence})`)
    .join('; ');
}

function selfText(status: Status, look: Look): string {
  const { self, store } = status;
  const phase = self.phase === null ? 'keeper not connected' : phases[self.phase];
  const lines = [
    [
      'Host',
      `${self.name} (${phase}${self.leaseLeftMs === null ? '' : `, lease good for ${duration(self.leaseLeftMs)}`})`,
    ],
    ['Watchdog', self.watchdog === null ? 'not known' : watchdogs[self.watchdog]],
    [
      'Store',
      store.reachable
        ? `${store.path} (reachable, a renewal takes ${milliseconds(store.renewP50Ms)}, at most ${milliseconds(store.renewMaxMs)})`
        : `${store.path} (NOT reachable${store.error === null ? '' : `: ${store.error}`})`,
    ],
    [
      'Hypervisor',
      self.hypervisor.connected
        ? (self.hypervisor.version ?? 'connected')
        : `not connected${self.hypervisor.error === null ? '' : `: ${self.hypervisor.error}`}`,
    ],
    [
      'Memory',
      self.memoryFreeMiB === null
        ? 'not known'
        : `${self.memoryFreeMiB} MiB of ${self.memoryTotalMiB ?? '?'} MiB free`,
    ],
    ...(self.uplinks === undefined ? [] : [['Bridges', self.uplinks.map(bridgeText).join(', ')]]),
    ...(self.signs === undefined ? [] : [['Hardware', signsText(self.signs)]]),
    ['Agent', status.agentVersion],
  ];
  const because =
    self.phaseBecause === null ? '' : `  ${self.phaseBecause.message} [${self.phaseBecause.code}]\n`;
  return `${lines.map(([name, text]) => `${bold(`${name}:`.padEnd(12), look)}${text}\n`).join('')}${because}`;
}

function vmsText(status: Status, look: Look): string {
  if (status.vms.length === 0) return '';
  const rows = status.vms.map((vm) => [
    vm.name,
    wordText(wordOf(vm, status), look),
    vm.holder === null ? 'nowhere' : nameOf(vm.holder, status),
    vm.here,
    vm.desired,
    vm.hosts.map((slot) => nameOf(slot, status)).join(', '),
    vm.activity === null ? '' : activityText(vm, status),
  ]);
  const reasons = status.vms.flatMap((vm) =>
    [...vm.readiness.reasons, ...(vm.staysBecause ? [vm.staysBecause] : [])].map(
      ({ code, message, fix }) =>
        `  ${vm.name}: ${message} [${code}]\n${fix === undefined ? '' : `      What to do: ${fix}\n`}`,
    ),
  );
  const health = status.vms.flatMap((vm) => (vm.health ? [healthLine(vm.name, vm.health)] : []));
  const headings = ['VM', 'PROTECTION', 'BELONGS TO', 'ON THIS HOST', 'SHOULD BE', 'HOSTS', 'GOING ON'];
  const more = [...reasons, ...health];
  return `\n${table(headings, rows, look)}${more.length === 0 ? '' : `\n${more.join('')}`}`;
}

function healthLine(name: string, health: HealthStatus): string {
  return `  ${name}: ${healthWords[health.state]}${health.because === null ? '' : ` (${health.because})`}\n`;
}

const cutOff = ({ uplinksDown }: Status['hosts'][number]): string =>
  uplinksDown === undefined ? '' : `, ${uplinksDown.join(' and ')} without a way out`;

function hostsText(status: Status, look: Look): string {
  const isResting = (slot: number): boolean => status.pauses?.some((pause) => pause.slot === slot) === true;
  const rows = status.hosts.map((host) => [
    host.slot === status.self.slot ? `${host.name} (this host)` : host.name,
    isResting(host.slot)
      ? `${host.state}, in maintenance${pauseEnd(status, host.slot)}`
      : `${host.state}${host.goingDown === undefined ? '' : `, ${goingDown[host.goingDown]}`}${cutOff(host)}`,
    host.lease,
    duration(host.leaseAgeMs),
    host.slot === status.self.slot
      ? '-'
      : host.takeableInMs === null
        ? 'not by time'
        : `in ${duration(host.takeableInMs)}`,
    host.watchdog === null ? '-' : watchdogs[host.watchdog],
    host.agentVersion ?? '-',
  ]);
  const headings = ['HOST', 'STATE', 'LEASE', 'AGE', 'TAKEN OVER', 'WATCHDOG', 'AGENT'];
  return rows.length === 0 ? '' : `\n${table(headings, rows, look)}`;
}

function linksText(status: Status, look: Look): string {
  const rows = status.links.map((link) => [
    `${nameOf(link.peer, status)}, link ${link.link + 1}`,
    link.address,
    link.state,
    link.lastHeardAgoMs === null ? 'never' : `${duration(link.lastHeardAgoMs)} ago`,
    link.heardThereAgoMs === null ? 'never' : `${duration(link.heardThereAgoMs)} ago`,
    link.rttMs === null
      ? '-'
      : `${milliseconds(link.rttMs)} (${milliseconds(link.rttMinMs)} to ${milliseconds(link.rttMaxMs)})`,
    link.loss === null ? '-' : `${(link.loss * 100).toFixed(1)} %`,
    String(link.rejected),
  ]);
  const headings = [
    'HEARTBEATS',
    'ADDRESS',
    'STATE',
    'HEARD',
    'HEARD THERE',
    'ROUND TRIP',
    'LOST',
    'REFUSED',
  ];
  return rows.length === 0 ? '' : `\n${table(headings, rows, look)}`;
}

/** The whole status for a terminal: the verdict first, then what it rests on. */
export function statusText(status: Status, look: Look): string {
  const { word, sentence } = verdictOf(status);
  const others = status.otherVms.length;
  return [
    `${wordText(word, look)}: ${sentence}\n\n`,
    selfText(status, look),
    vmsText(status, look),
    hostsText(status, look),
    linksText(status, look),
    others === 0
      ? ''
      : `\n${others} ${others === 1 ? 'VM of this host is' : 'VMs of this host are'} not protected: `,
    others === 0 ? '' : `${status.otherVms.map(({ name }) => name).join(', ')}\n`,
  ].join('');
}
