import { memo, type ReactNode } from 'react';
import type { LiveVm, Standing } from '../store/live.ts';
import { VmRow } from './VmRow.tsx';

interface TableProps {
  readonly groupId: string;
  readonly vms: readonly LiveVm[];
  readonly standing: readonly Standing[];
  readonly disarmed: boolean;
  /** What stands there without a row. */
  readonly empty: ReactNode;
}

/** VMs, one a row: where each is, who stands by, and why it is or is not protected. */
export const VmTable = memo(function VmTable({ groupId, vms, standing, disarmed, empty }: TableProps) {
  if (vms.length === 0) return <div className="empty">{empty}</div>;
  return (
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
          {vms.map((vm) => (
            <VmRow key={vm.id} groupId={groupId} vm={vm} standing={standing} disarmed={disarmed} />
          ))}
        </tbody>
      </table>
    </div>
  );
});
