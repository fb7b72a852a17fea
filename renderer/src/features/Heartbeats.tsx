import { memo, useState } from 'react';
import type { BeatSeries, LinkEnd } from '../../../electron/ipc/views.ts';
import type { LiveGroup, LiveHost, LiveLink } from '../store/live.ts';
import { useLater } from '../store/selectors.ts';
import { useWindow } from '../store/store.ts';
import { age, linkWords, milliseconds, percent } from '../text/en.ts';
import { Age } from '../ui/Age.tsx';
import { Panel } from '../ui/Panel.tsx';
import { Status } from '../ui/StatusMark.tsx';
import { Strip } from '../ui/Strip.tsx';

/** Beyond this many hosts the table of all pairs is no overview: one listening host is shown at a time. */
const ALL_UP_TO_HOSTS = 3;

const none: readonly BeatSeries[] = [];
const empty: readonly (number | null)[] = [];
type Samples = readonly (number | null)[];

function LinkRow({
  link,
  end,
  samples,
}: {
  readonly link: LiveLink;
  readonly end: LinkEnd;
  readonly samples: Samples;
}) {
  const laterMs = useLater(link.atMs);
  const from = link.hosts[0] === end.at ? link.hosts[1] : link.hosts[0];
  const { word, label } = linkWords(end);
  // What was measured before the silence is not how it is now.
  const now = end.fresh && end.state === 'up' ? end.rttMs : null;
  const heard = end.lastHeardAgoMs === null ? 'never' : age(end.lastHeardAgoMs + laterMs);
  return (
    <tr className={end.fresh ? '' : 'row-old'}>
      <th scope="row">
        {from} <span aria-label="to">→</span> {end.at}
        <span className="row-sub">{`link ${link.link + 1}, ${end.address}`}</span>
      </th>
      <td>
        <Status word={word} label={label} />
      </td>
      <td className="cell-strip">
        <Strip samples={samples} label={`Beats from ${from} heard on ${end.at}, link ${link.link + 1}`} />
      </td>
      <td className="figure">{milliseconds(now)}</td>
      <td className="figure">{milliseconds(end.rttMaxMs)}</td>
      <td className="figure">{percent(end.loss)}</td>
      <td className="figure">{heard}</td>
    </tr>
  );
}

function StoreRow({ host, samples }: { readonly host: LiveHost; readonly samples: Samples }) {
  const { report } = host;
  if (report === null) return null;
  const { store } = report;
  const known = report.fresh && store.reachable !== null;
  const word = known ? (store.reachable ? 'protected' : 'not-protected') : 'not-known';
  const label = known ? (store.reachable ? 'Up' : 'Not reached') : 'Not known';
  return (
    <tr className={report.fresh ? '' : 'row-old'}>
      <th scope="row">
        {host.name} <span aria-label="to">→</span> store
        <span className="row-sub">lease write</span>
      </th>
      <td>
        <Status word={word} label={label} />
      </td>
      <td className="cell-strip">
        <Strip samples={samples} label={`Lease writes of ${host.name}`} />
      </td>
      <td className="figure">{milliseconds(known && store.reachable ? store.renewP50Ms : null)}</td>
      <td className="figure">{milliseconds(store.renewMaxMs)}</td>
      <td className="figure">–</td>
      <td className="figure">
        <Age ageMs={report.ageMs} atMs={host.atMs} />
      </td>
    </tr>
  );
}

const Head = memo(function Head() {
  return (
    <thead>
      <tr>
        <th scope="col">From → to</th>
        <th scope="col">State</th>
        <th scope="col">Two minutes</th>
        <th scope="col" className="figure">
          Now
        </th>
        <th scope="col" className="figure">
          Worst
        </th>
        <th scope="col" className="figure">
          Lost
        </th>
        <th scope="col" className="figure">
          Heard
        </th>
      </tr>
    </thead>
  );
});

/** The host that hears something badly, else the first: what one would look at first. */
function worthALook(group: LiveGroup): string {
  const bad = group.links.flatMap(({ ends }) => ends).find((end) => linkWords(end).word === 'at-risk');
  return bad?.at ?? group.hosts[0]?.name ?? '';
}

function ListenerChoice({
  group,
  listener,
  onChoose,
}: {
  readonly group: LiveGroup;
  readonly listener: string;
  readonly onChoose: (host: string) => void;
}) {
  return (
    <label className="filter">
      <span>Heard on </span>
      <select value={listener} onChange={(event) => onChoose(event.target.value)}>
        {group.hosts.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}

/** Every heartbeat of the group with its last two minutes: host to host per link and direction, host to store. */
export function Heartbeats({ group }: { readonly group: LiveGroup }) {
  const series = useWindow(({ beats }) => beats.find(({ groupId }) => groupId === group.id)?.series ?? none);
  const [chosen, setChosen] = useState<string | null>(null);
  const samples = (key: string) => series.find((one) => one.key === key)?.samples ?? empty;
  const all = group.hosts.length <= ALL_UP_TO_HOSTS;
  const listener = all ? null : (chosen ?? worthALook(group));
  const isShown = (host: string): boolean => listener === null || host === listener;
  return (
    <Panel
      title="Heartbeats"
      aside={
        <>
          <span>Last two minutes, one bar a second</span>
          {listener === null ? null : (
            <ListenerChoice group={group} listener={listener} onChoose={setChosen} />
          )}
        </>
      }
    >
      <div className="table-scroll">
        <table className="table heartbeats">
          <Head />
          <tbody>
            {group.links.flatMap((link) =>
              link.ends
                .filter(({ at }) => isShown(at))
                .map((end) => <LinkRow key={end.beats} link={link} end={end} samples={samples(end.beats)} />),
            )}
            {group.hosts
              .filter(({ name }) => isShown(name))
              .map((host) => (
                <StoreRow key={host.name} host={host} samples={samples(`store/${host.name}`)} />
              ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
