import { ArrowRight } from 'lucide-react';
import { useState } from 'react';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { SwitchOverPlan } from '../../../electron/ipc/daily/switchOverViews.ts';
import type { VmDetail } from '../../../electron/ipc/daily/views.ts';
import { closeDialog } from '../store/actions.ts';
import type { LiveGroup, LiveVm } from '../store/live.ts';
import { useDaily } from '../store/selectors.ts';
import { app } from '../store/store.ts';
import { standbysOf } from '../text/en.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { FailureText } from '../ui/FailureText.tsx';
import { Waiting } from '../ui/Waiting.tsx';
import { SwitchOverPlanned, type Wish, wayOf } from './SwitchOverPlanned.tsx';
import { switchOverRefusal } from './switchOverRefusal.ts';
import { useReply, type Answer } from './useReply.ts';

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

function PlanPart({
  plan,
  ...choice
}: {
  readonly plan: Answer<SwitchOverPlan>;
  readonly wish: Wish;
  readonly onWish: (wish: Wish) => void;
}) {
  switch (plan.kind) {
    case 'asking':
      return <Waiting>Running the checks again …</Waiting>;
    case 'failed':
      return <FailureText failure={plan.failure} />;
    case 'here':
      return <SwitchOverPlanned plan={plan.value} {...choice} />;
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
  const [wish, setWish] = useState<Wish>({ way: null, orShutDown: false });
  const [failure, setFailure] = useState<Failure | null>(null);
  const [asked, setAsked] = useState(false);
  const free = targets.filter(({ refused }) => refused === null);
  const wanted = free.find(({ host }) => host === chosen)?.host ?? null;
  const ids = { groupId: group.id, vmId: vm.id };
  const plan = useReply(app().switchOver.plan, { ...ids, to: wanted });
  const to = wanted ?? (plan.kind === 'here' ? plan.value.to : (free[0]?.host ?? null));
  const from = 'host' in vm.place ? vm.place.host : (vm.holder ?? 'its host');
  const blocked = plan.kind === 'here' && !plan.value.mayBegin ? 'A check speaks against it.' : null;
  const waiting = {
    asking: 'The checks are under way.',
    failed: 'The checks could not be made.',
    here: null,
  }[plan.kind];
  const off = asked ? 'It was asked for.' : (switchOverRefusal(group, vm) ?? blocked ?? waiting);
  const start = async (): Promise<void> => {
    if (to === null || plan.kind !== 'here') return;
    const live = wish.orShutDown ? 'live-or-shutdown' : 'live';
    const how = wayOf(plan.value, wish) === 'live' ? live : 'shutdown';
    setAsked(true);
    const reply = await app().vms.switchOver({ ...ids, to, how });
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
      <PlanPart plan={plan} wish={wish} onWish={setWish} />
      {failure === null ? null : <FailureText failure={failure} />}
    </Dialog>
  );
}
