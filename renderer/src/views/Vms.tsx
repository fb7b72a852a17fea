import { useDeferredValue, useMemo, useState } from 'react';
import type { Word } from '../../../electron/ipc/views.ts';
import { count } from '../../../electron/ipc/words.ts';
import { PageHeader } from '../features/GroupHeader.tsx';
import { NoVms } from '../features/NoVms.tsx';
import { VmTable } from '../features/VmTable.tsx';
import type { LiveGroup, LiveVm } from '../store/live.ts';
import { routeHash } from '../store/route.ts';
import { words } from '../text/en.ts';
import { Panel } from '../ui/Panel.tsx';

const places = ({ place, holder }: LiveVm): string => ('host' in place ? place.host : (holder ?? ''));

/** Every VM of the group, to be filtered by name, host or state. */
export function Vms({ group }: { readonly group: LiveGroup }) {
  const { id, vms, standing, disarmed } = group;
  const [text, setText] = useState('');
  const [word, setWord] = useState<Word | 'all'>('all');
  const wanted = useDeferredValue(text.trim().toLowerCase());
  const shown = useMemo(
    () =>
      vms
        .filter((vm) => word === 'all' || vm.word === word)
        .filter((vm) =>
          [vm.name, words[vm.word], places(vm)].some((part) => part.toLowerCase().includes(wanted)),
        ),
    [vms, word, wanted],
  );
  const aside = (
    <>
      <label className="filter">
        <span className="visually-hidden">Filter VMs by name, host or state</span>
        <input
          type="search"
          placeholder="Filter by name, host or state"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <label className="filter">
        <span className="visually-hidden">State shown</span>
        <select value={word} onChange={(event) => setWord(event.target.value as Word | 'all')}>
          <option value="all">All states</option>
          {Object.entries(words).map(([key, name]) => (
            <option key={key} value={key}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </>
  );
  const empty = vms.length === 0 ? <NoVms groupId={id} /> : 'No VM matches the filter.';
  return (
    <>
      <PageHeader group={group} title="VMs">
        {group.kind === 'demo' ? null : (
          <a className="button" href={routeHash({ page: 'setup', groupId: id, item: 'vms' })}>
            Protect more VMs
          </a>
        )}
      </PageHeader>
      <Panel
        title={shown.length === vms.length ? count(vms.length, 'VM') : `${shown.length} of ${vms.length} VMs`}
        aside={aside}
      >
        <VmTable groupId={id} vms={shown} standing={standing} disarmed={disarmed} empty={empty} />
      </Panel>
    </>
  );
}
