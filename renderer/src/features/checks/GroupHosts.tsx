import { Plus } from 'lucide-react';
import { useState } from 'react';
import type { WorkKind } from '../../../../electron/ipc/setup/workViews.ts';
import type { LiveGroup, LiveHost } from '../../store/live.ts';
import { hostWords } from '../../text/en.ts';
import { Button } from '../../ui/Button.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Status } from '../../ui/StatusMark.tsx';
import { isBusy, useAsked, useSetup, useWork } from '../setup/setupStore.ts';
import { Refusal } from '../setup/Refusal.tsx';
import { WorkProgress } from '../setup/WorkProgress.tsx';
import { RemoveDialog, UninstallDialog } from './HostDialogs.tsx';
import { NewHostForm } from './NewHostForm.tsx';

const hostWork: readonly WorkKind[] = ['uninstall', 'replace', 'join', 'remove'];
/** The lease area has room for no more. */
const MAX_HOSTS = 8;

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
  // The agent can't be taken off a host that does not answer; it can be taken out of the group.
  const isLost = host.state === 'dead' || host.state === 'silent';
  const act = isLost ? 'Remove' : 'Take off';
  const Leave = isLost ? RemoveDialog : UninstallDialog;
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
          <Button look="danger" onPress={() => setLeaving(true)} off={off} label={`${act} ${host.name}`}>
            {act}
          </Button>
        </div>
        {leaving ? <Leave group={group} host={host} onClose={() => setLeaving(false)} /> : null}
      </td>
    </tr>
  );
}

function HostTable({
  group,
  off,
  onReplace,
}: {
  readonly group: LiveGroup;
  readonly off: string | null;
  readonly onReplace: (host: string) => void;
}) {
  return (
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
              onReplace={() => onReplace(host.name)}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Hosts that come, go, or are replaced by new hardware. */
export function GroupHosts({ group }: { readonly group: LiveGroup }) {
  const [form, setForm] = useState<{ readonly replaces: string | null } | null>(null);
  const work = useWork(group.id, hostWork);
  const loose = useSetup((state) =>
    state.work.value.findLast(({ kind, groupId }) => kind === 'uninstall' && groupId === null),
  );
  const asked = useAsked('uninstall', 'replace', 'join', 'remove');
  const off =
    group.kind === 'demo'
      ? 'The hosts of the demo group are processes of this app.'
      : asked || isBusy(work)
        ? 'Something is under way with a host.'
        : null;
  const full = group.hosts.length >= MAX_HOSTS ? `A group has at most ${MAX_HOSTS} hosts.` : null;
  const shown = work ?? loose ?? null;
  return (
    <>
      {shown === null ? null : <WorkProgress work={shown} />}
      <Refusal question="uninstall" />
      <Refusal question="remove" />
      <Panel
        title="Hosts of this group"
        aside={
          <Button onPress={() => setForm({ replaces: null })} off={off ?? full}>
            <Plus aria-hidden="true" />
            Add a host
          </Button>
        }
      >
        <HostTable group={group} off={off} onReplace={(host) => setForm({ replaces: host })} />
        <p className="panel-note quiet">
          Take off: the host leaves the group and is as it was before. Replace: new hardware takes the place
          of a host that is lost for good; it gets its name, its links and its VMs. Remove: a lost host that
          nothing replaces leaves the group.
        </p>
      </Panel>
      {form === null ? null : (
        <NewHostForm
          key={form.replaces ?? ''}
          groupId={group.id}
          replaces={form.replaces}
          onClose={() => setForm(null)}
        />
      )}
    </>
  );
}
