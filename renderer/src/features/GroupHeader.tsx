import type { GroupView } from '../../../electron/ipc/views.ts';
import { duration } from '../../../electron/ipc/words.ts';
import { closeGroup } from '../store/actions.ts';
import { useWindow } from '../store/store.ts';
import { profileWords } from '../text/en.ts';
import { Button } from '../ui/Button.tsx';

/** Which group this is, and how it is set. A demo group says so, with its stand-ins, wherever it is shown. */
export function GroupHeader({ group }: { readonly group: GroupView }) {
  const standIns = useWindow(({ info }) => info?.demoStandIns ?? '');
  const { profile, takeoverMs } = group;
  return (
    <header className="group-header">
      <div>
        <h1>{group.name}</h1>
        <p className="group-facts">
          {group.kind === 'demo' ? <span className="tag">Demo</span> : null}
          {profile === null ? 'Profile not known' : `Profile ${profileWords[profile] ?? profile}`}
          {takeoverMs === null ? '' : `, takeover after ${duration(takeoverMs)} of silence on the store`}
        </p>
        {group.kind === 'demo' ? <p className="quiet">{standIns}</p> : null}
      </div>
      <Button onPress={() => void closeGroup(group.id)}>
        {group.kind === 'demo' ? 'End the demo' : 'Close'}
      </Button>
    </header>
  );
}
