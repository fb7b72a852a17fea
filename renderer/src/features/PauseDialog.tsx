import { useState } from 'react';
import type { SwitchoverHow } from '../../../agent/protocol/group.ts';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { PausePreview, PauseScope } from '../../../electron/ipc/daily/views.ts';
import { duration } from '../../../electron/ipc/words.ts';
import { closeDialog } from '../store/actions.ts';
import type { LiveGroup } from '../store/live.ts';
import { app } from '../store/store.ts';
import { pauseChoices, wallTime } from '../text/daily.ts';
import { Button } from '../ui/Button.tsx';
import { Checkbox } from '../ui/Checkbox.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { FailureText } from '../ui/FailureText.tsx';
import { StatusMark } from '../ui/StatusMark.tsx';
import { Waiting } from '../ui/Waiting.tsx';
import { useReply, type Answer } from './useReply.ts';

const DEFAULT_CHOICE = 1;

/** A guest that moves while it runs stands still for the last of its memory, and while its token follows it. */
const STANDSTILL = 'about a second';

const ways: readonly { readonly how: SwitchoverHow; readonly label: string }[] = [
  { how: 'live', label: 'While they run. One that can’t move so stays' },
  { how: 'live-or-shutdown', label: 'While they run. Those that can’t are shut down and started there' },
  { how: 'shutdown', label: 'All are shut down and started there' },
];

/** What becomes of a VM that is to leave, in half a sentence. */
function fate(move: PausePreview['moves'][number], how: SwitchoverHow): string {
  const { to, expectedPauseMs, liveRefused } = move;
  const away = expectedPauseMs === null ? '' : `, away for about ${duration(expectedPauseMs)}`;
  if (how === 'shutdown' || (how === 'live-or-shutdown' && liveRefused !== null)) return `to ${to}${away}`;
  return liveRefused === null ? `to ${to}, stands still for ${STANDSTILL}` : `stays: ${liveRefused}`;
}

/** While they run, wherever one of them can: else there is nothing to choose. */
const wayOf = ({ moves }: PausePreview, wish: SwitchoverHow | null): SwitchoverHow =>
  moves.some(({ liveRefused }) => liveRefused === null) ? (wish ?? 'live') : 'shutdown';

function Ways(props: {
  readonly preview: PausePreview;
  readonly wish: SwitchoverHow | null;
  readonly onWish: (how: SwitchoverHow) => void;
}) {
  const { preview, wish, onWish } = props;
  const [first] = preview.moves;
  if (first === undefined) return null;
  const chosen = wayOf(preview, wish);
  if (preview.moves.every(({ liveRefused }) => liveRefused !== null)) {
    return <p className="quiet">{`They are shut down and started there. ${first.liveRefused}`}</p>;
  }
  return (
    <fieldset className="targets">
      <legend>How they move</legend>
      {ways.map(({ how, label }) => (
        <label key={how}>
          <input type="radio" name="pause-how" checked={how === chosen} onChange={() => onWish(how)} />
          {label}
        </label>
      ))}
    </fieldset>
  );
}

interface Choice {
  readonly wish: SwitchoverHow | null;
  readonly onWish: (how: SwitchoverHow) => void;
}

