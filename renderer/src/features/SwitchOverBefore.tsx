import { ArrowRight } from 'lucide-react';
import { useState } from 'react';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { CheckLine, SwitchOverPlan, VmDetail } from '../../../electron/ipc/daily/views.ts';
import { duration } from '../../../electron/ipc/words.ts';
import { closeDialog } from '../store/actions.ts';
import type { LiveGroup, LiveVm } from '../store/live.ts';
import { useDaily } from '../store/selectors.ts';
import { app } from '../store/store.ts';
import { standbysOf } from '../text/en.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { FailureText } from '../ui/FailureText.tsx';
import { StatusMark } from '../ui/StatusMark.tsx';
import { Waiting } from '../ui/Waiting.tsx';
import { switchOverRefusal } from './switchOverRefusal.ts';
import { useReply, type Answer } from './useReply.ts';

const marks = { passed: 'protected', warning: 'at-risk', failed: 'not-protected' } as const;

function Check({ line }: { readonly line: CheckLine }) {
  return (
    <li className="check">
      <StatusMark word={marks[line.state]} />
      <span>
        <span className="visually-hidden">{`${line.state}: `}</span>
        <strong>{line.title}</strong> {line.evidence}
        {line.whatToDo === null ? null : <span className="reason-fix">{` ${line.whatToDo}`}</span>}
      </span>
    </li>
  );
}

/** All is well in one line; what is not, line by line first. */
function Checks({ checks }: { readonly checks: readonly CheckLine[] }) {
  const troubled = checks.filter(({ state }) => state !== 'passed');
  const passed = checks.filter(({ state }) => state === 'passed');
  return (
    <>
      {troubled.length === 0 ? (
        <p className="check">
          <StatusMark word="protected" />
          {`Checked just now: nothing speaks against it.`}
        </p>
      ) : (
        <ul className="check-list">
          {troubled.map((line) => (
            <Check key={line.id} line={line} />
          ))}
        </ul>
      )}
      {passed.length === 0 ? null : (
        <details className="explain">
          <summary>{`${passed.length} checks passed`}</summary>
          <ul className="check-list">
            {passed.map((line) => (
              <Check key={line.id} line={line} />
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Way({ name, from, to }: { readonly name: string; readonly from: string; readonly to: string }) {
  return (
    <p className="way">
      <span className="way-host">{from}</span>
      <span className="way-arrow">
        <span className="way-vm">{name}</span>
        <ArrowRight aria-hidden="true" />
        <span className="visually-hidden">to</span>
      </span>
      <span className="way-host">{to}</span>
    </p>
  );
}

function Targets(props: {
  readonly targets: VmDetail['targets'];
  readonly to: string;
  readonly onChoose: (host: string) => void;
}) {
  const { targets, to, onChoose } = props;
  if (targets.length < 2) return null;
  return (
    <fieldset className="targets">
      <legend>Switch over to</legend>
      {targets.map(({ host, refused }) => (
        <label key={host} title={refused?.message}>
          <input
            type="radio"
            name="target"
            checked={host === to}
            disabled={refused !== null}
            onChange={() => onChoose(host)}
          />
          {host}
          {refused === null ? null : <span className="quiet">{refused.message}</span>}
        </label>
      ))}
    </fieldset>
  );
}

function Plan({ plan }: { readonly plan: SwitchOverPlan }) {
  return (
    <>
      <dl className="plan-facts">
        <div>
          <dt>{`${plan.vmName} is away for`}</dt>
          <dd>
            {plan.expectedPauseMs === null ? 'not known yet' : `about ${duration(plan.expectedPauseMs)}`}
            <span className="row-sub">
              {plan.expectedPauseMs === null
                ? 'It was never started under watch.'
                : plan.basis === 'seen'
                  ? 'As its earlier starts took.'
                  : 'Assumed: no start of it was seen yet.'}
            </span>
          </dd>
        </div>
        <div>
          <dt>Data at risk</dt>
          <dd className={plan.risk === null ? '' : 'plan-risk'}>
            {plan.risk ?? 'None'}
            {plan.risk === null ? <span className="row-sub">Its disks stay where they are.</span> : null}
          </dd>
        </div>
      </dl>
      <ol className="plan-steps" aria-label="What will happen">
        {plan.steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <Checks checks={plan.checks} />
    </>
  );
}

function PlanPart({ plan }: { readonly plan: Answer<SwitchOverPlan> }) {
  switch (plan.kind) {
    case 'asking':
      return <Waiting>Running the checks again …</Waiting>;
    case 'failed':
      return <FailureText failure={plan.failure} />;
    case 'here':
      return <Plan plan={plan.value} />;
  }
}

/** Hosts that the app says it may go to; before it has said so, those that are up. */
function useTargets(group: LiveGroup, vm: LiveVm): VmDetail['targets'] {
  const detail = useDaily(group.id)?.vms.find(({ vmId }) => vmId === vm.id);
  if (detail !== undefined) return detail.targets;
  return group.standing
    .filter(({ name, up }) => up && standbysOf(vm).includes(name))
    .map(({ name }) => ({ host: name, refused: null }));
}

/** What moves, how long it pauses, what may be lost, and the checks, run again now. */
export function SwitchOverBefore(props: {
  readonly group: LiveGroup;
  readonly vm: LiveVm;
  readonly to: string | null;
  readonly onStarted: (runId: string) => void;
}) {
  const { group, vm, onStarted } = props;
  const targets = useTargets(group, vm);
  const [chosen, setChosen] = useState(props.to);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [asked, setAsked] = useState(false);
  const free = targets.filter(({ refused }) => refused === null);
  const wanted = free.find(({ host }) => host === chosen)?.host ?? null;
  const ids = { groupId: group.id, vmId: vm.id };
  const plan = useReply(app().switchOver.plan, { ...ids, to: wanted });
  const to = wanted ?? (plan.kind === 'here' ? plan.value.to : (free[0]?.host ?? null));
  const from = 'host' in vm.place ? vm.place.host : (vm.holder ?? 'its host');
  const blocked = plan.kind === 'here' && !plan.value.mayBegin ? 'A check speaks against it.' : null;
  const waiting = plan.kind === 'asking' ? 'The checks are under way.' : null;
  const off = asked ? 'It was asked for.' : (switchOverRefusal(group, vm) ?? blocked ?? waiting);
  const start = async (): Promise<void> => {
    if (to === null) return;
    setAsked(true);
    const reply = await app().vms.switchOver({ ...ids, to });
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
            {`Switch over to ${to ?? 'another host'}`}
          </Button>
        </>
      }
    >
      <Way name={vm.name} from={from} to={to ?? '?'} />
      <Targets targets={targets} to={to ?? ''} onChoose={setChosen} />
      <PlanPart plan={plan} />
      {failure === null ? null : <FailureText failure={failure} />}
    </Dialog>
  );
}
