import type {
  ConsoleLink,
  HostView,
  LinkEnd,
  RunView,
  VmPlace,
  VmView,
  Word,
} from '../../../electron/ipc/views.ts';
import type { LogEvent } from '../../../agent/protocol/event.ts';
import { duration } from '../../../electron/ipc/words.ts';

/** Every sentence of the window that depends on state; fixed labels stand where they are used. */

export const words: Readonly<Record<Word, string>> = {
  protected: 'Protected',
  working: 'Working',
  'at-risk': 'At risk',
  'not-protected': 'Not protected',
  paused: 'Paused',
  'not-known': 'Not known',
};

export const age = (ageMs: number): string => (ageMs < 1_500 ? 'now' : `${duration(ageMs)} ago`);

/** Milliseconds as people compare them: two digits that matter. */
export function milliseconds(ms: number | null): string {
  if (ms === null) return '–';
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)}\u00a0s`;
  if (ms >= 100) return `${Math.round(ms)}\u00a0ms`;
  return ms >= 10 ? `${ms.toFixed(0)}\u00a0ms` : `${ms.toFixed(1)}\u00a0ms`;
}

export const percent = (share: number | null): string =>
  share === null ? '–' : share > 0 && share < 0.01 ? '<1\u00a0%' : `${Math.round(share * 100)}\u00a0%`;

export function gibibytes(mib: number): string {
  const gib = mib / 1024;
  return gib < 10 && gib % 1 !== 0 ? `${gib.toFixed(1)}\u00a0GiB` : `${Math.round(gib)}\u00a0GiB`;
}

const phases: Readonly<Record<string, string>> = {
  waiting: 'Starting, watching the store before it writes',
  joining: 'Joining the group',
  alive: 'Up',
  holding: 'Guests held: no host reaches the store',
  stopping: 'Stopping its VMs: it lost the store',
  drained: 'Its VMs are stopped, waiting for the store',
  condemned: 'Its watchdog will reset it',
  passive: 'Stands aside',
  left: 'Left the group',
};

export interface HostWords {
  readonly word: Word;
  readonly label: string;
}

/** A host's state in words. Silence is only silence; "lost" means that the time has run out or there is a proof. */
const goingDownWords: Readonly<Record<NonNullable<HostView['goingDown']>, string>> = {
  shutdown: 'About to be switched off',
  'on-battery': 'On battery',
  'low-battery': 'On a low battery',
};

export function hostWords({ state, report, demoPower, goingDown }: HostView): HostWords {
  if (state === 'alive' && goingDown !== null) return { word: 'at-risk', label: goingDownWords[goingDown] };
  if (state === 'alive' && report?.fresh === true) {
    if (!report.keeperConnected) return { word: 'at-risk', label: 'Up, but its keeper does not answer' };
    const phase = report.phase ?? 'waiting';
    const label = phases[phase] ?? phase;
    if (phase === 'alive') return { word: 'protected', label };
    if (phase === 'waiting' || phase === 'joining') return { word: 'working', label };
    return { word: phase === 'left' ? 'paused' : 'not-protected', label };
  }
  if (demoPower === 'off') return { word: 'paused', label: 'Plug pulled' };
  if (state === 'alive') return { word: 'protected', label: 'Up, as the other host sees it' };
  if (state === 'late') return { word: 'at-risk', label: 'Late' };
  if (state === 'silent') return { word: 'at-risk', label: 'Silent' };
  if (state === 'dead') return { word: 'not-protected', label: 'Counted as lost' };
  return { word: 'not-known', label: 'Not known' };
}

export function consoleWords(link: ConsoleLink): string {
  if (link.kind === 'connected') return 'This app is connected.';
  if (link.kind === 'connecting') return 'This app is connecting …';
  return `This app lost its connection ${duration(link.forMs)} ago.`;
}

export function linkWords({ state, fresh }: Pick<LinkEnd, 'state' | 'fresh'>): HostWords {
  if (!fresh) return { word: 'not-known', label: 'Not known' };
  if (state === 'up') return { word: 'protected', label: 'Up' };
  if (state === 'late') return { word: 'at-risk', label: 'Late' };
  if (state === 'never') return { word: 'not-known', label: 'Never heard' };
  return { word: 'at-risk', label: 'Silent' };
}

const present: Readonly<Record<'running' | 'paused' | 'frozen' | 'starting', string>> = {
  running: 'Running',
  paused: 'Paused',
  frozen: 'Held',
  starting: 'Starting',
};

export interface PlaceWords {
  readonly main: string;
  readonly detail: string | null;
}

/** Where a VM is. `laterMs` has passed since the view was made. */
export function placeWords(place: VmPlace, laterMs: number): PlaceWords {
  switch (place.kind) {
    case 'running':
    case 'paused':
    case 'frozen':
    case 'starting': {
      const detail = place.forMs === null ? null : `for ${duration(place.forMs + laterMs)}`;
      return { main: `${present[place.kind]} on ${place.host}`, detail };
    }
    case 'held':
      return { main: `On ${place.host}`, detail: 'as the other host sees it' };
    case 'stopped':
      return { main: 'Stopped', detail: 'as wanted' };
    case 'waiting': {
      const main = place.lastOn === null ? 'Not running' : `Not running, last on ${place.lastOn}`;
      if (place.takeoverInMs === null) return { main, detail: null };
      const leftMs = place.takeoverInMs - laterMs;
      return { main, detail: leftMs < 500 ? 'being taken over' : `takeover in ${duration(leftMs)}` };
    }
    case 'not-known':
      return { main: 'Not known', detail: place.lastOn === null ? null : `last seen on ${place.lastOn}` };
    case 'twice':
      return { main: `Reported by ${place.hosts.join(' and ')} at once`, detail: null };
  }
}

const activities: Readonly<Record<RunView['kind'], string>> = {
  start: 'Start',
  restart: 'Restart',
  takeover: 'Takeover',
  switchover: 'Switchover',
  stop: 'Stop',
};
export const activityName = (kind: RunView['kind']): string => activities[kind];

export function runTitle({ kind, vmName, from, to }: RunView): string {
  const way =
    to === null
      ? `${from === null ? '' : `, from ${from}`}`
      : from !== null && from !== to
        ? `: ${from} → ${to}`
        : ` on ${to}`;
  return `${activityName(kind)} of ${vmName}${way}`;
}

/** "12.4 s": runs are short, and their seconds are what people came to see. */
export const runSeconds = (ms: number): string =>
  ms < 60_000 ? `${(ms / 1000).toFixed(1)}\u00a0s` : duration(ms);

/** How a run that is done went for its VM; null: nothing is known. `seen`: by whose clock, where that is to be said. */
export function runResult({ vmName, isLive, pauseMs }: RunView, seen = ''): string | null {
  const pause = pauseMs === null ? null : `${runSeconds(pauseMs)}${seen}`;
  if (!isLive) return pause === null ? null : `${vmName} was away for ${pause}.`;
  const stood = pause === null ? 'moved while it ran' : `stood still for ${pause}`;
  return `${vmName} ${stood}; it was not restarted.`;
}

export const levels: Readonly<
  Record<LogEvent['level'], { readonly word: Word | null; readonly label: string }>
> = {
  info: { word: null, label: 'Info' },
  notice: { word: null, label: 'Notice' },
  warning: { word: 'at-risk', label: 'Warning' },
  alarm: { word: 'not-protected', label: 'Alarm' },
};

export const profileWords: Readonly<Record<string, string>> = {
  swift: 'Swift',
  steady: 'Steady',
  patient: 'Patient',
};

/** Hosts that could take the VM: all its hosts except where it is. */
export function standbysOf(vm: Pick<VmView, 'hosts' | 'holder' | 'place'>): readonly string[] {
  const here = 'host' in vm.place ? vm.place.host : vm.holder;
  return vm.hosts.filter((host) => host !== here);
}
