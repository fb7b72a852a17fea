import type { IncidentKind, IncidentStory } from '../../ipc/daily/views.ts';

export interface StoryFilter {
  readonly groupId: string | null;
  readonly kinds: readonly IncidentKind[];
  readonly search: string;
}

/** The stories that pass a filter; the text may stand anywhere in them. Pure. */
export function filtered(
  stories: readonly IncidentStory[],
  { groupId, kinds, search }: StoryFilter,
): readonly IncidentStory[] {
  const wanted = search.trim().toLowerCase();
  return stories.filter(
    (story) =>
      (groupId === null || story.groupId === groupId) &&
      (kinds.length === 0 || kinds.includes(story.kind)) &&
      (wanted === '' || JSON.stringify(story).toLowerCase().includes(wanted)),
  );
}

const COLUMNS = [
  'incident',
  'kind',
  'title',
  'started',
  'ended',
  'seconds down',
  'time',
  'host',
  'level',
  'code',
  'text',
  'decided from',
] as const;

/** RFC 4180, a line for each event. A cell that a spreadsheet would take for a formula is led by an apostrophe. */
export function storiesCsv(stories: readonly IncidentStory[]): string {
  const cell = (value: string): string => {
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const rows = stories.flatMap((story) =>
    story.lines.map((line) => [
      story.id,
      story.kind,
      story.title,
      story.startedAt,
      story.endedAt ?? '',
      story.downMs === null ? '' : (story.downMs / 1000).toFixed(1),
      line.at,
      line.host,
      line.level,
      line.code,
      line.text,
      line.why.join('; '),
    ]),
  );
  return [COLUMNS, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

export const storiesJson = (stories: readonly IncidentStory[]): string =>
  `${JSON.stringify({ version: 1, incidents: stories }, null, 2)}\n`;
