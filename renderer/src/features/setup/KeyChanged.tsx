import { useEffect, useState } from 'react';
import type { KeyChange } from '../../../../electron/ipc/setup/views.ts';
import { Button } from '../../ui/Button.tsx';
import { Command } from '../../ui/Command.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Explain } from '../../ui/Explain.tsx';
import { Fingerprint } from './Prompts.tsx';
import { useSetup } from './setupStore.ts';

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'long' });
function firstSeen(at: string | null): string {
  const date = new Date(at ?? '');
  return Number.isNaN(date.getTime()) ? '' : `, confirmed on ${day.format(date)}`;
}

/** A known host shows another key. There is no button past this: both keys are shown, and how to find out. */
export function KeyChanged({ change }: { readonly change: KeyChange }) {
  const [closed, setClosed] = useState(false);
  useEffect(() => {
    useSetup.setState({ keyChangeIsOpen: !closed });
    return () => useSetup.setState({ keyChangeIsOpen: false });
  }, [closed]);
  if (closed) return null;
  const close = (): void => setClosed(true);
  return (
    <Dialog
      title={`${change.host} shows another key than before`}
      cautious
      onClose={close}
      buttons={<Button onPress={close}>Close</Button>}
    >
      <p className="danger-text">
        Either the host was installed anew, or something else answers at its address. Nothing was sent to it,
        and this app does not go on with it.
      </p>
      <div>
        <h3>{`Known${firstSeen(change.pinned.firstSeenAt)}`}</h3>
        <Fingerprint {...change.pinned} />
      </div>
      <div>
        <h3>Shown now</h3>
        <Fingerprint {...change.seen} />
      </div>
      <p>Find out which of them is the host&apos;s: on its own screen and keyboard, run</p>
      <Command text={change.compareWith} />
      <Explain question="The host was installed anew. What now?">
        <p>
          If the command prints the key that is shown now, open Settings, Hosts and keys, and let the app
          forget the old key of this host. It then asks you to confirm the new one. If it prints the known
          key, or neither, somebody else answers at that address: look for a second machine with the same IP
          address first.
        </p>
      </Explain>
    </Dialog>
  );
}
