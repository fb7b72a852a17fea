import { useMemo } from 'react';
import type { LiveGroup } from '../store/live.ts';
import { routeHash } from '../store/route.ts';
import { Panel } from '../ui/Panel.tsx';
import { NoVms } from './NoVms.tsx';
import { VmTable } from './VmTable.tsx';

/** So many VMs are shown on the overview, all of them; of more, only those that need a look. */
const ALL_UP_TO = 16;
/** Of those that need a look, as many as still are an overview. */
const TROUBLED_SHOWN = 12;

/** The VMs on the overview: all of a small group; of a large one those that are not simply protected. */
export function VmPanel({ group }: { readonly group: LiveGroup }) {
  const { id, vms, standing, disarmed } = group;
  const good = vms.filter(({ word }) => word === 'protected').length;
  const few = vms.length <= ALL_UP_TO;
  const shown = useMemo(
    () => (few ? vms : vms.filter(({ word }) => word !== 'protected').slice(0, TROUBLED_SHOWN)),
    [few, vms],
  );
  const all = (
    <>
      <span>{`${good} of ${vms.length} fully protected`}</span>
      {few ? null : <a href={routeHash({ page: 'vms', groupId: id })}>{`All ${vms.length} VMs`}</a>}
    </>
  );
  const empty = vms.length === 0 ? <NoVms groupId={id} /> : 'No VM needs a look: all are protected.';
  return (
    <Panel title={few ? 'VMs' : 'VMs that need a look'} aside={all}>
      <VmTable groupId={id} vms={shown} standing={standing} disarmed={disarmed} empty={empty} />
    </Panel>
  );
}
