import { PageHeader } from '../features/GroupHeader.tsx';
import { Alerts, Appearance, Presence } from '../features/settings/General.tsx';
import { GroupAlerts } from '../features/settings/GroupAlerts.tsx';
import { HostsAndKeys } from '../features/settings/HostsAndKeys.tsx';
import { Timing } from '../features/settings/Timing.tsx';
import { Updates } from '../features/settings/Updates.tsx';
import type { LiveGroup } from '../store/live.ts';

/** Of this computer first, then of the group. Each takes effect at once. */
export function Settings({ group }: { readonly group: LiveGroup | null }) {
  return (
    <>
      <PageHeader group={null} title="Settings" />
      <div className="settings-pair">
        <Appearance />
        <Presence />
      </div>
      <Alerts />
      {group === null ? null : <GroupAlerts group={group} />}
      {group === null ? null : <Timing group={group} />}
      <HostsAndKeys group={group} />
      <Updates groupId={group?.id ?? null} />
    </>
  );
}
