import { PageHeader } from '../features/GroupHeader.tsx';
import { Ups } from '../features/Ups.tsx';
import { openDialog } from '../store/actions.ts';
import { endHostMaintenance, endPause } from '../store/dailyActions.ts';
import type { LiveDaily, LiveGroup, LiveHost } from '../store/live.ts';
import { useDaily, useLater } from '../store/selectors.ts';
import { maintenanceStates, pauseEnd } from '../text/daily.ts';
import { hostWords } from '../text/en.ts';
import { Button } from '../ui/Button.tsx';
import { Panel } from '../ui/Panel.tsx';
import { Status } from '../ui/StatusMark.tsx';

function WholeGroup({ group, daily }: { readonly group: LiveGroup; readonly daily: LiveDaily | null }) {
  const laterMs = useLater(daily?.atMs ?? 0);
  const pause = daily?.disarmed ?? null;
  return (
    <Panel title="The whole group">
      <div className="panel-body split">
        <div>
          <Status
            word={group.disarmed ? 'paused' : 'protected'}
            label={group.disarmed ? 'Protection is paused' : 'Protection is on'}
          />
          <p>
            {group.disarmed
              ? `Failures are not handled: nothing is restarted and nothing is moved. ${pause === null ? '' : pauseEnd(pause, laterMs)}`
              : 'Pause it for work on the store or on the network between the hosts. VMs go on running; a failure in that time is not handled.'}
          </p>
        </div>
        {group.disarmed ? (
          <Button look="primary" onPress={() => void endPause(group.id)}>
            Resume protection
          </Button>
        ) : (
          <Button onPress={() => openDialog({ kind: 'pause', groupId: group.id, host: null })}>
            Pause protection …
          </Button>
        )}
      </div>
    </Panel>
  );
}

function HostRow(props: {
  readonly group: LiveGroup;
  readonly host: LiveHost;
  readonly daily: LiveDaily | null;
}) {
  const { group, host, daily } = props;
  const laterMs = useLater(daily?.atMs ?? 0);
  const own = daily?.maintenance.find((each) => each.host === host.name) ?? null;
  const here = group.vms.filter(({ place }) => 'host' in place && place.host === host.name);
  const { word, label } = hostWords(host);
  return (
    <li className="maintenance-host">
      <div>
        <h3>{host.name}</h3>
        {own === null ? (
          <Status word={word} label={label} />
        ) : (
          <Status
            word={own.state === 'stuck' ? 'at-risk' : own.state === 'moving' ? 'working' : 'paused'}
            label={maintenanceStates[own.state]}
          />
        )}
        <p>
          {own === null
            ? here.length === 0
              ? 'No VM runs here.'
              : `${here.length === 1 ? '1 VM runs' : `${here.length} VMs run`} here and would move away first.`
            : `${own.sentence} ${pauseEnd(own, laterMs)}`}
        </p>
        {own !== null && own.vmsLeft.length > 0 ? (
          <p className="quiet">{`Still here: ${own.vmsLeft.join(', ')}.`}</p>
        ) : null}
      </div>
      {own === null ? (
        <Button
          onPress={() => openDialog({ kind: 'pause', groupId: group.id, host: host.name })}
          label={`Begin maintenance of ${host.name} …`}
        >
          Begin maintenance …
        </Button>
      ) : (
        <Button
          look="primary"
          onPress={() => void endHostMaintenance(group.id, host.name)}
          label={`End maintenance of ${host.name}`}
        >
          End maintenance
        </Button>
      )}
    </li>
  );
}

/** Planned work: a host whose VMs move away first, or the whole group, which then handles no failure. */
export function Maintenance({ group }: { readonly group: LiveGroup }) {
  const daily = useDaily(group.id);
  return (
    <>
      <PageHeader group={group} title="Maintenance" />
      <Panel title="One host">
        <p className="panel-intro">
          For updates, a restart or new memory: its VMs move to the others, one after the other, and it is
          given none until the maintenance ends. The other hosts go on protecting what they run.
        </p>
        <ul className="maintenance-hosts">
          {group.hosts.map((host) => (
            <HostRow key={host.name} group={group} host={host} daily={daily} />
          ))}
        </ul>
      </Panel>
      <WholeGroup group={group} daily={daily} />
      <Ups />
    </>
  );
}
