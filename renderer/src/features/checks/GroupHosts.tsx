import { useState } from 'react';
import { count, listed } from '../../../../electron/ipc/words.ts';
import type { LiveGroup, LiveHost } from '../../store/live.ts';
import { app } from '../../store/store.ts';
import { hostWords } from '../../text/en.ts';
import { Button } from '../../ui/Button.tsx';
import { Checkbox } from '../../ui/Checkbox.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { FailureText } from '../../ui/FailureText.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Status } from '../../ui/StatusMark.tsx';
import { ask } from '../setup/setupActions.ts';
import { isBusy, useAsked, useRefusal, useSetup, useWork } from '../setup/setupStore.ts';
import { WorkProgress } from '../setup/WorkProgress.tsx';
import { ReplaceForm } from './ReplaceForm.tsx';

const vmsOn = (group: LiveGroup, host: string): readonly string[] =>
  group.vms.filter(({ place }) => 'host' in place && place.host === host).map(({ name }) => name);

/** What leaving means for the group, said before it is done. */
function consequences(group: LiveGroup, host: LiveHost): readonly string[] {
  const left = group.hosts.filter(({ name }) => name !== host.name).map(({ name }) => name);
  const running = vmsOn(group, host.name);
  return [
    left.length === 0
      ? 'It is the last host: the group ends with it.'
      : left.length === 1
        ? `${left[0] ?? ''} is alone then: no VM of this group is protected until another host joins.`
        : `${listed(left)} go on protecting each other's VMs.`,
    running.length === 0
      ? 'No protected VM runs there now.'
      : `${count(running.length, 'VM')} run there now (${listed(running.slice(0, 4))}${running.length > 4 ? ' …' : ''}). They go on running, without protection; switch them over first if they are to stay protected.`,
    'The agent, its services and its files are removed, and the host is as it was before.',
  ];
}

function UninstallDialog({
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

function HostRow({
  group,
  host,
  onReplace,
  off,
}: {
  readonly group: LiveGroup;
  readonly host: LiveHost;
  readonly onReplace: () => void;
  readonly off: string | null;
}) {
  const [leaving, setLeaving] = useState(false);
  const { word, label } = hostWords(host);
  return (
    <tr>
      <th scope="row">{host.name}</th>
      <td>{host.address}</td>
      <td>
        <Status word={word} label={label} />
      </td>
      <td>{host.report?.agentVersion ?? '–'}</td>
      <td className="cell-action">
        <div className="host-buttons">
          <Button onPress={onReplace} off={off} label={`Replace ${host.name}`}>
            Replace
          </Button>
          <Button look="danger" onPress={() => setLeaving(true)} off={off} label={`Take off ${host.name}`}>
            Take off
          </Button>
        </div>
        {leaving ? <UninstallDialog group={group} host={host} onClose={() => setLeaving(false)} /> : null}
      </td>
    </tr>
  );
}

/** Taking the agent off a host, and putting new hardware in the place of a lost one. */
export function GroupHosts({ group }: { readonly group: LiveGroup }) {
  const [replacing, setReplacing] = useState<string | null>(null);
  const work = useWork(group.id, ['uninstall', 'replace']);
  const loose = useSetup((state) =>
    state.work.value.findLast(({ kind, groupId }) => kind === 'uninstall' && groupId === null),
  );
  const asked = useAsked('uninstall', 'replace');
  const refusal = useRefusal('uninstall');
  const off =
    group.kind === 'demo'
      ? 'The hosts of the demo group are processes of this app.'
      : asked || isBusy(work)
        ? 'Something is under way with a host.'
        : null;
  const shown = work ?? loose ?? null;
  return (
    <>
      {shown === null ? null : <WorkProgress work={shown} />}
      {refusal === null ? null : (
        <div className="refusal" role="alert">
          <FailureText failure={refusal} />
        </div>
      )}
      <Panel title="Hosts of this group">
        <div className="table-scroll">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Host</th>
                <th scope="col">Address</th>
                <th scope="col">State</th>
                <th scope="col">Agent</th>
                <th scope="col">
                  <span className="visually-hidden">Action</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {group.hosts.map((host) => (
                <HostRow
                  key={host.name}
                  group={group}
                  host={host}
                  off={off}
                  onReplace={() => setReplacing(host.name)}
                />
              ))}
            </tbody>
          </table>
        </div>
        <p className="panel-note quiet">
          Take off: the host leaves the group and is as it was before. Replace: new hardware takes the place
          of a host that is lost for good; it gets its name, its links and its VMs.
        </p>
      </Panel>
      {replacing === null ? null : (
        <ReplaceForm key={replacing} groupId={group.id} host={replacing} onClose={() => setReplacing(null)} />
      )}
    </>
  );
}
