import { useState } from 'react';
import { count, listed } from '../../../../electron/ipc/words.ts';
import type { LiveGroup, LiveHost } from '../../store/live.ts';
import { app } from '../../store/store.ts';
import { Button } from '../../ui/Button.tsx';
import { Checkbox } from '../../ui/Checkbox.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { FailureText } from '../../ui/FailureText.tsx';
import { ask } from '../setup/setupActions.ts';
import { useReply } from '../useReply.ts';

const vmsOn = (group: LiveGroup, host: string): readonly string[] =>
  group.vms.filter(({ place }) => 'host' in place && place.host === host).map(({ name }) => name);

/** Who is left, and what they can still do for each other. */
function remaining(group: LiveGroup, host: LiveHost): string {
  const left = group.hosts.filter(({ name }) => name !== host.name).map(({ name }) => name);
  if (left.length === 0) return 'It is the last host: the group ends with it.';
  return left.length === 1
    ? `${left[0] ?? ''} is alone then: no VM of this group is protected until another host joins.`
    : `${listed(left)} go on protecting each other's VMs.`;
}

/** What leaving means for the group, said before it is done. */
function consequences(group: LiveGroup, host: LiveHost): readonly string[] {
  const running = vmsOn(group, host.name);
  return [
    remaining(group, host),
    running.length === 0
      ? 'No protected VM runs there now.'
      : `${listed(running.slice(0, 4))}${running.length > 4 ? ' and others' : ''} ${running.length === 1 ? 'runs' : 'run'} there now. Switch over what runs there first, or end its protection: until then the host stays in the group.`,
    'The agent, its services and its files are removed, and the host is as it was before.',
  ];
}

/** The same as the dry run of an installation, the other way round: found by looking, while the dialog is read. */
function WhatGoes({ host }: { readonly host: string }) {
  const plan = useReply(app().hosts.planUninstall, { host });
  if (plan.kind === 'asking') return <p className="quiet">{`Looking what is on ${host} …`}</p>;
  if (plan.kind === 'failed') return <FailureText failure={plan.failure} />;
  const goes = plan.value.changes.filter(({ needed }) => needed);
  return (
    <details>
      <summary>{`${count(goes.length, 'thing')} on ${host} will be taken away`}</summary>
      <ul className="what-goes">
        {goes.map(({ id, title, changes }) => (
          <li key={id}>
            {title}
            {changes.map((change) => (
              <code key={change}>{change}</code>
            ))}
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Taking the agent off a host that answers. */
export function UninstallDialog({
  group,
  host,
  onClose,
}: {
  readonly group: LiveGroup;
  readonly host: LiveHost;
  readonly onClose: () => void;
}) {
  const [deleteArea, setDeleteArea] = useState(false);
  const last = group.hosts.length === 1;
  return (
    <Dialog
      title={`Take Understudy off ${host.name}?`}
      cautious
      onClose={onClose}
      buttons={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button
            look="danger"
            onPress={() => {
              onClose();
              void ask('uninstall', () =>
                app().hosts.uninstall({ host: host.name, deleteArea: last && deleteArea }),
              );
            }}
          >
            {`Take it off ${host.name}`}
          </Button>
        </>
      }
    >
      <ul className="consequences">
        {consequences(group, host).map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <WhatGoes host={host.name} />
      {last ? (
        <Checkbox
          label="Also delete the lease area on the store"
          hint="The small file by which the hosts told each other who is alive. The disks of the VMs are never touched."
          on={deleteArea}
          onChange={setDeleteArea}
        />
      ) : null}
    </Dialog>
  );
}

/** Taking a host out of the group that will never answer again. */
export function RemoveDialog({
  group,
  host,
  onClose,
}: {
  readonly group: LiveGroup;
  readonly host: LiveHost;
  readonly onClose: () => void;
}) {
  return (
    <Dialog
      title={`Remove ${host.name} from the group?`}
      onClose={onClose}
      cautious
      buttons={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button
            look="danger"
            onPress={() => {
              onClose();
              void ask('remove', () => app().hosts.removeFromGroup({ groupId: group.id, host: host.name }));
            }}
          >
            {`Remove ${host.name}`}
          </Button>
        </>
      }
    >
      <ul className="consequences">
        <li>
          For a host that is lost for good. One that comes back finds that it has no place any more, and
          stands aside.
        </li>
        <li>It is refused while the host may still run VMs: the other hosts must count it as lost first.</li>
        <li>{remaining(group, host)}</li>
      </ul>
    </Dialog>
  );
}
