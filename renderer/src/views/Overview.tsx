import { AwayCard } from '../features/AwayCard.tsx';
import { Banner } from '../features/Banner.tsx';
import { GroupHeader } from '../features/GroupHeader.tsx';
import { Heartbeats } from '../features/Heartbeats.tsx';
import { IfHostDied } from '../features/IfHostDied.tsx';
import { Runs } from '../features/Runs.tsx';
import { Stage } from '../features/Stage.tsx';
import { VmPanel } from '../features/VmPanel.tsx';
import type { LiveGroup } from '../store/live.ts';

/** Am I protected, and if not, what do I do? Then the picture, the VMs, and the heartbeats that all rests on. */
export function Overview({ group }: { readonly group: LiveGroup }) {
  return (
    <>
      <GroupHeader group={group} />
      <AwayCard />
      <Banner group={group} />
      <Runs groupId={group.id} />
      <Stage group={group} />
      <VmPanel group={group} />
      <IfHostDied groupId={group.id} />
      <Heartbeats group={group} />
    </>
  );
}
