import { ArrowRightLeft } from 'lucide-react';
import { useState } from 'react';
import type { GroupView, HostView, VmView } from '../../../electron/ipc/views.ts';
import { count, duration } from '../../../electron/ipc/words.ts';
import { openSwitchOver } from '../store/actions.ts';
import { useViewAge } from '../store/selectors.ts';
import { activityName, gibibytes, hostWords, placeWords, standbysOf, type HostWords } from '../text/en.ts';
import { Age } from '../ui/Age.tsx';
import { Button } from '../ui/Button.tsx';
import { Panel } from '../ui/Panel.tsx';
import { Status, StatusMark } from '../ui/StatusMark.tsx';
import { switchOverRefusal } from './switchOverRefusal.ts';

/** A table this long gets a filter. */
const FILTER_FROM = 8;

function Reasons({ vm }: { readonly vm: VmView }) {
  const [first, ...rest] = vm.readiness.reasons;
  if (first === undefined) return null;
  return (
    <div className="reasons">
      <p>
        {first.message}
        {first.fix === undefined ? null : <span className="reason-fix"> {first.fix}</span>}
      </p>
      {rest.length === 0 ? null : (
        <details>
          <summary>{`${count(rest.length, 'more reason')}`}</summary>
          <ul>
            {rest.map(({ code, message, fix }) => (
              <li key={code}>
                {message}
                {fix === undefined ? null : <span className="reason-fix"> {fix}</span>}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function Activity({ vm }: { readonly vm: VmView }) {
  const laterMs = useViewAge();
  const { activity } = vm;
  if (activity === null) return null;
  return (
    <p className="activity">
      {`${activityName(activity.kind)}: ${activity.step}, ${duration(activity.forMs + laterMs)}`}
    </p>
  );
}

/** A standby that could not take over now is marked with its own state, so that the name alone does not comfort. */
function Standby({ name, host }: { readonly name: string; readonly host: HostView | undefined }) {
  if (host?.state === 'alive') return <span className="standby">{name}</span>;
  const { word, label } = host === undefined ? unknownHost : hostWords(host);
  return (
    <span className="standby" title={label}>
      <StatusMark word={word} /> {name}
      <span className="visually-hidden">{`: ${label}`}</span>
    </span>
  );
}
const unknownHost: HostWords = { word: 'not-known', label: 'Not known' };

function VmRow({ group, vm }: { readonly group: GroupView; readonly vm: VmView }) {
  const laterMs = useViewAge();
  const place = placeWords(vm.place, laterMs);
  const standbys = standbysOf(vm);
  return (
    <tr className={vm.fresh ? '' : 'row-old'}>
      <th scope="row" title={vm.name}>
        {vm.name}
        {vm.memoryMiB === null ? null : <span className="row-sub">{gibibytes(vm.memoryMiB)}</span>}
      </th>
      <td>
        {place.main}
        {place.detail === null ? null : <span className="row-sub">{place.detail}</span>}
      </td>
      <td>
        {standbys.length === 0 ? 'None' : null}
        {standbys.map((name) => (
          <Standby key={name} name={name} host={group.hosts.find((host) => host.name === name)} />
        ))}
      </td>
      <td className="cell-readiness">
        <Status word={vm.word} />
        <Activity vm={vm} />
        <Reasons vm={vm} />
      </td>
      <td className="figure">
        <Age ageMs={vm.ageMs} />
        <span className="row-sub">{`from ${vm.reportedBy}`}</span>
      </td>
      <td className="cell-action">
        <Button
          onPress={() => openSwitchOver(group.id, vm.id)}
          off={switchOverRefusal(group, vm)}
          label={`Switch over ${vm.name}`}
        >
          <ArrowRightLeft aria-hidden="true" />
          Switch over
        </Button>
      </td>
    </tr>
  );
}

/** Every protected VM: where it is, who stands by, and why it is or is not protected. */
export function VmTable({ group }: { readonly group: GroupView }) {
  const [filter, setFilter] = useState('');
  const wanted = filter.trim().toLowerCase();
  const matches = ({ name, word, holder }: VmView): boolean =>
    [name, word, holder ?? ''].some((text) => text.toLowerCase().includes(wanted));
  const shown = wanted === '' ? group.vms : group.vms.filter(matches);
  const good = group.vms.filter(({ word }) => word === 'protected').length;
  const aside =
    group.vms.length >= FILTER_FROM ? (
      <label className="filter">
        <span className="visually-hidden">Filter VMs by name, host or state</span>
        <input
          type="search"
          placeholder="Filter by name, host or state"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
      </label>
    ) : (
      `${good} of ${group.vms.length} fully protected`
    );
  return (
    <Panel title="VMs" aside={aside}>
      {group.vms.length === 0 ? (
        <p className="empty">
          No VM is protected yet. On a host that runs it: <code>understudy protect VM</code>
        </p>
      ) : (
        <div className="table-scroll">
          <table className="table vms">
            <thead>
              <tr>
                <th scope="col">VM</th>
                <th scope="col">Runs on</th>
                <th scope="col">Stands by</th>
                <th scope="col">Readiness</th>
                <th scope="col" className="figure">
                  Seen
                </th>
                <th scope="col">
                  <span className="visually-hidden">Action</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((vm) => (
                <VmRow key={vm.id} group={group} vm={vm} />
              ))}
            </tbody>
          </table>
          {shown.length === 0 ? <p className="empty">{`No VM matches "${filter}".`}</p> : null}
        </div>
      )}
    </Panel>
  );
}
