import type { IncidentStory, StoryLine } from '../../ipc/daily/views.ts';
import type { EventView } from '../../ipc/views.ts';
import { hostStory } from './hostStory.ts';
import { changeStory, linkStory, storeStory, troubleStory } from './otherStories.ts';
import { storyLine } from './storyLine.ts';
import { type Thread, threads } from './threads.ts';
import type { Told } from './told.ts';
import { vmStory } from './vmStory.ts';

/** Kept for the window; the hosts' event logs keep more. */
const MAX_STORIES = 120;
/** A long story is told by its beginning and its end. */
const FIRST_LINES = 30;
const LAST_LINES = 20;

function tell(thread: Thread): Told {
  const { about, events } = thread;
  switch (about.kind) {
    case 'host':
      return hostStory(about.host, events);
    case 'vm':
      return vmStory(about.vm, events);
    case 'store':
      return storeStory(events);
    case 'links':
      return linkStory(events);
    case 'change':
      return changeStory(events);
    case 'trouble':
      return troubleStory(events);
  }
}

function shortened(lines: readonly StoryLine[]): {
  readonly lines: readonly StoryLine[];
  readonly leftOut: number;
} {
  const leftOut = lines.length - FIRST_LINES - LAST_LINES;
  if (leftOut <= 0) return { lines, leftOut: 0 };
  return { lines: [...lines.slice(0, FIRST_LINES), ...lines.slice(-LAST_LINES)], leftOut };
}

function story(thread: Thread, missed: ReadonlySet<string>): IncidentStory {
  const { events, groupId } = thread;
  const { isOver, ...told } = tell(thread);
  const [first, last] = [events[0], events.at(-1)];
  const { lines, leftOut } = shortened(events.map(storyLine));
  const downs = told.vms.flatMap(({ downMs }) => downMs ?? []);
  return {
    ...told,
    id: first?.key ?? groupId,
    groupId,
    startedAt: first?.wallTime ?? '',
    endedAt: isOver ? (last?.wallTime ?? '') : null,
    hosts: [...new Set(events.map(({ host }) => host))].toSorted(),
    downMs: downs.length === 0 ? null : Math.max(...downs),
    lines,
    linesLeftOut: leftOut,
    whileAway: events.some(({ key }) => missed.has(key)),
  };
}

/**
 * Tells what happened as stories, one for each reason, from the events of all hosts of all groups, oldest first.
 * `missed`: keys of events that happened while this app was not watching. Pure.
 */
export function stories(
  events: readonly EventView[],
  missed: ReadonlySet<string> = new Set(),
): readonly IncidentStory[] {
  const groups = Map.groupBy(events, ({ groupId }) => groupId);
  return [...groups.values()]
    .flatMap((ofGroup) => threads(ofGroup).map((thread) => story(thread, missed)))
    .toSorted((a, b) => a.startedAt.localeCompare(b.startedAt) || a.id.localeCompare(b.id))
    .slice(-MAX_STORIES);
}
