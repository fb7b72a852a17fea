import { useEffect } from 'react';
import { CheckGroups } from '../features/checks/CheckGroups.tsx';
import { CheckSummary } from '../features/checks/CheckSummary.tsx';
import { GroupHosts } from '../features/checks/GroupHosts.tsx';
import { ask } from '../features/setup/setupActions.ts';
import { useReport, useWork } from '../features/setup/setupStore.ts';
import { WorkProgress } from '../features/setup/WorkProgress.tsx';
import { routeHash } from '../store/route.ts';
import type { LiveGroup } from '../store/live.ts';
import { app, useWindow } from '../store/store.ts';

function Report({ groupId }: { readonly groupId: string }) {
  const report = useReport(groupId);
  const fixing = useWork(groupId, ['fix']);
  const never = report === null;
  useEffect(() => {
    if (never) void ask('check', () => app().checks.run({ groupId, line: null }));
  }, [never, groupId]);
  return (
    <>
      <CheckSummary groupId={groupId} report={report} />
      {fixing === null || fixing.state === 'done' ? null : <WorkProgress work={fixing} />}
      {report === null ? null : <CheckGroups report={report} />}
    </>
  );
}

/** The validation report of a group that runs, again and again; and what else is done to its hosts. */
export function Checks({ group }: { readonly group: LiveGroup }) {
  const hosts = useWindow(({ route }) => route.item === 'hosts');
  const tab = (item: string | null, name: string, current: boolean) => (
    <a
      href={routeHash({ page: 'checks', groupId: group.id, item })}
      aria-current={current ? 'page' : undefined}
    >
      {name}
    </a>
  );
  return (
    <div className="step-page">
      <header className="step-head">
        <h1>Checks</h1>
        <p className="form-note">
          What the group rests on, looked at again. It runs by itself every day while this app is open.
        </p>
        <nav className="tabs" aria-label="Checks">
          {tab(null, 'Report', !hosts)}
          {tab('hosts', 'Hosts of this group', hosts)}
        </nav>
      </header>
      {group.kind === 'demo' ? (
        <p className="empty">
          The hosts of the demo group are programs on this computer: there is nothing to check and nothing to
          take off. With real hosts, this page has their report and its fixes.
        </p>
      ) : hosts ? (
        <GroupHosts group={group} />
      ) : (
        <Report groupId={group.id} />
      )}
    </div>
  );
}
