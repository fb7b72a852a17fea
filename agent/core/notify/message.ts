import type { LogEvent } from '../../protocol/event.ts';
import { isoTime } from './calendar.ts';
import type { Draft, Incident, Look, Message } from './types.ts';

/** Lines of the log that a message carries; the hosts have the rest. */
const MAX_LINES = 12;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;

type Story = Pick<Message, 'level' | 'title' | 'what' | 'why' | 'now' | 'toDo' | 'downMs' | 'vms'>;

/** Makes the message of an incident that has settled. */
export function messageOf(draft: Draft, incident: Incident): Message {
  const lines = incident.events.slice(-MAX_LINES).map((event) => {
    const at = event.wallTime.replace('T', ' ').slice(0, 19);
    return `${at} UTC  ${event.host}  ${event.text} [${event.code}]`;
  });
  return {
    incident: incident.key,
    about: incident.about,
    group: draft.look?.group ?? '',
    host: draft.hostName,
    startedAt: isoTime(incident.firstWallMs),
    lines,
    ...storyOf(incident),
  };
}

function storyOf(incident: Incident): Story {
  switch (incident.about) {
    case 'host':
      return hostStory(incident);
    case 'vm':
      return vmStory(incident);
    case 'store':
    case 'links':
    case 'trouble':
    case 'protection':
    case 'weekly':
      return troubleStory(incident);
  }
}

interface Fate {
  readonly on: string;
  readonly state: 'runs' | 'starting' | 'down';
  readonly downMs: number | null;
}

/** What has become of each VM of a story. */
export function fatesOf(events: readonly LogEvent[]): ReadonlyMap<string, Fate> {
  const fates = new Map<string, Fate>();
  for (const { code, vm, host, facts } of events) {
    if (vm === undefined) continue;
    const down = facts?.['downMs'];
    if (code === 'vm.started' || code === 'vm.restarted' || code === 'vm.resumed')
      fates.set(vm, { on: host, state: 'runs', downMs: typeof down === 'number' ? down : null });
    else if (code === 'vm.taken-over' || code === 'vm.crashed' || code === 'vm.failed-here')
      fates.set(vm, { on: host, state: 'starting', downMs: null });
    else if (code === 'vm.gave-up' || code === 'vm.start-failed')
      fates.set(vm, { on: host, state: 'down', downMs: null });
  }
  return fates;
}

function nowOf(fates: ReadonlyMap<string, Fate>): string | null {
  const parts = [...fates].map(([vm, { on, state, downMs }]) => {
    if (state === 'down') return `${vm} does not run.`;
    if (state === 'starting') return `${vm} is being started on ${on}.`;
    return `${vm} runs on ${on} again${downMs === null ? '' : ` after ${seconds(downMs)} without service`}.`;
  });
  return parts.length === 0 ? null : parts.join(' ');
}

function longestDown(fates: ReadonlyMap<string, Fate>): number | null {
  const times = [...fates.values()].flatMap(({ downMs }) => downMs ?? []);
  return times.length === 0 ? null : Math.max(...times);
}

const textFact = (event: LogEvent | undefined, name: string): string | null => {
  const value = event?.facts?.[name];
  return typeof value === 'string' ? value : null;
};

function hostStory({ key, events }: Incident): Story {
  const host = key.replace(/-e\d+(?:\+.*)?$/, '');
  const fates = fatesOf(events);
  const down = [...fates].filter(([, { state }]) => state === 'down').map(([vm]) => vm);
  const takers = [...new Set([...fates.values()].map(({ on }) => on))].toSorted();
  const taken = events.find(({ code }) => code === 'vm.taken-over');
  const dead = events.find(({ code }) => code === 'host.dead-up-to');
  const stopped = events.find(({ code }) => code === 'keeper.condemned' || code === 'keeper.lapsed');
  const said = textFact(taken, 'why');
  return {
    level: 'alarm',
    title:
      fates.size === 0
        ? `${host} was lost`
        : `${listed(takers)} took over ${plural(fates.size, 'VM')} from ${host}`,
    what:
      dead?.facts?.['byTime'] === true
        ? `${host} gave no sign of life on the store for the time T: its power, its system or its way to the store failed.`
        : (stopped?.text ?? `${host} can not run its VMs any more.`),
    why: said === null ? null : `The others acted because ${said}.`,
    now: nowOf(fates) ?? 'No VM had to be moved.',
    toDo:
      down.length > 0
        ? `Start ${listed(down)} by hand, after reading why it failed.`
        : `Bring ${host} back: check its power, its network and its storage. It joins by itself. Until then a second failure may not be covered.`,
    downMs: longestDown(fates),
    vms: [...fates.keys()],
  };
}

