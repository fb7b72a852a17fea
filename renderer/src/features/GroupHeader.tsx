import { ArrowRightLeft, Pause } from 'lucide-react';
import type { ReactNode } from 'react';
import { duration } from '../../../electron/ipc/words.ts';
import { closeGroup, openDialog, openSwitchOver } from '../store/actions.ts';
import type { LiveGroup } from '../store/live.ts';
import { useWindow } from '../store/store.ts';
import { profileWords } from '../text/en.ts';
import { Button } from '../ui/Button.tsx';

function Facts({ group }: { readonly group: LiveGroup }) {
  const standIns = useWindow(({ info }) => info?.demoStandIns ?? '');
  const { profile, takeoverMs } = group;
  return (
    <>
      <p className="group-facts">
        {group.kind === 'demo' ? <span className="tag">Demo</span> : null}
        {profile === null ? 'Profile not known' : `Profile ${profileWords[profile] ?? profile}`}
        {takeoverMs === null ? '' : `, takeover after ${duration(takeoverMs)} of silence on the store`}
      </p>
      {group.kind === 'demo' ? <p className="quiet">{standIns}</p> : null}
    </>
  );
}

/** Which group this is and how it is set, and what is most often done. A demo says so, with its stand-ins. */
export function GroupHeader({ group }: { readonly group: LiveGroup }) {
  return (
    <header className="group-header">
      <div>
        <h1>{group.name}</h1>
        <Facts group={group} />
      </div>
      <div className="header-actions">
        <Button
          onPress={() => openSwitchOver(group.id, null)}
          off={group.vms.length === 0 ? 'No VM is protected yet.' : null}
        >
          <ArrowRightLeft aria-hidden="true" />
          Switch over …
        </Button>
        <Button onPress={() => openDialog({ kind: 'pause', groupId: group.id, host: null })}>
          <Pause aria-hidden="true" />
          Maintenance …
        </Button>
        <Button look="quiet" onPress={() => void closeGroup(group.id)}>
          {group.kind === 'demo' ? 'End the demo' : 'Close'}
        </Button>
      </div>
    </header>
  );
}

/** The head of every other page: the group, small, and the page's own name. */
export function PageHeader(props: {
  readonly group: LiveGroup | null;
  readonly title: string;
  readonly children?: ReactNode;
}) {
  const { group, title, children } = props;
  return (
    <header className="group-header">
      <div>
        {group === null ? null : <p className="eyebrow">{group.name}</p>}
        <h1>{title}</h1>
      </div>
      {children === undefined ? null : <div className="header-actions">{children}</div>}
    </header>
  );
}
