import { Plus } from 'lucide-react';
import { useState } from 'react';
import type { SetupHost, SetupView } from '../../../../electron/ipc/setup/views.ts';
import { authNames, reachWords } from '../../text/setup.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { FailureText } from '../../ui/FailureText.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { HostFormPanel } from './HostFormPanel.tsx';
import { addKnown, openEntry, removeHost } from './setupActions.ts';
import { useAsked, useRefusal, useSetup } from './setupStore.ts';
import { StepPage } from './StepPage.tsx';

/** A group has at most 8 hosts; the lease area has no room for more. */
const MAX_HOSTS = 8;

const marks = {
  'not-tried': 'not-known',
  connecting: 'working',
  reached: 'protected',
  refused: 'not-protected',
} as const;

function RemoveDialog({ host, onClose }: { readonly host: string; readonly onClose: () => void }) {
  return (
    <Dialog
      title={`Take ${host} out of this set-up?`}
      onClose={onClose}
      buttons={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button
            look="danger"
            onPress={() => {
              onClose();
              void removeHost(host);
            }}
          >
            {`Take ${host} out`}
          </Button>
        </>
      }
    >
      <p>Nothing is changed on the host. This computer goes on knowing its address and its key.</p>
    </Dialog>
  );
}

function HostItem({ host, fixed }: { readonly host: SetupHost; readonly fixed: string | null }) {
  const [removing, setRemoving] = useState(false);
  const { name, address, port, user, auth, jump, reach, key } = host;
  const where = `${user}@${address}${port === 22 ? '' : `:${port}`}`;
  return (
    <li className="host-item">
      <StatusMark word={marks[reach.kind]} />
      <div>
        <h3>{name}</h3>
        <p>{reachWords(reach, host.system)}</p>
        <p className="quiet">
          {`${where}, ${authNames[auth.kind].toLowerCase()}${jump === null ? '' : `, through ${jump.address}`}`}
        </p>
        <p
          className="quiet host-key"
          title={key.sha256}
        >{`Key ${key.algorithm} ${key.sha256.slice(0, 22)}…`}</p>
        {reach.kind === 'refused' && reach.failure.fix !== undefined ? <p>{reach.failure.fix}</p> : null}
      </div>
      <div className="host-buttons">
        <Button onPress={() => openEntry(host)} off={fixed} label={`Change how to reach ${name}`}>
          Change
        </Button>
        <Button onPress={() => setRemoving(true)} off={fixed} label={`Take out ${name}`}>
          Take out
        </Button>
      </div>
      {removing ? <RemoveDialog host={name} onClose={() => setRemoving(false)} /> : null}
    </li>
  );
}

function KnownItem({ name, address }: { readonly name: string; readonly address: string }) {
  const asked = useAsked(`known ${name}`);
  const refusal = useRefusal(`known ${name}`);
  return (
    <li>
      <div>
        <strong>{name}</strong>
        <span className="quiet">{address}</span>
      </div>
      <Button
        onPress={() => void addKnown(name)}
        off={asked ? 'It is being asked.' : null}
        label={`Add ${name}`}
      >
        {asked ? 'Connecting …' : 'Add'}
      </Button>
      {refusal === null ? null : <FailureText failure={refusal} />}
    </li>
  );
}

/** Hosts that this computer knows the way to and that belong to no group. */
function KnownHosts({ setup }: { readonly setup: SetupView }) {
  const known = useSetup((state) => state.known);
  const free = known.filter(
    ({ name, groupId }) => groupId === null && !setup.hosts.some((host) => host.name === name),
  );
  if (free.length === 0) return null;
  return (
    <Panel title="Known to this computer">
      <ul className="known panel-body">
        {free.map(({ name, address }) => (
          <KnownItem key={name} name={name} address={address} />
        ))}
      </ul>
    </Panel>
  );
}

function HostPanel({ setup, fixed }: { readonly setup: SetupView; readonly fixed: string | null }) {
  return (
    <Panel title={setup.kind === 'connect' ? 'Hosts of the group' : 'Hosts of this set-up'}>
      <ul className="host-list">
        {setup.hosts.map((host) => (
          <HostItem key={host.name} host={host} fixed={fixed} />
        ))}
      </ul>
    </Panel>
  );
}

function waitsFor(setup: SetupView): string {
  if (setup.kind === 'connect') return 'Log in to one host of the group first.';
  if (setup.hosts.length === 0) return 'Add two hosts first.';
  if (setup.hosts.length === 1) return 'One more host is needed: a host can’t stand by for itself.';
  const [unreached] = setup.hosts.filter(({ reach }) => reach.kind !== 'reached');
  return unreached === undefined ? 'A moment …' : `${unreached.name} is not reached yet.`;
}

/** Step 1: who they are and how this app reaches them. */
export function HostsStep({ setup }: { readonly setup: SetupView }) {
  const entry = useSetup((state) => state.entry);
  const { hosts, group, keyChange } = setup;
  const fixed = group === null ? null : 'It belongs to the group by now. See Checks, Hosts of this group.';
  const open = entry.open || entry.asking || hosts.length === 0;
  const full = hosts.length >= MAX_HOSTS ? `A group has at most ${MAX_HOSTS} hosts.` : fixed;
  const mayAdd = setup.kind === 'new' && group === null;
  const adding = hosts.length === 0 ? 'The first host' : 'Another host';
  return (
    <StepPage setup={setup} page="hosts" waitsFor={waitsFor(setup)}>
      {keyChange === null ? null : (
        <p className="refusal">
          {`${keyChange.host} shows another key than the one that was confirmed. This app does not go on with it until that is settled.`}
        </p>
      )}
      {hosts.length === 0 ? null : <HostPanel setup={setup} fixed={fixed} />}
      {open ? (
        <HostFormPanel
          key={entry.changes ?? 'new'}
          title={entry.changes === null ? adding : `How to reach ${entry.changes}`}
          send={entry.changes === null ? 'Connect' : 'Connect and save'}
          closable={hosts.length > 0}
        />
      ) : mayAdd ? (
        <div>
          <Button onPress={() => openEntry(null)} off={full} look={hosts.length < 2 ? 'primary' : 'plain'}>
            <Plus aria-hidden="true" />
            {hosts.length === 1 ? 'Add the second host' : 'Add another host'}
          </Button>
        </div>
      ) : null}
      {group === null ? <KnownHosts setup={setup} /> : null}
    </StepPage>
  );
}
