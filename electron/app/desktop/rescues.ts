import type { IncidentStory } from '../../ipc/daily/views.ts';
import type { RunView } from '../../ipc/views.ts';
import { count, duration, listed } from '../../ipc/words.ts';
import type { Alert, AlertInput } from './alerts.ts';
import { nowhere, type Place } from './tray.ts';

/** What the hosts do on their own, one story for all VMs of one cause. */
interface Rescue {
  readonly runs: readonly string[];
}

/** The stories under way by their key, and the runs that need no word any more. */
export interface Rescues {
  readonly open: ReadonlyMap<string, Rescue>;
  readonly over: ReadonlySet<string>;
}
export const noRescues: Rescues = { open: new Map(), over: new Set() };

/** Desktops cut longer texts. */
const MAX_CAUSE = 140;

const isRescue = ({ kind }: RunView): boolean => kind === 'takeover' || kind === 'restart';
/** A host's failure is one story, whatever it ran; a VM that failed by itself is its own. */
const keyOf = ({ groupId, kind, from, vmId }: RunView): string =>
  kind === 'takeover' ? `${groupId} takeover ${from ?? ''}` : `${groupId} restart ${vmId}`;

/** Names while there are few, a number when there are many. */
const named = (runs: readonly RunView[]): string =>
  runs.length <= 3 ? listed(runs.map(({ vmName }) => vmName)) : count(runs.length, 'VM');

/** The hosts' own account of it, once their events have told it. */
function storyOf(first: RunView, { incidents }: AlertInput): IncidentStory | undefined {
  const about = first.kind === 'takeover' ? 'host-lost' : 'vm-failed';
  return incidents.findLast(
    ({ groupId, kind, vms }) =>
      groupId === first.groupId && kind === about && vms.some(({ vmName }) => vmName === first.vmName),
  );
}

function placeOf(first: RunView, story: IncidentStory | undefined): Place {
  const place = { ...nowhere, groupId: first.groupId };
  return story === undefined ? place : { ...place, page: 'events', incidentId: story.id };
}

function begun(runs: readonly RunView[], first: RunView): Pick<Alert, 'title' | 'body'> {
  const host = first.from ?? 'its host';
  if (first.kind === 'restart')
    return { title: `${first.vmName} has failed`, body: `It is being started again on ${first.to ?? host}.` };
  const start = runs.length === 1 ? 'starts' : 'start';
  return {
    title: `${first.from ?? 'A host'} does not answer`,
    body: `${named(runs)} ${start} on another host as soon as ${host} is certainly stopped.`,
  };
}

function away(runs: readonly RunView[]): string {
  const pauses = runs.flatMap(({ pauseMs }) => (pauseMs === null ? [] : [pauseMs]));
  if (pauses.length === 0) return '';
  return `${runs.length === 1 ? 'It was' : 'They were'} away for ${pauses.length === 1 ? '' : 'up to '}${duration(Math.max(...pauses))}. `;
}

function done(
  runs: readonly RunView[],
  first: RunView,
  story: IncidentStory | undefined,
): Pick<Alert, 'title' | 'body'> {
  const to = listed([...new Set(runs.flatMap((run) => run.to ?? []))]);
  const title = `${named(runs)} ${runs.length === 1 ? 'runs' : 'run'}${to === '' ? ' again' : ` on ${to}`}`;
  const plain = first.kind === 'restart' ? 'The VM had failed.' : `${first.from ?? 'Its host'} failed.`;
  const told = first.kind === 'takeover' ? story?.cause : undefined;
  const why = told === undefined || told.length > MAX_CAUSE ? plain : told;
  return { title, body: `${away(runs)}${why}` };
}

function failed(runs: readonly RunView[], all: readonly RunView[]): Pick<Alert, 'title' | 'body'> {
  const [first] = runs;
  const was = runs.length === 1 ? 'was' : 'were';
  const what = first?.kind === 'restart' ? 'not started again' : 'not taken over';
  const rest = all.length - runs.length;
  const others = rest === 0 ? '' : ` ${count(rest, 'other VM')} ${rest === 1 ? 'runs' : 'run'}.`;
  return {
    title: `${named(runs)} ${was} ${what}`,
    body: `${first?.failure?.message ?? ''} ${first?.failure?.fix ?? ''}`.trim() + others,
  };
}

function told(runs: readonly RunView[], first: RunView, input: AlertInput): Alert {
  const story = storyOf(first, input);
  const lost = runs.filter(({ state }) => state === 'failed');
  const busy = runs.filter(({ state }) => state === 'under-way');
  const underWay = busy.length > 0;
  const words = underWay
    ? begun(busy, first)
    : lost.length > 0
      ? failed(lost, runs)
      : done(runs, first, story);
  const grave = !underWay && lost.length > 0;
  return { key: keyOf(first), kind: 'failover', ...words, place: placeOf(first, story), grave };
}

/**
 * Follows what the hosts do on their own: a word when it begins, and one when all of it has ended. What had ended
 * before it was first seen is history.
 */
export function nextRescues(
  { open, over }: Rescues,
  input: AlertInput,
): { readonly memory: Rescues; readonly alerts: readonly Alert[] } {
  const rescues = Map.groupBy(
    input.runs.filter((run) => isRescue(run) && !over.has(run.id)),
    keyOf,
  );
  const nextOpen = new Map<string, Rescue>();
  const nextOver = new Set(input.runs.filter(({ id }) => over.has(id)).map(({ id }) => id));
  const alerts: Alert[] = [];
  for (const [key, runs] of rescues) {
    const [first] = runs;
    if (first === undefined) continue;
    const known = open.get(key);
    const underWay = runs.some(({ state }) => state === 'under-way');
    if (underWay) nextOpen.set(key, { runs: runs.map(({ id }) => id) });
    else for (const { id } of runs) nextOver.add(id);
    const hasNew = runs.some(({ id }) => known?.runs.includes(id) !== true);
    if (underWay ? hasNew : known !== undefined) alerts.push(told(runs, first, input));
  }
  return { memory: { open: nextOpen, over: nextOver }, alerts };
}
