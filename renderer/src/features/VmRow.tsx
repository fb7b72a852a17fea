import { ArrowRightLeft } from 'lucide-react';
import { memo } from 'react';
import { count, duration } from '../../../electron/ipc/words.ts';
import { openSwitchOver } from '../store/actions.ts';
import type { LiveVm, Standing } from '../store/live.ts';
import { routeHash } from '../store/route.ts';
import { useLater, usePlaceDetail, useReportAge } from '../store/selectors.ts';
import { activityName, gibibytes, placeWords, standbysOf } from '../text/en.ts';
import { Button } from '../ui/Button.tsx';
import { Status, StatusMark } from '../ui/StatusMark.tsx';
import { switchOverRefusal } from './switchOverRefusal.ts';

/** Why a VM's protection is less than whole, each with what to do about it. */
function Reasons({ vm }: { readonly vm: LiveVm }) {
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

/** What is being done with it, and since when. */
export function Activity({ vm }: { readonly vm: LiveVm }) {
  const laterMs = useLater(vm.atMs);
  const { activity } = vm;
  if (activity === null) return null;
  return (
    <p className="activity">
      {`${activityName(activity.kind)}: ${activity.step}, ${duration(activity.forMs + laterMs)}`}
    </p>
  );
}

/** A standby that could not take over now is marked with its own state, so that the name alone does not comfort. */
export function Standby({
  name,
  standing,
}: {
  readonly name: string;
  readonly standing: readonly Standing[];
}) {
  const host = standing.find((each) => each.name === name);
  if (host?.up === true) return <span className="standby">{name}</span>;
  const { word, label } = host ?? { word: 'not-known' as const, label: 'Not known' };
  return (
    <span className="standby" title={label}>
      <StatusMark word={word} /> {name}
      <span className="visually-hidden">{`: ${label}`}</span>
    </span>
  );
}

/** Where it is, and for how long; counts by itself. */
export function Place({ vm }: { readonly vm: LiveVm }) {
  const detail = usePlaceDetail(vm);
  return (
    <>
      {placeWords(vm.place, 0).main}
      {detail === null ? null : <span className="row-sub">{detail}</span>}
    </>
  );
}

function Seen({ groupId, vm }: { readonly groupId: string; readonly vm: LiveVm }) {
  const seen = useReportAge(groupId, vm);
  return (
    <>
      <span className={vm.fresh ? 'age' : 'age age-old'}>{seen}</span>
      <span className="row-sub">{`from ${vm.reportedBy}`}</span>
    </>
  );
}

/** In a group of many hosts all could take it; the first in line are what counts. */
const STANDBYS_NAMED = 3;

interface RowProps {
  readonly groupId: string;
  readonly vm: LiveVm;
  readonly standing: readonly Standing[];
  readonly disarmed: boolean;
}

/** One VM of the table. Drawn again only when something of it changes; its times count in parts of their own. */
export const VmRow = memo(function VmRow({ groupId, vm, standing, disarmed }: RowProps) {
  const standbys = standbysOf(vm);
  const more = standbys.length - STANDBYS_NAMED;
  return (
    <tr className={vm.fresh ? '' : 'row-old'}>
      <th scope="row" title={vm.name}>
        <a className="row-link" href={routeHash({ page: 'vm', groupId, item: vm.id })}>
          {vm.name}
        </a>
        {vm.memoryMiB === null ? null : <span className="row-sub">{gibibytes(vm.memoryMiB)}</span>}
      </th>
      <td>
        <Place vm={vm} />
      </td>
      <td>
        {standbys.length === 0 ? 'None' : null}
        {standbys.slice(0, STANDBYS_NAMED).map((name) => (
          <Standby key={name} name={name} standing={standing} />
        ))}
        {more > 0 ? <span className="row-sub" title={standbys.join(', ')}>{`and ${more} more`}</span> : null}
      </td>
      <td className="cell-readiness">
        <Status word={vm.word} />
        <Activity vm={vm} />
        <Reasons vm={vm} />
      </td>
      <td className="figure">
        <Seen groupId={groupId} vm={vm} />
      </td>
      <td className="cell-action">
        <Button
          onPress={() => openSwitchOver(groupId, vm.id)}
          off={switchOverRefusal({ disarmed, standing }, vm)}
          label={`Switch over ${vm.name}`}
        >
          <ArrowRightLeft aria-hidden="true" />
          Switch over
        </Button>
      </td>
    </tr>
  );
});
