import { ArrowRight } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { Findings, GroupView, RunView, VmView } from '../../../electron/ipc/views.ts';
import { duration } from '../../../electron/ipc/words.ts';
import { closeDialog } from '../store/actions.ts';
import { useElapsed } from '../store/selectors.ts';
import { app, useWindow } from '../store/store.ts';
import { runSeconds, standbysOf } from '../text/en.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { FailureText } from '../ui/FailureText.tsx';
import { StatusMark } from '../ui/StatusMark.tsx';
import { RunSteps } from './RunCard.tsx';
import { switchOverRefusal } from './switchOverRefusal.ts';

type Checks =
  | { readonly kind: 'running' }
  | { readonly kind: 'done'; readonly findings: Findings }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** The checks are run again at each opening, on the host that would let the VM go. */
function useChecks(groupId: string, vmId: string): Checks {
  const [checks, setChecks] = useState<Checks>({ kind: 'running' });
  useEffect(() => {
    let current = true;
    void app()
      .vms.check({ groupId, vmId })
      .then((reply) => {
        if (!current) return;
        setChecks(
          reply.ok ? { kind: 'done', findings: reply.value } : { kind: 'failed', failure: reply.failure },
        );
      });
    return () => {
      current = false;
    };
  }, [groupId, vmId]);
  return checks;
}

function CheckList({ checks }: { readonly checks: Checks }) {
  if (checks.kind === 'running') {
    return (
      <p className="check">
        <StatusMark word="working" />
        Checking …
      </p>
    );
  }
  if (checks.kind === 'failed') return <FailureText failure={checks.failure} />;
  if (checks.findings.length === 0) {
    return (
      <p className="check">
        <StatusMark word="protected" />
        Checked just now: nothing speaks against it.
      </p>
    );
  }
  return (
    <ul className="check-list">
      {checks.findings.map(({ failure, blocking }) => (
        <li key={failure.code} className="check">
          <StatusMark word={blocking ? 'not-protected' : 'at-risk'} />
          <span>
            {failure.message}{' '}
            {failure.fix === undefined ? null : <span className="reason-fix">{failure.fix}</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Way({ vm, from, to }: { readonly vm: VmView; readonly from: string; readonly to: string }) {
  return (
    <p className="way">
      <span className="way-host">{from}</span>
      <span className="way-arrow">
        <span className="way-vm">{vm.name}</span>
        <ArrowRight aria-hidden="true" />
      </span>
      <span className="way-host">{to}</span>
    </p>
  );
}

function Targets({
  targets,
  to,
  onChoose,
}: {
  readonly targets: readonly string[];
  readonly to: string;
  readonly onChoose: (host: string) => void;
}) {
  if (targets.length < 2) return null;
  return (
    <fieldset className="targets">
      <legend>Switch over to</legend>
      {targets.map((name) => (
        <label key={name}>
          <input type="radio" name="target" checked={name === to} onChange={() => onChoose(name)} />
          {name}
        </label>
      ))}
    </fieldset>
  );
}

function Before({
  group,
  vm,
  onStarted,
}: {
  readonly group: GroupView;
  readonly vm: VmView;
  readonly onStarted: (runId: string) => void;
}) {
  const targets = standbysOf(vm).filter((name) =>
    group.hosts.some((host) => host.name === name && host.state === 'alive'),
  );
  const [chosen, setChosen] = useState(targets[0] ?? '');
  const [failure, setFailure] = useState<Failure | null>(null);
  const [asked, setAsked] = useState(false);
  const checks = useChecks(group.id, vm.id);
  const to = targets.includes(chosen) ? chosen : (targets[0] ?? '');
  const from = 'host' in vm.place ? vm.place.host : (vm.holder ?? 'its host');
  const blocked = checks.kind === 'done' && checks.findings.some(({ blocking }) => blocking);
  const off = asked
    ? 'It was asked for.'
    : (switchOverRefusal(group, vm) ?? (blocked ? 'A check speaks against it.' : null));
  const start = async (): Promise<void> => {
    setAsked(true);
    const reply = await app().vms.switchOver({ groupId: group.id, vmId: vm.id, to });
    if (reply.ok) return onStarted(reply.value.runId);
    setAsked(false);
    setFailure(reply.failure);
  };
  return (
    <Dialog
      title={`Switch ${vm.name} over`}
      onClose={closeDialog}
      buttons={
        <>
          <Button onPress={closeDialog}>Cancel</Button>
          <Button look="primary" onPress={() => void start()} off={off}>
            {`Switch over to ${to === '' ? 'another host' : to}`}
          </Button>
        </>
      }
    >
      <Way vm={vm} from={from} to={to === '' ? '?' : to} />
      <Targets targets={targets} to={to} onChoose={setChosen} />
      <p>
        {`The guest is shut down on ${from} and started on ${to}. It is away for that time; its disks stay where they are.`}
      </p>
      <p className="quiet">
        {`A guest that does not shut down within ${duration(vm.policy.shutdownTimeoutMs)} has its power cut.`}
      </p>
      <CheckList checks={checks} />
      {failure === null ? null : <FailureText failure={failure} />}
    </Dialog>
  );
}

function During({ run, onBack }: { readonly run: RunView; readonly onBack: (() => void) | null }) {
  const elapsedMs = useElapsed(run);
  const titles = {
    'under-way': `Switching ${run.vmName} over`,
    done: `${run.vmName} runs on ${run.to ?? 'the other host'}`,
    failed: `${run.vmName} was not switched over`,
  };
  return (
    <Dialog
      title={titles[run.state]}
      onClose={closeDialog}
      buttons={
        <>
          {run.state === 'done' && onBack !== null ? <Button onPress={onBack}>Switch back</Button> : null}
          <Button onPress={closeDialog} look={run.state === 'under-way' ? 'plain' : 'primary'}>
            Close
          </Button>
        </>
      }
    >
      <p className="run-clock" role="timer">
        {runSeconds(elapsedMs)}
      </p>
      <RunSteps run={run} />
      {run.failure === null ? null : <FailureText failure={run.failure} />}
      {run.state === 'done' && run.pauseMs !== null ? (
        <p>{`It was away for ${runSeconds(run.pauseMs)}, as seen from here.`}</p>
      ) : null}
      {run.state === 'under-way' ? <p className="quiet">It goes on when this window is closed.</p> : null}
    </Dialog>
  );
}

/** Before: what moves and what it means. During and after: the steps with their seconds. */
export function SwitchOverDialog({ group, vmId }: { readonly group: GroupView; readonly vmId: string }) {
  const [runId, setRunId] = useState<string | null>(null);
  const run = useWindow(({ runs }) => runs?.value.find(({ id }) => id === runId) ?? null);
  const vm = group.vms.find(({ id }) => id === vmId);
  if (run !== null) return <During key="during" run={run} onBack={() => setRunId(null)} />;
  if (vm === undefined) return null;
  return <Before key="before" group={group} vm={vm} onStarted={setRunId} />;
}
