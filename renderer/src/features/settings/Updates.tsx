import type {
  AgentUpdates,
  AgentVersion,
  RollHost,
  RollView,
} from '../../../../electron/ipc/daily/updateViews.ts';
import { changeSettings, rollOut, stopRollOut } from '../../store/dailyActions.ts';
import { useWindow } from '../../store/store.ts';
import { Button } from '../../ui/Button.tsx';
import { Checkbox } from '../../ui/Checkbox.tsx';
import { FailureText } from '../../ui/FailureText.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Status } from '../../ui/StatusMark.tsx';

const versions: Readonly<
  Record<
    AgentVersion['state'],
    { readonly word: 'protected' | 'at-risk' | 'not-known'; readonly label: string }
  >
> = {
  current: { word: 'protected', label: 'Up to date' },
  older: { word: 'at-risk', label: 'Older than this app' },
  newer: { word: 'at-risk', label: 'Newer than this app' },
  'not-known': { word: 'not-known', label: 'Not known' },
};

const rollStates: Readonly<
  Record<
    RollHost['state'],
    {
      readonly word: 'protected' | 'working' | 'paused' | 'not-protected' | 'not-known';
      readonly label: string;
    }
  >
> = {
  waiting: { word: 'not-known', label: 'Waits for its turn' },
  'under-way': { word: 'working', label: 'Being updated' },
  done: { word: 'protected', label: 'Updated' },
  failed: { word: 'not-protected', label: 'Failed' },
  'left-out': { word: 'paused', label: 'Left out' },
};

const rollSentences: Readonly<Record<RollView['state'], string>> = {
  'under-way': 'The agents are being updated, one host after the other. VMs go on.',
  stopping: 'It stops when the present host is done.',
  done: 'All agents were updated.',
  failed: 'The update stopped at a host that failed. The others are as they were.',
  stopped: 'The update was stopped. Hosts that were not reached are as they were.',
};

function Agents({ updates }: { readonly updates: AgentUpdates }) {
  return (
    <table className="table versions">
      <thead>
        <tr>
          <th scope="col">Host</th>
          <th scope="col">Agent</th>
          <th scope="col">State</th>
        </tr>
      </thead>
      <tbody>
        {updates.agents.map(({ host, version, state }) => {
          const rolling = updates.roll?.hosts.find((each) => each.host === host);
          const shown = rolling === undefined ? versions[state] : rollStates[rolling.state];
          return (
            <tr key={host}>
              <th scope="row">{host}</th>
              <td>{version ?? 'Not known'}</td>
              <td>
                <Status {...shown} />
                {rolling?.step == null ? null : <span className="row-sub">{rolling.step}</span>}
                {rolling?.failure == null ? null : <FailureText failure={rolling.failure} />}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Actions({ updates }: { readonly updates: AgentUpdates }) {
  const { roll, groupId, refused, agents, carried } = updates;
  const running = roll?.state === 'under-way' || roll?.state === 'stopping';
  const needed = agents.some(({ state }) => state === 'older');
  return (
    <>
      {roll === null ? null : <output>{rollSentences[roll.state]}</output>}
      <div className="button-row">
        {running ? (
          <Button
            onPress={() => void stopRollOut(groupId)}
            off={roll.state === 'stopping' ? rollSentences.stopping : null}
          >
            Stop after this host
          </Button>
        ) : (
          <Button
            look={needed ? 'primary' : 'plain'}
            onPress={() => void rollOut(groupId)}
            off={refused?.message ?? (needed ? null : 'No host has an older agent.')}
          >
            {`Update the agents to ${carried}`}
          </Button>
        )}
      </div>
      {refused === null ? null : <p className="quiet">{refused.message}</p>}
    </>
  );
}

/** Versions of this app and of the agents on the hosts. They are updated apart from each other. */
export function Updates({ groupId }: { readonly groupId: string | null }) {
  const info = useWindow((state) => state.info);
  const updates = useWindow((state) => state.updates.find((each) => each.groupId === groupId) ?? null);
  const settings = useWindow((state) => state.settings);
  return (
    <Panel title="Updates">
      <div className="panel-body">
        <p>
          <strong>{`This app: version ${info?.version ?? ''}. `}</strong>
          It is updated by installing a newer one over it. It looks for nothing on the internet by itself.
        </p>
        {settings === null ? null : (
          <Checkbox
            label="Say when hosts have older agents than this app carries"
            on={settings.remindOfUpdates}
            onChange={(remindOfUpdates) => void changeSettings({ remindOfUpdates })}
          />
        )}
        {updates?.skew == null ? null : <p>{updates.skew}</p>}
      </div>
      {updates === null ? null : (
        <>
          <Agents updates={updates} />
          <div className="panel-body">
            <Actions updates={updates} />
          </div>
        </>
      )}
    </Panel>
  );
}
