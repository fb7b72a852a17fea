import type { StoryLine } from '../../ipc/daily/views.ts';
import type { EventView } from '../../ipc/views.ts';
import { seconds } from './seconds.ts';

/** Facts that the text says already, or that only tie events together. */
const UNSAID: ReadonlySet<string> = new Set([
  'incident',
  'vm',
  'host',
  'slot',
  'holder',
  'why',
  'to',
  'from',
]);
/** More facts than this make no line clearer. */
const MAX_WHY = 8;

const LABELS: Readonly<Record<string, string>> = {
  atMs: 'at',
  byItself: 'by itself',
  byTime: 'because its time T has passed',
  drops: 'drops',
  failures: 'failures',
  failuresBefore: 'failures before',
  offForMs: 'off for',
  downMs: 'without service for',
  tookMs: 'took',
  goneForMs: 'gone for',
  timeoutMs: 'timeout',
  afterMs: 'after',
  pauseMs: 'next attempt in',
  forMs: 'for',
};

/** One decision input in words: `took: 1.2 s`. */
function factText(name: string, value: string | number | boolean): string {
  const label = LABELS[name] ?? name.replaceAll(/([A-Z])/g, ' $1').toLowerCase();
  if (typeof value === 'number' && name.endsWith('Ms'))
    return `${label.replace(/ ms$/, '')}: ${seconds(value)}`;
  if (typeof value === 'boolean') return `${label}: ${value ? 'yes' : 'no'}`;
  return `${label}: ${value}`;
}

/** An event as a line of a story, with what it was decided from. */
export function storyLine(event: EventView): StoryLine {
  const { key, wallTime, host, code, level, text } = event;
  const why = Object.entries(event.facts ?? {}).flatMap(([name, value]) =>
    value === null || UNSAID.has(name) ? [] : [factText(name, value)],
  );
  return { key, at: wallTime, host, code, level, text, why: why.slice(0, MAX_WHY) };
}
