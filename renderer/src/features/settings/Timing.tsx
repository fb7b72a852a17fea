import { useState } from 'react';
import type { ProfileName } from '../../../../agent/protocol/timing.ts';
import type { TimingChoice } from '../../../../electron/ipc/daily/views.ts';
import { chooseProfile } from '../../store/dailyActions.ts';
import type { LiveGroup } from '../../store/live.ts';
import { app } from '../../store/store.ts';
import { profileWords } from '../../text/en.ts';
import { exactSeconds } from '../../text/daily.ts';
import { Button } from '../../ui/Button.tsx';
import { FailureText } from '../../ui/FailureText.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { RadioCards } from '../../ui/RadioCards.tsx';
import { Waiting } from '../../ui/Waiting.tsx';
import { useReply } from '../useReply.ts';

function Consequences({ choice }: { readonly choice: TimingChoice }) {
  return choice.consequences.map((sentence) => (
    <span key={sentence} className="timing-consequence">
      {sentence}
    </span>
  ));
}

function Choices(props: {
  readonly group: LiveGroup;
  readonly choices: readonly TimingChoice[];
  readonly onChosen: () => void;
}) {
  const { group, choices, onChosen } = props;
  const current = choices.find(({ isCurrent }) => isCurrent)?.profile ?? null;
  const [wanted, setWanted] = useState<ProfileName | null>(current);
  const [saving, setSaving] = useState(false);
  const save = async (): Promise<void> => {
    if (wanted === null) return;
    setSaving(true);
    const done = await chooseProfile(group.id, wanted);
    setSaving(false);
    if (done) onChosen();
  };
  const name = wanted === null ? '' : (profileWords[wanted] ?? wanted);
  return (
    <>
      <RadioCards
        legend="Timing profile"
        value={wanted}
        columns={3}
        onChange={setWanted}
        cards={choices.map((choice) => ({
          value: choice.profile,
          title: `${profileWords[choice.profile] ?? choice.profile}: ${exactSeconds(choice.takeoverMs)}${choice.isCurrent ? ' (in use)' : ''}`,
          text: <Consequences choice={choice} />,
          off: choice.isCurrent ? null : (choice.refused?.message ?? null),
        }))}
      />
      <div className="button-row">
        <Button
          look="primary"
          onPress={() => void save()}
          off={wanted === current ? 'It is in use already.' : saving ? 'It is being changed.' : null}
        >
          {wanted === current ? 'Change the timing' : `Change to ${name}`}
        </Button>
      </div>
    </>
  );
}

/** How long the hosts wait before they act: only as whole profiles, because single times would not be safe together. */
export function Timing({ group }: { readonly group: LiveGroup }) {
  const [turn, setTurn] = useState(0);
  const answer = useReply(app().timing.choices, { groupId: group.id }, `${group.profile} ${turn}`);
  return (
    <Panel title="Timing" aside={group.name}>
      <div className="panel-body">
        <p className="quiet">
          Beside each profile stands how long after a host's last sign of life its VMs start on another one.
          The shorter it is, the sooner VMs are back, and the less a slow store is forgiven. All hosts change
          together; VMs go on.
        </p>
        {answer.kind === 'asking' ? <Waiting>Asking the hosts …</Waiting> : null}
        {answer.kind === 'failed' ? <FailureText failure={answer.failure} /> : null}
        {answer.kind === 'here' ? (
          <Choices
            key={`${group.profile} ${turn}`}
            group={group}
            choices={answer.value}
            onChosen={() => setTurn(turn + 1)}
          />
        ) : null}
      </div>
    </Panel>
  );
}
