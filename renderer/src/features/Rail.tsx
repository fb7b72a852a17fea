import {
  House,
  Info,
  LayoutDashboard,
  LifeBuoy,
  ListChecks,
  Pause,
  ScrollText,
  Search,
  Server,
  Settings as Cog,
} from 'lucide-react';
import { memo, type ReactNode } from 'react';
import { openDialog } from '../store/actions.ts';
import type { LiveGroup } from '../store/live.ts';
import { routeHash, type Page } from '../store/route.ts';
import { useAppSilent, useGroup } from '../store/selectors.ts';
import { useWindow } from '../store/store.ts';
import { words } from '../text/en.ts';
import { StatusMark } from '../ui/StatusMark.tsx';
import { useFailingChecks } from './setup/setupStore.ts';

interface RailPage {
  readonly page: Page;
  readonly name: string;
  readonly icon: ReactNode;
}

const checksPage: RailPage = { page: 'checks', name: 'Checks', icon: <ListChecks aria-hidden="true" /> };

/** Pages about the present group, in the order of the shortcuts Alt+1 and on. */
const groupPages: readonly RailPage[] = [
  { page: 'overview', name: 'Overview', icon: <LayoutDashboard aria-hidden="true" /> },
  { page: 'vms', name: 'VMs', icon: <Server aria-hidden="true" /> },
  { page: 'events', name: 'Events', icon: <ScrollText aria-hidden="true" /> },
  checksPage,
  { page: 'maintenance', name: 'Maintenance', icon: <Pause aria-hidden="true" /> },
];
const appPages: readonly RailPage[] = [
  { page: 'welcome', name: 'Groups', icon: <House aria-hidden="true" /> },
  { page: 'settings', name: 'Settings', icon: <Cog aria-hidden="true" /> },
  { page: 'diagnostics', name: 'Diagnostics', icon: <LifeBuoy aria-hidden="true" /> },
  { page: 'about', name: 'About and limits', icon: <Info aria-hidden="true" /> },
];

const RailLink = memo(function RailLink(props: {
  readonly page: Page;
  readonly current: boolean;
  readonly groupId: string | null;
  readonly name: string;
  readonly icon: ReactNode;
  /** How many things there need somebody; with what they are, for those who hear it. */
  readonly wanting?: { readonly count: number; readonly words: string } | null;
}) {
  const { page, current, groupId, name, icon, wanting = null } = props;
  return (
    <a className="rail-link" href={routeHash({ page, groupId })} aria-current={current ? 'page' : undefined}>
      {icon}
      <span>{name}</span>
      {wanting === null ? null : (
        <>
          <span className="rail-count" aria-hidden="true">
            {wanting.count}
          </span>
          <span className="visually-hidden">{wanting.words}</span>
        </>
      )}
    </a>
  );
});

/** The daily report runs while nobody looks at its page: what failed there is said beside the way to it. */
function ChecksLink({ groupId, current }: { readonly groupId: string; readonly current: boolean }) {
  const failing = useFailingChecks(groupId);
  const wanting = failing === 0 ? null : { count: failing, words: `(${failing} failed)` };
  return <RailLink {...checksPage} current={current} groupId={groupId} wanting={wanting} />;
}

function GroupLink({ group, current }: { readonly group: LiveGroup; readonly current: boolean }) {
  const silent = useAppSilent();
  const word = silent ? 'not-known' : group.verdict.word;
  return (
    <a
      className="rail-group"
      href={routeHash({ page: 'overview', groupId: group.id })}
      aria-current={current ? 'true' : undefined}
    >
      <StatusMark word={word} />
      <span className="rail-group-name">{group.name}</span>
      <span className="rail-group-word">{words[word]}</span>
    </a>
  );
}

const none: readonly LiveGroup[] = [];
const isMac = navigator.userAgent.includes('Mac');

/** The page that the rail marks: a VM's own page is one of the VMs. */
const railPage = (page: Page): Page => (page === 'vm' ? 'vms' : page);

/** Where one can go: the groups with their state, the pages of the present one, and those of the app. */
export function Rail() {
  const groups = useWindow((state) => state.groups ?? none);
  const group = useGroup();
  const page = useWindow(({ route }) => route.page);
  const info = useWindow((state) => state.info);
  const isAppPage = appPages.some((each) => each.page === page);
  const shown: Page = group === null && !isAppPage ? 'welcome' : railPage(page);
  return (
    <nav className="rail" aria-label="Main">
      <p className="brand">
        <svg className="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
          <rect className="brand-ground" width="32" height="32" rx="8" />
          <circle className="brand-waiting" cx="12.5" cy="16" r="6.5" />
          <circle className="brand-on" cx="19.5" cy="16" r="6.5" />
        </svg>
        <span>Understudy</span>
      </p>
      <button type="button" className="rail-search" onClick={() => openDialog({ kind: 'palette' })}>
        <Search aria-hidden="true" />
        <span>Find or do</span>
        <kbd>{isMac ? '⌘K' : 'Ctrl K'}</kbd>
      </button>
      {groups.length === 0 ? null : (
        <div className="rail-groups">
          {groups.map((each) => (
            <GroupLink key={each.id} group={each} current={each.id === group?.id && shown !== 'welcome'} />
          ))}
        </div>
      )}
      {group === null ? null : (
        <div className="rail-pages">
          {groupPages.map((each) =>
            each === checksPage ? (
              <ChecksLink key={each.page} current={each.page === shown} groupId={group.id} />
            ) : (
              <RailLink key={each.page} {...each} current={each.page === shown} groupId={group.id} />
            ),
          )}
        </div>
      )}
      <div className="rail-pages">
        {appPages.map((each) => (
          <RailLink
            key={each.page}
            {...each}
            current={each.page === shown}
            groupId={each.page === 'welcome' ? null : (group?.id ?? null)}
          />
        ))}
      </div>
      <div className="rail-foot">
        {info === null ? null : (
          <p className="rail-version" title={info.lacks ?? undefined}>
            {`Version ${info.version}`}
            <span>{info.transport === 'browser' ? 'in the browser' : 'desktop app'}</span>
          </p>
        )}
      </div>
    </nav>
  );
}
