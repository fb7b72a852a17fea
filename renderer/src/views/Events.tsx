import { Download } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { IncidentKind, IncidentStory, SavedFile } from '../../../electron/ipc/daily/views.ts';
import { EventLog } from '../features/EventLog.tsx';
import { PageHeader } from '../features/GroupHeader.tsx';
import { Story } from '../features/Story.tsx';
import type { LiveGroup } from '../store/live.ts';
import { app, useWindow } from '../store/store.ts';
import { fileSize, incidentKinds } from '../text/daily.ts';
import { Button } from '../ui/Button.tsx';
import { FailureText } from '../ui/FailureText.tsx';

interface Filter {
  readonly search: string;
  readonly kind: IncidentKind | 'all';
}

function matches(story: IncidentStory, { search, kind }: Filter): boolean {
  if (kind !== 'all' && story.kind !== kind) return false;
  const wanted = search.trim().toLowerCase();
  const { title, cause, decision, outcome, hosts, vms, lines } = story;
  const texts = [title, cause, decision ?? '', outcome, ...hosts, ...vms.map(({ vmName }) => vmName)];
  return (
    texts.some((text) => text.toLowerCase().includes(wanted)) ||
    lines.some(({ text, code }) => text.toLowerCase().includes(wanted) || code.includes(wanted))
  );
}

type Saved =
  | { readonly kind: 'saved'; readonly file: SavedFile }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | null;

function Export({ groupId, filter }: { readonly groupId: string; readonly filter: Filter }) {
  const [saved, setSaved] = useState<Saved>(null);
  const save = async (format: 'csv' | 'json'): Promise<void> => {
    const kinds = filter.kind === 'all' ? [] : [filter.kind];
    const reply = await app().incidents.export({ groupId, format, kinds, search: filter.search });
    setSaved(reply.ok ? { kind: 'saved', file: reply.value } : { kind: 'failed', failure: reply.failure });
  };
  return (
    <div className="export">
      <div className="button-row">
        <Button onPress={() => void save('csv')} label="Export CSV: the stories shown, as a table">
          <Download aria-hidden="true" />
          Export CSV
        </Button>
        <Button onPress={() => void save('json')} label="Export JSON: the stories shown, with all lines">
          <Download aria-hidden="true" />
          Export JSON
        </Button>
      </div>
      <output>
        {saved?.kind === 'saved' ? (
          <p className="quiet">
            {`Saved as `}
            <code>{saved.file.path}</code>
            {`, ${fileSize(saved.file.bytes)}.`}
          </p>
        ) : null}
        {saved?.kind === 'failed' ? <FailureText failure={saved.failure} /> : null}
      </output>
    </div>
  );
}

function Filters({
  filter,
  onChange,
}: {
  readonly filter: Filter;
  readonly onChange: (filter: Filter) => void;
}) {
  return (
    <div className="filters">
      <label className="filter">
        <span className="visually-hidden">Search the stories</span>
        <input
          type="search"
          placeholder="Search by VM, host or text"
          maxLength={200}
          value={filter.search}
          onChange={(event) => onChange({ ...filter, search: event.target.value })}
        />
      </label>
      <label className="filter">
        <span className="visually-hidden">Kind of story</span>
        <select
          value={filter.kind}
          onChange={(event) => onChange({ ...filter, kind: event.target.value as Filter['kind'] })}
        >
          <option value="all">All kinds</option>
          {Object.entries(incidentKinds).map(([kind, name]) => (
            <option key={kind} value={kind}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

/** Stories drawn at once; more are a page of their own to scroll, and filtering is quicker. */
const SHOWN = 60;

function Stories({ group, asked }: { readonly group: LiveGroup; readonly asked: string | null }) {
  const all = useWindow(({ stories }) => stories);
  const [filter, setFilter] = useState<Filter>({ search: '', kind: 'all' });
  const wanted = useDeferredValue(filter);
  const ofGroup = (all ?? []).filter(({ groupId }) => groupId === group.id);
  const found = ofGroup.filter((story) => story.id === asked || matches(story, wanted)).toReversed();
  return (
    <>
      <div className="toolbar">
        <Filters filter={filter} onChange={setFilter} />
        <Export groupId={group.id} filter={filter} />
      </div>
      {found.length === 0 ? (
        <p className="empty">
          {all === null
            ? 'Waiting for the first report of the hosts.'
            : ofGroup.length === 0
              ? 'Nothing has happened yet. Failures, switchovers and maintenance are told here, each as one story.'
              : 'No story matches the filter.'}
        </p>
      ) : null}
      <div className="stories">
        {found.slice(0, SHOWN).map((story) => (
          <Story key={story.id} story={story} asked={story.id === asked} />
        ))}
      </div>
      {found.length > SHOWN ? (
        <p className="empty">{`${found.length - SHOWN} older stories match too: search to find them.`}</p>
      ) : null}
    </>
  );
}

/** What happened, one story an incident, told by all hosts together; and below it every line that they wrote. */
export function Events({ group }: { readonly group: LiveGroup }) {
  const asked = useWindow(({ route }) => route.item ?? null);
  const [lines, setLines] = useState(false);
  return (
    <>
      <PageHeader group={group} title="Events">
        <Button onPress={() => setLines(!lines)}>{lines ? 'Show the stories' : 'Show every line'}</Button>
      </PageHeader>
      {lines ? <EventLog groupId={group.id} /> : <Stories group={group} asked={asked} />}
    </>
  );
}
