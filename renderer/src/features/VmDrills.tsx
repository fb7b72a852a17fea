import { FlaskConical, Square } from 'lucide-react';
import { useEffect, useState } from 'react';
import { type DrillReport, drillResultWords } from '../../../agent/protocol/drill.ts';
import type { HostDrills } from '../../../electron/ipc/daily/views.ts';
import { beginDrill, stopDrill } from '../store/dailyActions.ts';
import type { LiveVm } from '../store/live.ts';
import { app } from '../store/store.ts';
import { ago, wallTime } from '../text/daily.ts';
import { Button } from '../ui/Button.tsx';
import { FailureText } from '../ui/FailureText.tsx';
import { Panel } from '../ui/Panel.tsx';
import { Waiting } from '../ui/Waiting.tsx';
import { type Answer, useReply } from './useReply.ts';

/** A step of a drill takes seconds. */
const ASK_EVERY_MS = 2000;

interface OfVm {
  readonly groupId: string;
  readonly vm: LiveVm;
}

const seconds = (ms: number | null): string => (ms === null ? 'never' : `${(ms / 1000).toFixed(1)} s`);

function Picture({ groupId, vm, report }: OfVm & { readonly report: DrillReport }) {
  const input = { groupId, vmId: vm.id, host: report.host };
  const picture = useReply(app().vm.drillPicture, input, report.atWallMs);
  if (picture.kind === 'asking') return <Waiting>Asking for the picture …</Waiting>;
  if (picture.kind === 'failed') return <FailureText failure={picture.failure} />;
  const { dataUrl, width, height } = picture.value;
  const alt = `What the screen of the copy of ${vm.name} showed on ${report.host}`;
  return (
    <figure className="console-frame">
      <img src={dataUrl} width={width} height={height} alt={alt} />
    </figure>
  );
}

function Report({ groupId, vm, report }: OfVm & { readonly report: DrillReport }) {
  const at = new Date(report.atWallMs).toISOString();
  return (
    <>
      <p>
        <strong>{`On ${report.host}, ${ago(at)}: ${drillResultWords[report.result]}.`}</strong>
      </p>
      {report.because === null ? null : <FailureText failure={report.because} />}
      <dl className="card-facts">
        <div>
          <dt>When</dt>
          <dd>{wallTime(at)}</dd>
        </div>
        <div>
          <dt>Guest agent answered after</dt>
          <dd>{seconds(report.bootMs)}</dd>
        </div>
        <div>
          <dt>Well after</dt>
          <dd>{seconds(report.wellMs)}</dd>
        </div>
        <div>
          <dt>Disks copied in</dt>
          <dd>{seconds(report.copyMs)}</dd>
        </div>
      </dl>
      {report.hasPicture ? <Picture groupId={groupId} vm={vm} report={report} /> : null}
    </>
  );
}

function Standby({ groupId, vm, drills }: OfVm & { readonly drills: HostDrills }) {
  const { host, refused, running, last } = drills;
  const ids = { groupId, vmId: vm.id, name: vm.name };
  if (refused !== null) {
    return (
      <div className="panel-body">
        <FailureText failure={refused} />
      </div>
    );
  }
  return (
    <div className="panel-body drill">
      {running === null ? (
        <p>
          <Button onPress={() => void beginDrill(ids, host)}>
            <FlaskConical aria-hidden="true" />
            {`Try a drill on ${host}`}
          </Button>
        </p>
      ) : (
        <div className="drill-running">
          <Waiting>{`${host}, drill of ${running.vmName}: ${running.step} …`}</Waiting>
          <Button onPress={() => void stopDrill(ids, host)}>
            <Square aria-hidden="true" />
            Break it off
          </Button>
        </div>
      )}
      {last === null ? (
        <p>{`No drill of ${vm.name} was made on ${host} yet.`}</p>
      ) : (
        <Report groupId={groupId} vm={vm} report={last} />
      )}
    </div>
  );
}

/** Asked again and again: only the hosts know how a drill goes. Between two answers the one before is shown. */
function useDrills(groupId: string, vmId: string): Answer<readonly HostDrills[]> {
  const [known, setKnown] = useState<Answer<readonly HostDrills[]>>({ kind: 'asking' });
  useEffect(() => {
    let current = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      const reply = await app().vm.drills({ groupId, vmId });
      if (!current) return;
      setKnown(reply.ok ? { kind: 'here', value: reply.value } : { kind: 'failed', failure: reply.failure });
      timer = setTimeout(() => void ask(), ASK_EVERY_MS);
    };
    void ask();
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [groupId, vmId]);
  return known;
}

/** Rehearsals of a failover: a throw-away copy on a standby, joined to no network. */
export function VmDrills({ groupId, vm }: OfVm) {
  const known = useDrills(groupId, vm.id);
  const drills = known.kind === 'here' ? known.value : [];
  return (
    <Panel title="Drills">
      <p className="panel-intro">
        {`A throw-away copy of ${vm.name} is started on a standby, joined to no network. ${vm.name} itself goes on.`}
      </p>
      {known.kind === 'here' ? null : (
        <div className="panel-body">
          {known.kind === 'asking' ? (
            <Waiting>Asking its standbys …</Waiting>
          ) : (
            <FailureText failure={known.failure} />
          )}
        </div>
      )}
      {drills.map((one) => (
        <Standby key={one.host} groupId={groupId} vm={vm} drills={one} />
      ))}
      {known.kind === 'here' && drills.length === 0 ? (
        <p className="empty">No other host may run it.</p>
      ) : null}
    </Panel>
  );
}
