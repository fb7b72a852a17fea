import { Rail } from './features/Rail.tsx';
import { Notices } from './features/Notices.tsx';
import { SwitchOverDialog } from './features/SwitchOverDialog.tsx';
import { GroupHeader } from './features/GroupHeader.tsx';
import { useGroup } from './store/selectors.ts';
import { useWindow } from './store/store.ts';
import { FailureText } from './ui/FailureText.tsx';
import { Events } from './views/Events.tsx';
import { Overview } from './views/Overview.tsx';
import { Welcome } from './views/Welcome.tsx';

function Page() {
  const group = useGroup();
  const page = useWindow(({ route }) => route.page);
  const views = useWindow(({ views: received }) => received);
  if (page === 'welcome' || (group === null && views !== null)) return <Welcome />;
  if (group === null) return <p className="empty">Waiting for the app …</p>;
  return (
    <>
      <GroupHeader group={group} />
      {page === 'events' ? <Events group={group} /> : <Overview group={group} />}
    </>
  );
}

function Dialogs() {
  const dialog = useWindow((state) => state.dialog);
  const group = useWindow(({ views }) => views?.value.find(({ id }) => id === dialog?.groupId) ?? null);
  if (dialog === null || group === null) return null;
  return <SwitchOverDialog key={dialog.vmId} group={group} vmId={dialog.vmId} />;
}

/** The whole window: the rail at the left, one page, at most one dialog. */
export function App() {
  const link = useWindow((state) => state.link);
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
        <Page />
      </main>
      <Dialogs />
    </div>
  );
}

/** The address's fragment is the route, so the jump is made by hand. */
function skipToContent(event: { preventDefault(): void }): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('#content')?.focus();
}
