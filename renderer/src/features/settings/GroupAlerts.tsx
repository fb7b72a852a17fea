import { useState } from 'react';
import type { Failure } from '../../../../agent/protocol/failure.ts';
import type { GroupAlerts as Alerts, HostTest } from '../../../../electron/ipc/daily/alertViews.ts';
import type { LiveGroup } from '../../store/live.ts';
import { app } from '../../store/store.ts';
import { Button } from '../../ui/Button.tsx';
import { Checkbox } from '../../ui/Checkbox.tsx';
import { FailureText } from '../../ui/FailureText.tsx';
import { SelectField, TextField } from '../../ui/Field.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Waiting } from '../../ui/Waiting.tsx';
import { useReply } from '../useReply.ts';
import { MailPart, MetricsPart, type PartProps, TrapPart } from './AlertChannels.tsx';
import { AlertResults } from './AlertResults.tsx';
import { WebhooksPart } from './AlertWebhooks.tsx';
import { draftOf, formOf, NO_WEEKLY, wrongFrom, wrongsOf } from './alertForm.ts';

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const weeklies = [
  { value: NO_WEEKLY, label: 'Never' },
  ...weekdays.map((label, index) => ({ value: String(index), label })),
];

function WhatPart({ form, wrongs, onForm }: PartProps) {
  const { tell, weekly, missingMinutes } = form;
  const change = (part: Partial<typeof tell>): void =>
    onForm((now) => ({ ...now, tell: { ...now.tell, ...part } }));
  return (
    <fieldset className="alert-part">
      <legend>What is told</legend>
      <Checkbox
        label="A host or a VM failed"
        hint="Once, when it is over: what happened, why, and after how many seconds each VM ran again."
        on={tell.failover}
        onChange={(failover) => change({ failover })}
      />
      <Checkbox
        label="Protection is in danger or missing"
        hint="The store, a keeper or libvirt does not answer, or VMs have been without protection for too long."
        on={tell.protection}
        onChange={(protection) => change({ protection })}
      />
      <Checkbox
        label="A link has been down for a minute"
        on={tell.links}
        onChange={(links) => change({ links })}
      />
      <div className="alert-fields">
        <TextField
          label="Minutes without protection before it is told"
          kind="number"
          value={missingMinutes}
          wrong={wrongs['missingAfterMinutes'] ?? null}
          onChange={(next) => onForm((now) => ({ ...now, missingMinutes: next }))}
        />
        <SelectField
          label="Weekly note that all is well, or is not"
          hint="After 07:00 UTC. If it does not come one week, look at the hosts: they could not send it."
          value={weekly}
          choices={weeklies}
          onChange={(next) => onForm((now) => ({ ...now, weekly: next }))}
        />
      </div>
    </fieldset>
  );
}

function AlertsForm(props: {
  readonly groupId: string;
  readonly alerts: Alerts;
  readonly onSaved: (alerts: Alerts) => void;
}) {
  const { groupId, alerts, onSaved } = props;
  const [form, onForm] = useState(() => formOf(alerts.settings));
  const [busy, setBusy] = useState<'saving' | 'testing' | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [tests, setTests] = useState<readonly HostTest[] | null>(null);
  const isChanged = JSON.stringify(form) !== JSON.stringify(formOf(alerts.settings));
  const seen = wrongsOf(form);
  const wrongs = { ...(failure === null ? {} : wrongFrom(failure.field, failure.message)), ...seen };
  const [firstWrong = null] = Object.values(seen);
  const save = async (settings: ReturnType<typeof draftOf> | null): Promise<void> => {
    setBusy('saving');
    setTests(null);
    const reply = await app().alerts.save({ groupId, settings });
    setBusy(null);
    setFailure(reply.ok ? null : reply.failure);
    if (reply.ok) onSaved(reply.value);
  };
  const test = async (): Promise<void> => {
    setBusy('testing');
    const reply = await app().alerts.test({ groupId, channel: null });
    setBusy(null);
    setFailure(reply.ok ? null : reply.failure);
    setTests(reply.ok ? reply.value : null);
  };
  const parts = { form, wrongs, onForm };
  const saved = alerts.settings !== null;
  const busyText =
    busy === 'saving' ? 'It is being saved.' : busy === 'testing' ? 'A test is under way.' : null;
  return (
    <>
      <WhatPart {...parts} />
      <MailPart {...parts} />
      <WebhooksPart {...parts} />
      <TrapPart {...parts} />
      <MetricsPart {...parts} />
      {failure === null ? null : (
        <div className="refusal" role="alert">
          <FailureText failure={failure} />
        </div>
      )}
      <div className="button-row">
        <Button look="primary" onPress={() => void save(draftOf(form))} off={busyText ?? firstWrong}>
          Save on every host
        </Button>
        <Button
          onPress={() => void test()}
          off={busyText ?? (saved ? (isChanged ? 'Save the changes first.' : null) : 'Save it first.')}
        >
          Send a test message
        </Button>
        {saved ? (
          <Button onPress={() => void save(null)} off={busyText}>
            Tell nobody any more
          </Button>
        ) : null}
      </div>
      {busy === 'testing' ? <Waiting>Each host tries each way; half a minute at most …</Waiting> : null}
      <AlertResults alerts={alerts} tests={tests} />
    </>
  );
}

/** How the hosts of a group tell people when no app is open. The same on every host; secrets go in and never come back. */
export function GroupAlerts({ group }: { readonly group: LiveGroup }) {
  const [turn, setTurn] = useState(0);
  const [saved, setSaved] = useState<Alerts | null>(null);
  const answer = useReply(app().alerts.show, { groupId: group.id }, turn);
  const alerts = saved ?? (answer.kind === 'here' ? answer.value : null);
  return (
    <Panel title="When no app is open" aside={group.name}>
      <div className="panel-body alert-form">
        <p className="quiet">
          The hosts themselves send messages, one of them for the whole group. Passwords and addresses go to
          the hosts, where only root can read them, and never come back to this app.
        </p>
        {alerts === null && answer.kind === 'asking' ? <Waiting>Asking the hosts …</Waiting> : null}
        {alerts === null && answer.kind === 'failed' ? <FailureText failure={answer.failure} /> : null}
        {alerts === null ? null : (
          <AlertsForm
            key={`${group.id} ${turn}`}
            groupId={group.id}
            alerts={alerts}
            onSaved={(next) => {
              setSaved(next);
              setTurn(turn + 1);
            }}
          />
        )}
      </div>
    </Panel>
  );
}
