import { memo, useEffect, useRef } from 'react';
import type { IncidentStory, StoryLine } from '../../../electron/ipc/daily/views.ts';
import { ago, incidentKinds, incidentTook, incidentVm, wallTime } from '../text/daily.ts';
import { levels, runSeconds, words } from '../text/en.ts';
import { Status, StatusMark } from '../ui/StatusMark.tsx';

const exact = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

/** A wall time that can't be read is shown as it came: it is for people only. */
function clockOf(iso: string): string {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? iso : exact.format(at);
}

function Line({ line }: { readonly line: StoryLine }) {
  const { word } = levels[line.level];
  return (
    <li className={`story-line story-line-${line.level}`}>
      <time dateTime={line.at}>{clockOf(line.at)}</time>
      <span className="event-host">{line.host}</span>
      <span className="story-line-mark">{word === null ? null : <StatusMark word={word} />}</span>
      <span>
        {line.text}
        {line.why.length === 0 ? null : <span className="row-sub">{line.why.join(' · ')}</span>}
        <span className="visually-hidden">{` (${levels[line.level].label})`}</span>
      </span>
    </li>
  );
}

function Lines({ story, open }: { readonly story: IncidentStory; readonly open: boolean }) {
  const { lines, linesLeftOut, hosts } = story;
  if (lines.length === 0) return null;
  return (
    <details className="story-lines" open={open}>
      <summary>{`What ${hosts.length > 1 ? 'the hosts' : (hosts[0] ?? 'the host')} wrote down, line by line`}</summary>
      <ol>
        {lines.map((line) => (
          <Line key={line.key} line={line} />
        ))}
      </ol>
      {linesLeftOut > 0 ? (
        <p className="quiet">{`${linesLeftOut} lines between the beginning and the end are left out.`}</p>
      ) : null}
    </details>
  );
}

/** Cause, decision and outcome: what happened, what the hosts made of it, and how it ended. */
function Telling({ story }: { readonly story: IncidentStory }) {
  const { cause, decision, outcome } = story;
  const parts = [
    { name: 'Cause', text: cause },
    { name: 'Decision', text: decision },
    { name: 'Outcome', text: outcome },
  ].filter(({ text }) => text !== null && text !== '');
  return (
    <dl className="story-telling">
      {parts.map(({ name, text }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

/** One incident as a story, told by all hosts together. */
export const Story = memo(function Story(props: {
  readonly story: IncidentStory;
  /** Asked for by its address: shown with its lines open, and scrolled to. */
  readonly asked?: boolean;
}) {
  const { story, asked = false } = props;
  const element = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!asked) return;
    element.current?.scrollIntoView({ block: 'start' });
    element.current?.focus({ preventScroll: true });
  }, [asked]);
  return (
    <article
      ref={element}
      tabIndex={asked ? -1 : undefined}
      className={`story story-${story.word}${asked ? ' story-asked' : ''}`}
      aria-label={story.title}
    >
      <header className="story-head">
        <StatusMark word={story.word} size="small" />
        <h3>{story.title}</h3>
        <span className="visually-hidden">{words[story.word]}</span>
        {story.whileAway ? <span className="tag">While you were away</span> : null}
        <span className="story-when">
          <time dateTime={story.startedAt}>{wallTime(story.startedAt)}</time>
          {`, ${ago(story.startedAt)}`}
          <span className="row-sub">
            {[incidentKinds[story.kind], incidentTook(story)].filter(Boolean).join(', ')}
          </span>
        </span>
      </header>
      <div className="story-body">
        <Telling story={story} />
        {story.downMs === null ? null : (
          <p className="story-down">
            <span className="story-seconds">{runSeconds(story.downMs)}</span>
            <span className="row-sub">{story.vms.length > 1 ? 'longest time down' : 'down'}</span>
          </p>
        )}
      </div>
      {story.vms.length === 0 ? null : (
        <ul className="story-vms" aria-label="VMs concerned">
          {story.vms.map((vm) => (
            <li key={vm.vmName}>{incidentVm(vm)}</li>
          ))}
        </ul>
      )}
      {story.needs === null ? null : (
        <p className="story-needs">
          <Status word="at-risk" label="Left to do" /> {story.needs}
        </p>
      )}
      <Lines story={story} open={asked} />
    </article>
  );
});
