import type {
  HostMaintenance,
  IncidentKind,
  IncidentStory,
  IncidentVm,
  IfHostDied,
  PauseView,
  VmMove,
} from '../../../electron/ipc/daily/views.ts';
import { duration } from '../../../electron/ipc/words.ts';
import type { Word } from '../../../electron/ipc/views.ts';
import type { Page } from '../store/route.ts';
import { gibibytes, runSeconds, words } from './en.ts';

/** Sentences of the daily pages that depend on state. */

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const dayAndClock = new Intl.DateTimeFormat(undefined, {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});
const SAME_DAY_MS = 20 * 3_600_000;

/** A wall time as people say it; one that can't be read is shown as it came. */
export function wallTime(iso: string, nowMs: number = Date.now()): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  return (Math.abs(nowMs - at.getTime()) < SAME_DAY_MS ? clock : dayAndClock).format(at);
}

/** "12 min ago": for times that the hosts wrote down; by this computer's clock. */
export function ago(iso: string, nowMs: number = Date.now()): string {
  const at = new Date(iso).getTime();
  if (Number.isNaN(at)) return '';
  return nowMs - at < 1_500 ? 'just now' : `${duration(nowMs - at)} ago`;
}

/** When a pause ends: "Until 14:00, in 25 min." */
export function pauseEnd({ until, endsInMs }: PauseView, laterMs: number): string {
  if (until === null) return 'Until you end it.';
  const left = endsInMs === null ? '' : `, in ${duration(Math.max(0, endsInMs - laterMs))}`;
  return `Until ${wallTime(until)}${left}.`;
}

export const maintenanceStates: Readonly<Record<HostMaintenance['state'], string>> = {
  moving: 'VMs are leaving',
  stuck: 'Some VMs could not leave',
  held: 'In maintenance: it runs no protected VM and takes none',
  'not-known': 'Not known',
};

export const incidentKinds: Readonly<Record<IncidentKind, string>> = {
  'host-lost': 'Host lost',
  'vm-failed': 'VM failed',
  switchover: 'Switchover',
  maintenance: 'Maintenance',
  store: 'Store',
  links: 'Links',
  protection: 'Protection',
  change: 'Change',
  other: 'Other',
};

const outcomes: Readonly<Record<IncidentVm['outcome'], string>> = {
  moved: 'moved',
  restarted: 'restarted',
  stayed: 'stayed',
  stopped: 'was stopped',
  down: 'is down',
  'under-way': 'is under way',
};

/** "web-shop moved from alpha to beta, down for 13.1 s". */
export function incidentVm({ vmName, from, to, outcome, downMs }: IncidentVm): string {
  const way =
    from !== null && to !== null && from !== to ? ` from ${from} to ${to}` : to === null ? '' : ` on ${to}`;
  const down = downMs === null ? '' : `, down for ${runSeconds(downMs)}`;
  return `${vmName} ${outcomes[outcome]}${way}${down}`;
}

/** How long an incident took; one that goes on says so. */
export function incidentTook({ startedAt, endedAt }: IncidentStory): string {
  if (endedAt === null) return 'goes on';
  const tookMs = new Date(endedAt).getTime() - new Date(startedAt).getTime();
  return Number.isNaN(tookMs) || tookMs < 0 ? '' : `took ${duration(tookMs)}`;
}

/** "back in about 24 s": an assumed start time is said to be one. */
export function moveText({ to, backInMs, basis }: VmMove): string {
  if (backInMs === null) return `to ${to}; when is not known`;
  return `to ${to}, back in about ${duration(backInMs)}${basis === 'seen' ? '' : ' (its start is not measured yet)'}`;
}

export function memoryText({ host, neededMiB, freeMiB, suffices }: IfHostDied['memory'][number]): string {
  const needed = `${host} would need ${gibibytes(neededMiB)}`;
  if (freeMiB === null) return `${needed}; what it has free is not known.`;
  return suffices === false
    ? `${needed} and has only ${gibibytes(freeMiB)} free.`
    : `${needed} and has ${gibibytes(freeMiB)} free.`;
}

/** Sizes of files: "1.2 MB". */
export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${bytes}\u00a0bytes`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0)}\u00a0kB`;
  return `${(bytes / 1_000_000).toFixed(1)}\u00a0MB`;
}

/** The durations that a pause is offered for; it always has an end unless one asks for none. */
export const pauseChoices: readonly { readonly forMs: number | null; readonly label: string }[] = [
  { forMs: 30 * 60_000, label: '30 minutes' },
  { forMs: 2 * 3_600_000, label: '2 hours' },
  { forMs: 8 * 3_600_000, label: '8 hours' },
  { forMs: 24 * 3_600_000, label: '24 hours' },
  { forMs: null, label: 'Until I end it' },
];

/** Times that are set, not measured: "21.5 s". */
export const exactSeconds = (ms: number): string => `${Number((ms / 1000).toFixed(1))}\u00a0s`;

const pageNames: Readonly<Record<Page, string>> = {
  overview: 'Overview',
  vms: 'VMs',
  vm: 'VM',
  events: 'Events',
  checks: 'Checks',
  maintenance: 'Maintenance',
  settings: 'Settings',
  diagnostics: 'Diagnostics',
  about: 'About and limits',
  welcome: 'Groups',
  setup: 'Set-up',
};
export const pageName = (page: Page): string => pageNames[page];

/** The window's title, for taskbars and for a browser's tabs: how the group stands comes first. */
export function windowTitle(
  page: Page,
  group: { readonly name: string; readonly word: Word } | null,
): string {
  const state = group === null ? [] : [`${words[group.word]}: ${group.name}`];
  return [...state, pageName(page), 'Understudy'].join(' – ');
}
