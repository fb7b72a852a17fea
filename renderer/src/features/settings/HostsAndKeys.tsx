import { KeyRound, X } from 'lucide-react';
import { useState } from 'react';
import type { KnownHost, LoginView } from '../../../../electron/ipc/setup/views.ts';
import { forgetHost, forgetKey, forgetSecrets } from '../../store/dailyActions.ts';
import type { LiveGroup } from '../../store/live.ts';
import { routeHash } from '../../store/route.ts';
import { wallTime } from '../../text/daily.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { useSetup } from '../setup/setupStore.ts';

/** ssh's own port, which goes without saying. */
const SSH_PORT = 22;

function loginText({ user, address, port, auth }: LoginView): string {
  const at = `${user} at ${address}${port === SSH_PORT ? '' : `, port ${port}`}`;
  if (auth.kind === 'key') return `${at}, with the key ${auth.keyFile}`;
  return `${at}, with ${auth.kind === 'agent' ? 'the SSH agent' : 'a password'}`;
}

function Key({ name, host }: { readonly name: string; readonly host: KnownHost }) {
  const { algorithm, sha256, firstSeenAt } = host.key;
  return (
    <>
      <code className="key-text">{sha256}</code>
      <span className="row-sub">
        {`${algorithm}${firstSeenAt === null ? '' : `, first seen ${wallTime(firstSeenAt)}`}`}
        <span className="visually-hidden">{`, key of ${name}`}</span>
      </span>
    </>
  );
}

/** Says what forgetting a key is for before it is done: it is the moment at which a stranger could step in. */
function ForgetKey({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  return (
    <Dialog
      title={`Forget the key of ${name}`}
      onClose={onClose}
      buttons={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button
            look="danger"
            onPress={() => {
              onClose();
              void forgetKey(name);
            }}
          >
            Forget it and look again
          </Button>
        </>
      }
    >
      <p>
        {`Do this only when you know why the key of ${name} has changed, for instance because it was installed anew. You are shown the key that it has now, and compare it on the host's own console before it is trusted.`}
      </p>
    </Dialog>
  );
}

function HostRow({ host }: { readonly host: KnownHost }) {
  const [asking, setAsking] = useState(false);
  const { name, group, remembered } = host;
  return (
    <tr>
      <th scope="row">
        {name}
        <span className="row-sub">{group === null ? 'in no group' : `in ${group}`}</span>
      </th>
      <td>
        {loginText(host)}
        {host.jump === null ? null : <span className="row-sub">{`through ${host.jump.address}`}</span>}
      </td>
      <td>
        <Key name={name} host={host} />
      </td>
      <td className="cell-action">
        <div className="key-buttons">
          <Button onPress={() => setAsking(true)} label={`Forget key … of ${name}`}>
            <KeyRound aria-hidden="true" />
            Forget key …
          </Button>
          {remembered ? (
            <Button onPress={() => void forgetSecrets(name)} label={`Forget passwords of ${name}`}>
              Forget passwords
            </Button>
          ) : null}
          {group === null ? (
            <Button look="quiet" onPress={() => void forgetHost(name)} label={`Forget host ${name}`}>
              <X aria-hidden="true" />
              Forget host
            </Button>
          ) : null}
        </div>
        {asking ? <ForgetKey name={name} onClose={() => setAsking(false)} /> : null}
      </td>
    </tr>
  );
}

/** Hosts that this computer logs in to, each with the key that it is known by. */
export function HostsAndKeys({ group }: { readonly group: LiveGroup | null }) {
  const known = useSetup((state) => state.known);
  return (
    <Panel title="Hosts and keys">
      {known.length === 0 ? (
        <p className="empty">No host was set up from this computer yet.</p>
      ) : (
        <div className="table-scroll">
          <table className="table keys-table">
            <thead>
              <tr>
                <th scope="col">Host</th>
                <th scope="col">Login</th>
                <th scope="col">Key</th>
                <th scope="col">
                  <span className="visually-hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {known.map((host) => (
                <HostRow key={host.name} host={host} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {group === null || group.kind === 'demo' ? null : (
        <p className="panel-body">
          <a href={routeHash({ page: 'checks', groupId: group.id, item: 'hosts' })}>
            {`Add, replace or take off hosts of ${group.name}`}
          </a>
        </p>
      )}
    </Panel>
  );
}
