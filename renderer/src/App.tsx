import type { ComponentType } from 'react';
import { Announcer } from './features/Announcer.tsx';
import { Dialogs } from './features/Dialogs.tsx';
import { Notices } from './features/Notices.tsx';
import { PauseBars } from './features/PauseBars.tsx';
import { Rail } from './features/Rail.tsx';
import { Prompts } from './features/setup/Prompts.tsx';
import type { LiveGroup } from './store/live.ts';
import type { Page } from './store/route.ts';
import { useGroup } from './store/selectors.ts';
import { useWindow } from './store/store.ts';
import { FailureText } from './ui/FailureText.tsx';
import { About } from './views/About.tsx';
import { Checks } from './views/Checks.tsx';
import { Diagnostics } from './views/Diagnostics.tsx';
import { Events } from './views/Events.tsx';
import { Maintenance } from './views/Maintenance.tsx';
import { Overview } from './views/Overview.tsx';
import { Settings } from './views/Settings.tsx';
import { Setup } from './views/Setup.tsx';
import { Vm } from './views/Vm.tsx';
import { Vms } from './views/Vms.tsx';
import { Welcome } from './views/Welcome.tsx';

/** Pages about a group; any other address leads to its overview. */
const groupPages: { readonly [Of in Page]?: ComponentType<{ readonly group: LiveGroup }> } = {
  vms: Vms,
  vm: Vm,
  events: Events,
  maintenance: Maintenance,
  checks: Checks,
};

function PageOf() {
  const group = useGroup();
  const page = useWindow(({ route }) => route.page);
  const known = useWindow(({ groups }) => groups !== null);
  if (page === 'welcome') return <Welcome />;
  if (page === 'setup') return <Setup />;
  if (page === 'settings') return <Settings group={group} />;
  if (page === 'diagnostics') return <Diagnostics group={group} />;
  if (page === 'about') return <About />;
  if (group === null && known) return <Welcome />;
  if (group === null) return <p className="empty">Waiting for the app …</p>;
  const GroupPage = groupPages[page] ?? Overview;
  return (
    <>
      <PauseBars group={group} />
      <GroupPage group={group} />
    </>
  );
}

/** The whole window: the rail at the left, one page, at most one dialog. */
export function App() {
  const link = useWindow((state) => state.link);
  const fault = useWindow((state) => state.fault);
  // Drawn by the boundary around the whole window, like any other fault of drawing.
  if (fault !== null) throw fault;
  if (link.kind === 'refused') {
    return (
      <main className="refused">
        <h1>This page can't show the app</h1>
        <FailureText failure={link.failure} />
      </main>
    );
  }
  return (
    <div className="window">
      <a className="skip" href="#content" onClick={(event) => skipToContent(event)}>
        Skip to the content
      </a>
      <Rail />
      <main id="content" className="content" tabIndex={-1}>
        <Notices />
        <PageOf />
      </main>
      <Dialogs />
      <Prompts />
      <Announcer />
    </div>
  );
}

/** The address's fragment is the route, so the jump is made by hand. */
function skipToContent(event: { preventDefault(): void }): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('#content')?.focus();
}
