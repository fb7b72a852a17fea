import type { BeatSeries, GroupView, HostView, LinkEnd, LinkView } from '../../../electron/ipc/views.ts';
import { useWindow } from '../store/store.ts';
import { useViewAge } from '../store/selectors.ts';
import { age, linkWords, milliseconds, percent } from '../text/en.ts';
import { Age } from '../ui/Age.tsx';
import { Panel } from '../ui/Panel.tsx';
import { Status } from '../ui/StatusMark.tsx';
import { Strip } from '../ui/Strip.tsx';

const none: readonly BeatSeries[] = [];
const empty: readonly (number | null)[] = [];

function LinkRow({
  link,
  end,
  samples,
}: {
  readonly link: LinkView;
  readonly end: LinkEnd;
  readonly samples: readonly (number | null)[];
}) {
  const laterMs = useViewAge();
  const from = link.hosts[0] === end.at ? link.hosts[1] : link.hosts[0];
  const { word, label } = linkWords(end);
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
      <td className="figure">{milliseconds(end.rttMs)}</td>
      <td className="figure">{milliseconds(end.rttMaxMs)}</td>
      <td className="figure">{percent(end.loss)}</td>
      <td className="figure">{heard}</td>
    </tr>
  );
}

function StoreRow({
  host,
  samples,
}: {
  readonly host: HostView;
  readonly samples: readonly (number | null)[];
}) {
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
      <td className="figure">{milliseconds(store.renewP50Ms)}</td>
      <td className="figure">{milliseconds(store.renewMaxMs)}</td>
      <td className="figure">–</td>
      <td className="figure">
        <Age ageMs={report.ageMs} />
      </td>
    </tr>
  );
}

/** Every heartbeat of the group with its last two minutes: host to host per link and direction, host to store. */
export function Heartbeats({ group }: { readonly group: GroupView }) {
  const series = useWindow(({ beats }) => beats.find(({ groupId }) => groupId === group.id)?.series ?? none);
  const samples = (key: string) => series.find((one) => one.key === key)?.samples ?? empty;
  return (
    <Panel title="Heartbeats" aside="Last two minutes, one bar a second" className="panel-below">
      <div className="table-scroll">
        <table className="table heartbeats">
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
          <tbody>
            {group.links.flatMap((link) =>
              link.ends.map((end) => (
                <LinkRow key={end.beats} link={link} end={end} samples={samples(end.beats)} />
              )),
            )}
            {group.hosts.map((host) => (
              <StoreRow key={host.name} host={host} samples={samples(`store/${host.name}`)} />
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
