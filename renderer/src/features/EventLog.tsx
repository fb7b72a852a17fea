import { useDeferredValue, useState } from 'react';
import type { EventView } from '../../../electron/ipc/views.ts';
import { useWindow } from '../store/store.ts';
import { levels } from '../text/en.ts';
import { Panel } from '../ui/Panel.tsx';
import { Status } from '../ui/StatusMark.tsx';

type Level = 'all' | 'notice' | 'warning';
const ranks: Readonly<Record<EventView['level'], number>> = { info: 0, notice: 1, warning: 2, alarm: 3 };
const floors: Readonly<Record<Level, number>> = { all: 0, notice: 1, warning: 2 };

const time = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });

/** A wall time that can't be read is shown as it came: it is for people only. */
function local(format: Intl.DateTimeFormat, wallTime: string): string {
  const at = new Date(wallTime);
  return Number.isNaN(at.getTime()) ? wallTime : format.format(at);
}

function Why({ event }: { readonly event: EventView }) {
  const facts = Object.entries(event.facts ?? {});
  return (
    <details className="why">
      <summary>Why</summary>
      <dl>
        <div>
          <dt>code</dt>
          <dd>{event.code}</dd>
        </div>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{String(value)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

/** Only what needs attention carries a state's shape. */
function EventLevel({ level }: Pick<EventView, 'level'>) {
  const { word, label } = levels[level];
  return word === null ? <span className="event-level">{label}</span> : <Status word={word} label={label} />;
}

function EventRow({ event }: { readonly event: EventView }) {
  return (
    <li className={`event event-${event.level}`}>
      <time dateTime={event.wallTime}>{local(time, event.wallTime)}</time>
      <span className="event-host">{event.host}</span>
      <EventLevel level={event.level} />
      <div className="event-text">
        <p>{event.text}</p>
        <Why event={event} />
      </div>
    </li>
  );
}

function Filters({
  text,
  onText,
  level,
  onLevel,
}: {
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly level: Level;
  readonly onLevel: (level: Level) => void;
}) {
  return (
    <>
      <label className="filter">
        <span className="visually-hidden">Filter events by text, host or VM</span>
        <input
          type="search"
          placeholder="Filter by text, host or VM"
          value={text}
          onChange={(event) => onText(event.target.value)}
        />
      </label>
      <label className="filter">
        <span className="visually-hidden">Lowest level shown</span>
        <select value={level} onChange={(event) => onLevel(event.target.value as Level)}>
          <option value="all">All levels</option>
          <option value="notice">Notices and above</option>
          <option value="warning">Warnings and alarms</option>
        </select>
      </label>
    </>
  );
}

/** Rows drawn at once; of more, the newest. Who looks further back filters. */
const SHOWN = 200;

/** What the hosts wrote down, merged; the newest first. The hosts keep it, this app only shows it. */
export function EventLog({ groupId }: { readonly groupId: string }) {
  const all = useWindow(({ events }) => events);
  const [text, setText] = useState('');
  const [level, setLevel] = useState<Level>('all');
  const wanted = useDeferredValue(text.trim().toLowerCase());
  const matching = all
    .filter((event) => event.groupId === groupId && ranks[event.level] >= floors[level])
    .filter((event) =>
      [event.text, event.host, event.vm ?? '', event.code].some((part) =>
        part.toLowerCase().includes(wanted),
      ),
    )
    .toReversed();
  const days = [...Map.groupBy(matching.slice(0, SHOWN), (event) => local(day, event.wallTime))];
  return (
    <Panel
      title="All events"
      aside={<Filters text={text} onText={setText} level={level} onLevel={setLevel} />}
    >
      {matching.length === 0 ? (
        <p className="empty">
          {all.length === 0 ? 'No event has come in from the hosts yet.' : 'No event matches the filter.'}
        </p>
      ) : null}
      {days.map(([name, events]) => (
        <section key={name} className="event-day" aria-label={name}>
          <h3>{name}</h3>
          <ol>
            {events.map((event) => (
              <EventRow key={event.key} event={event} />
            ))}
          </ol>
        </section>
      ))}
      {matching.length > SHOWN ? (
        <p className="empty">{`${matching.length - SHOWN} older events match too: filter to find them.`}</p>
      ) : null}
    </Panel>
  );
}