function vmStory({ events }: Incident): Story {
  const fates = fatesOf(events);
  const first = events.find(({ level }) => level === 'warning' || level === 'alarm') ?? events[0];
  const vm = first?.vm ?? [...fates.keys()][0] ?? 'A VM';
  const fate = fates.get(vm);
  const gaveUp = events.findLast(({ code }) => code === 'vm.gave-up');
  const moved = fate?.state === 'runs' && first !== undefined && fate.on !== first.host;
  return {
    level: fate?.state === 'runs' ? 'warning' : 'alarm',
    title:
      fate === undefined
        ? `${vm} needs a look`
        : fate.state !== 'runs'
          ? `${vm} is down`
          : moved
            ? `${vm} failed and runs on ${fate.on} now`
            : `${vm} failed and was restarted`,
    what: first?.text ?? `${vm} failed.`,
    why: null,
    now: nowOf(fates),
    toDo:
      gaveUp === undefined
        ? `If it happens again, look at the guest ${vm} and at its host.`
        : `Look at the guest; "understudy start ${vm}" tries at once.`,
    downMs: longestDown(fates),
    vms: [vm],
  };
}

const TO_DO: Readonly<Record<string, string>> = {
  store: 'Check the network to the storage, and the storage itself.',
  links: 'Check the cable and the switch between these hosts. Nothing is moved for that alone.',
  trouble: 'Look at the status in the app, or with "understudy status" on the host.',
};

function troubleStory({ about, events }: Incident): Story {
  const worst = events.find(({ level }) => level === 'alarm') ?? events[0];
  const newest = events.at(-1);
  const vm = worst?.vm;
  return {
    level: worst?.level === 'alarm' ? 'alarm' : 'warning',
    title: worst === undefined ? 'Something happened' : `${worst.host}: ${worst.text}`,
    what: worst?.text ?? '',
    why: null,
    now: newest === undefined || newest === worst ? null : `${newest.host}: ${newest.text}`,
    toDo: TO_DO[about] ?? null,
    downMs: null,
    vms: vm === undefined ? [] : [vm],
  };
}

/** Protection has been missing for too long, or is there again. */
export function missingMessage(draft: Draft, key: string, sinceWallMs: number, look: Look): Message {
  const without = look.vms.filter(({ unprotectedBecause }) => unprotectedBecause !== null);
  const isBack = without.length === 0;
  const minutes = Math.round((draft.wallMs - sinceWallMs) / 60_000);
  const reasons = [...new Set(without.flatMap((vm) => vm.unprotectedBecause ?? []))];
  return {
    incident: key,
    about: 'protection',
    level: isBack ? 'notice' : 'alarm',
    group: look.group,
    host: draft.hostName,
    startedAt: isoTime(sinceWallMs),
    title: isBack
      ? 'All VMs are protected again'
      : `${plural(without.length, 'VM')} without protection for ${minutes} min`,
    what: isBack
      ? 'A failure of a host would be handled again.'
      : `If a host failed now, ${listed(without.map(({ name }) => name))} would stay down.`,
    why: reasons.length === 0 ? null : reasons.slice(0, 5).join(' '),
    now: null,
    toDo: isBack ? null : 'Open the app, or run "understudy status" on a host: it says what to do.',
    downMs: null,
    vms: without.map(({ name }) => name),
    lines: [],
  };
}

/** The note of the week. That it came at all is half of what it says. */
export function weeklyMessage(draft: Draft, key: string, look: Look, told: number): Message {
  const without = look.vms.filter(({ unprotectedBecause }) => unprotectedBecause !== null);
  const all = plural(look.vms.length, 'VM');
  const isWell = without.length === 0;
  return {
    incident: key,
    about: 'weekly',
    level: isWell ? 'notice' : 'alarm',
    group: look.group,
    host: draft.hostName,
    startedAt: isoTime(draft.wallMs),
    title: isWell ? `Still protected: ${all}` : `Not protected: ${without.length} of ${all}`,
    what: isWell
      ? `${all} on ${plural(look.hosts, 'host')} would be started elsewhere if a host failed. ${look.hostsAlive} of ${plural(look.hosts, 'host')} renew their lease.`
      : `If a host failed now, ${listed(without.map(({ name }) => name))} would stay down.`,
    why: isWell
      ? null
      : [...new Set(without.flatMap((vm) => vm.unprotectedBecause ?? []))].slice(0, 5).join(' '),
    now: `${plural(told, 'message')} went out from ${draft.hostName} in the last seven days.`,
    toDo: isWell
      ? 'Nothing. If this note does not come one week, look at the hosts.'
      : 'Open the app, or run "understudy status" on a host: it says what to do.',
    downMs: null,
    vms: [],
    lines: [],
  };
}