function Consequences({ preview, wish, onWish }: Choice & { readonly preview: PausePreview }) {
  const { refused, consequences, moves, stays } = preview;
  return (
    <>
      {refused === null ? null : <FailureText failure={refused} />}
      <ul className="consequences">
        {consequences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      {moves.length === 0 ? null : (
        <>
          <h3>VMs that move away first</h3>
          <ul className="consequences">
            {moves.map((move) => (
              <li key={move.vmName}>
                <strong>{move.vmName}</strong> {fate(move, wayOf(preview, wish))}
              </li>
            ))}
          </ul>
          <Ways preview={preview} wish={wish} onWish={onWish} />
        </>
      )}
      {stays.length === 0 ? null : (
        <>
          <h3>VMs that stay</h3>
          <ul className="check-list">
            {stays.map(({ vmId, vmName, why, fix }) => (
              <li key={vmId} className="check">
                <StatusMark word="at-risk" />
                <span>
                  <strong>{vmName}</strong> {why}{' '}
                  {fix === null ? null : <span className="reason-fix">{fix}</span>}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function PreviewPart({ preview, ...choice }: Choice & { readonly preview: Answer<PausePreview> }) {
  switch (preview.kind) {
    case 'asking':
      return <Waiting>Working out what it would mean …</Waiting>;
    case 'failed':
      return <FailureText failure={preview.failure} />;
    case 'here':
      return <Consequences preview={preview.value} {...choice} />;
  }
}

function Scopes(props: {
  readonly group: LiveGroup;
  readonly host: string | null;
  readonly onChoose: (host: string | null) => void;
}) {
  const { group, host, onChoose } = props;
  return (
    <label className="field">
      <span className="field-label">What is worked on</span>
      <select
        className="control"
        value={host ?? ''}
        onChange={(event) => onChoose(event.target.value === '' ? null : event.target.value)}
      >
        {group.hosts.map(({ name }) => (
          <option key={name} value={name}>{`${name}: its VMs move away first`}</option>
        ))}
        <option value="">The whole group: protection is paused</option>
      </select>
    </label>
  );
}

function HowLong(props: { readonly choice: number; readonly onChoose: (choice: number) => void }) {
  return (
    <fieldset className="targets">
      <legend>For how long</legend>
      {pauseChoices.map(({ label }, index) => (
        <label key={label}>
          <input
            type="radio"
            name="pause-for"
            checked={index === props.choice}
            onChange={() => props.onChoose(index)}
          />
          {label}
        </label>
      ))}
    </fieldset>
  );
}

/** A maintenance window: of one host, whose VMs move away, or of the group, which then handles no failure. */
export function PauseDialog(props: { readonly group: LiveGroup; readonly host: string | null }) {
  const { group } = props;
  const [host, setHost] = useState(props.host);
  const [choice, setChoice] = useState(DEFAULT_CHOICE);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [asked, setAsked] = useState(false);
  const [bringBack, setBringBack] = useState(true);
  const [wish, setWish] = useState<SwitchoverHow | null>(null);
  const [openedAtMs] = useState(() => Date.now());
  const forMs = pauseChoices[choice]?.forMs ?? null;
  const scope: PauseScope = host === null ? { kind: 'group' } : { kind: 'host', host };
  const preview = useReply(app().maintenance.preview, { groupId: group.id, scope, forMs });
  const refused = preview.kind === 'here' ? preview.value.refused : null;
  const off = asked
    ? 'It was asked for.'
    : preview.kind === 'asking'
      ? 'What it would mean is being worked out.'
      : (refused?.message ?? null);
  const begin = async (): Promise<void> => {
    setAsked(true);
    const { maintenance } = app();
    const how = preview.kind === 'here' ? wayOf(preview.value, wish) : 'shutdown';
    const reply = await (host === null
      ? maintenance.disarm({ groupId: group.id, forMs })
      : maintenance.begin({ groupId: group.id, host, forMs, bringBack, how }));
    if (reply.ok) return closeDialog();
    setAsked(false);
    setFailure(reply.failure);
  };
  return (
    <Dialog
      title={host === null ? `Pause protection of ${group.name}` : `Maintenance of ${host}`}
      onClose={closeDialog}
      buttons={
        <>
          <Button onPress={closeDialog}>Cancel</Button>
          <Button look="primary" onPress={() => void begin()} off={off}>
            {host === null ? 'Pause protection' : `Begin maintenance of ${host}`}
          </Button>
        </>
      }
    >
      <Scopes group={group} host={host} onChoose={setHost} />
      <HowLong choice={choice} onChoose={setChoice} />
      {host === null ? null : (
        <Checkbox
          label={`Afterwards bring back the VMs that prefer ${host}`}
          hint="Each moves once more for that, in the way in which it left."
          on={bringBack}
          onChange={setBringBack}
        />
      )}
      <p className="quiet">
        {forMs === null
          ? 'It has no end: nobody is reminded of it but here.'
          : `It ends by itself at ${wallTime(new Date(openedAtMs + forMs).toISOString())}.`}
      </p>
      <PreviewPart preview={preview} wish={wish} onWish={setWish} />
      {failure === null ? null : <FailureText failure={failure} />}
    </Dialog>
  );
}
