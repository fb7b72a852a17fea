import type { GroupView } from '../../../electron/ipc/views.ts';
import { Banner } from '../features/Banner.tsx';
import { Heartbeats } from '../features/Heartbeats.tsx';
import { Runs } from '../features/Runs.tsx';
import { Stage } from '../features/Stage.tsx';
import { VmTable } from '../features/VmTable.tsx';

/** Am I protected, and if not, what do I do? Then the picture, the VMs, and the heartbeats that all rests on. */
export function Overview({ group }: { readonly group: GroupView }) {
  return (
    <>
      <Banner group={group} />
      <Runs groupId={group.id} />
      <Stage group={group} />
      <VmTable group={group} />
      <Heartbeats group={group} />
    </>
  );
}
