import { House, LayoutDashboard, ScrollText } from 'lucide-react';
import type { ReactNode } from 'react';
import type { GroupView, Theme } from '../../../electron/ipc/views.ts';
import { setTheme } from '../store/actions.ts';
import { routeHash, type Page } from '../store/route.ts';
import { useAppSilent, useGroup } from '../store/selectors.ts';
import { useWindow } from '../store/store.ts';
import { words } from '../text/en.ts';
import { StatusMark } from '../ui/StatusMark.tsx';

function RailLink({
  page,
  current,
  groupId,
  children,
}: {
  readonly page: Page;
  readonly current: Page;
  readonly groupId: string | null;
  readonly children: ReactNode;
}) {
  return (
    <a
      className="rail-link"
      href={routeHash({ page, groupId })}
      aria-current={page === current ? 'page' : undefined}
    >
      {children}
    </a>
  );
}

function GroupLink({ group, current }: { readonly group: GroupView; readonly current: boolean }) {
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

const none: readonly GroupView[] = [];
const themes: readonly { readonly theme: Theme; readonly name: string }[] = [
  { theme: 'system', name: 'As the system' },
  { theme: 'light', name: 'Light' },
  { theme: 'dark', name: 'Dark' },
];

function ThemeChoice() {
  const theme = useWindow(({ preferences }) => preferences?.theme ?? 'system');
  return (
    <label className="rail-theme">
      <span>Appearance</span>
      <select value={theme} onChange={(event) => void setTheme(event.target.value as Theme)}>
        {themes.map((each) => (
          <option key={each.theme} value={each.theme}>
            {each.name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Where one can go: the groups with their state, and the pages of the present one. */
export function Rail() {
  const groups = useWindow(({ views }) => views?.value ?? none);
  const group = useGroup();
  const { page } = useWindow(({ route }) => route);
  const info = useWindow((state) => state.info);
  const shown: Page = group === null ? 'welcome' : page;
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
      {groups.length === 0 ? null : (
        <div className="rail-groups">
          {groups.map((each) => (
            <GroupLink key={each.id} group={each} current={each.id === group?.id && shown !== 'welcome'} />
          ))}
        </div>
      )}
      <div className="rail-pages">
        {group === null ? null : (
          <>
            <RailLink page="overview" current={shown} groupId={group.id}>
              <LayoutDashboard aria-hidden="true" />
              <span>Overview</span>
            </RailLink>
            <RailLink page="events" current={shown} groupId={group.id}>
              <ScrollText aria-hidden="true" />
              <span>Events</span>
            </RailLink>
          </>
        )}
        <RailLink page="welcome" current={shown} groupId={null}>
          <House aria-hidden="true" />
          <span>Groups</span>
        </RailLink>
      </div>
      <div className="rail-foot">
        <ThemeChoice />
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
