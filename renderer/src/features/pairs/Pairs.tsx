import { ShieldCheck } from 'lucide-react';
import { useDeferredValue, useEffect, useMemo, useState } from 'react';
import type { PairRow, PairsView } from '../../../../electron/ipc/setup/pairViews.ts';
import type { WorkView } from '../../../../electron/ipc/setup/workViews.ts';
import { count } from '../../../../electron/ipc/words.ts';
import { app } from '../../store/store.ts';
import { Button } from '../../ui/Button.tsx';
import { Checkbox } from '../../ui/Checkbox.tsx';
import { FailureText } from '../../ui/FailureText.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { ask } from '../setup/setupActions.ts';
import { isBusy, useAsked, usePairs, useRefusal, useWork } from '../setup/setupStore.ts';
import { Refusal } from '../setup/Refusal.tsx';
import { WorkProgress } from '../setup/WorkProgress.tsx';
import { chosenOf, isBlocked, settle, useChoices, useWishes, wish, wrongsOfTreatment } from './choices.ts';
import { PairItem } from './PairItem.tsx';
import { Room } from './Room.tsx';
import { TreatmentPanel } from './TreatmentPanel.tsx';
import { usePrediction } from './usePrediction.ts';

/** A list this long gets a filter. */
const FILTER_FROM = 8;

type Show = 'all' | 'ready' | 'blocked' | 'protected';
const shows: Readonly<Record<Show, { readonly label: string; readonly fits: (row: PairRow) => boolean }>> = {
  all: { label: 'All VMs', fits: () => true },
  ready: { label: 'Ready', fits: (row) => !row.protectedAlready && row.reasons !== null && !isBlocked(row) },
  blocked: { label: 'Not yet', fits: isBlocked },
  protected: { label: 'Protected', fits: (row) => row.protectedAlready },
};

function Filter({
  text,
  onText,
  show,
  onShow,
}: {
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly show: Show;
  readonly onShow: (show: Show) => void;
}) {
  return (
    <>
      <label className="filter">
        <span className="visually-hidden">Filter VMs by name or host</span>
        <input
          type="search"
          placeholder="Filter by name or host"
          value={text}
          onChange={(event) => onText(event.target.value)}
        />
      </label>
      <label className="filter">
        <span className="visually-hidden">Which VMs are shown</span>
        <select value={show} onChange={(event) => onShow(event.target.value as Show)}>
          {Object.entries(shows).map(([value, { label }]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}

function All({ groupId, rows }: { readonly groupId: string; readonly rows: readonly PairRow[] }) {
  const wishes = useWishes(groupId);
  const ready = rows.filter(shows.ready.fits);
  const on = ready.filter(({ vmId }) => wishes[vmId]?.on === true).length;
  return (
    <Checkbox
      label={`All that can be protected (${ready.length})`}
      on={ready.length > 0 && on === ready.length}
      mixed={on > 0}
      off={ready.length === 0 ? 'None of those shown can be protected now.' : null}
      onChange={(all) => wish(groupId, ready, { on: all })}
    />
  );
}

function List({
  view,
  byId,
}: {
  readonly view: PairsView;
  readonly byId: ReadonlyMap<string, PairRow['predicted']>;
}) {
  const [text, setText] = useState('');
  const [show, setShow] = useState<Show>('all');
  const wanted = useDeferredValue(text.trim().toLowerCase());
  const wishes = useWishes(view.groupId);
  const asked = useAsked('pairs') || view.running;
  const rows = view.rows.filter(
    (row) => shows[show].fits(row) && `${row.name} ${row.host}`.toLowerCase().includes(wanted),
  );
  return (
    <Panel
      title="VMs of all hosts"
      aside={
        <>
          {view.rows.length >= FILTER_FROM ? (
            <Filter text={text} onText={setText} show={show} onShow={setShow} />
          ) : null}
          <Button
            onPress={() => void ask('pairs', () => app().pairs.refresh({ groupId: view.groupId }))}
            off={asked ? 'It is under way.' : null}
          >
            {asked ? 'Looking …' : 'Look again'}
          </Button>
        </>
      }
    >
      <div className="pairs-all">
        <All groupId={view.groupId} rows={rows} />
      </div>
      <ul className="pairs">
        {rows.map((row) => (
          <PairItem
            key={row.vmId}
            groupId={view.groupId}
            row={row}
            own={wishes[row.vmId]}
            predicted={byId.get(row.vmId) ?? row.predicted}
          />
        ))}
      </ul>
      {rows.length === 0 ? (
        <p className="empty">
          {view.rows.length === 0
            ? 'No VM was found on the hosts. Make one with the tools that you use, then look again.'
            : 'No VM matches the filter.'}
        </p>
      ) : null}
    </Panel>
  );
}

function Protect({ view }: { readonly view: PairsView }) {
  const { groupId, rows } = view;
  const wishes = useWishes(groupId);
  const treatment = useChoices((state) => state.treatment);
  const asked = useAsked('protect');
  const work = useWork(groupId, ['protect']);
  const choices = chosenOf(rows, wishes);
  const making = isBusy(useWork(null, ['create']));
  const busy = asked || isBusy(work);
  const wrong = Object.keys(wrongsOfTreatment(treatment)).length > 0;
  const off = busy
    ? 'It is under way.'
    : making
      ? 'The group is still starting. A moment …'
      : choices.length === 0
        ? 'Choose at least one VM.'
        : wrong
          ? 'A number under "How they are treated" is not valid.'
          : null;
  const protect = async (): Promise<void> => {
    const policy = {
      maxRestarts: treatment.maxRestarts,
      windowMs: treatment.windowMinutes * 60_000,
      shutdownTimeoutMs: treatment.shutdownSeconds * 1000,
    };
    await ask('protect', () => app().pairs.protect({ groupId, choices, policy }));
  };
  useEffect(() => {
    const done = rows.flatMap(({ vmId, protectedAlready }) =>
      protectedAlready && wishes[vmId]?.on ? [vmId] : [],
    );
    if (done.length > 0) settle(groupId, done);
  }, [groupId, rows, wishes]);
  return (
    <>
      {work === null ? null : <WorkProgress work={work} />}
      <Refusal question="protect" />
      <div className="form-buttons protect-bar">
        <Button look="primary" onPress={() => void protect()} off={off}>
          <ShieldCheck aria-hidden="true" />
          {choices.length === 0 ? 'Protect the chosen VMs' : `Protect ${count(choices.length, 'VM')}`}
        </Button>
        <p className="quiet">
          {off !== null && !busy
            ? off
            : 'Running VMs go on running; the standby hosts get a copy of their definition.'}
        </p>
      </div>
    </>
  );
}

/** A fix that is done is seen by its reason being gone; one that left something behind says what and where. */
const saysNothing = ({ state, steps }: WorkView): boolean =>
  state === 'done' && steps.every(({ detail }) => detail === null);

/** Choosing VMs: every one with its reasons and fixes, what would happen to it, and whether there is room for it. */
export function Pairs({ groupId }: { readonly groupId: string }) {
  const view = usePairs(groupId);
  const refusal = useRefusal('pairs');
  const fixing = useWork(groupId, ['fix']);
  const wishes = useWishes(groupId);
  const missing = view === null;
  const rows = view?.rows;
  const choices = useMemo(() => chosenOf(rows ?? [], wishes), [rows, wishes]);
  const prediction = usePrediction(groupId, choices, rows);
  const byId = useMemo(
    () => new Map((prediction?.vms ?? []).map(({ vmId, predicted }) => [vmId, predicted])),
    [prediction],
  );
  useEffect(() => {
    if (missing) void ask('pairs', () => app().pairs.refresh({ groupId }));
  }, [missing, groupId]);
  return (
    <>
      <Refusal question="pairs" />
      {(view?.failures ?? []).map(({ host, failure }) => (
        <div key={host} className="refusal" role="alert">
          <p className="failure-host">{host}</p>
          <FailureText failure={failure} />
        </div>
      ))}
      {view === null ? (
        refusal === null ? (
          <output className="waiting">Asking the hosts for their VMs …</output>
        ) : null
      ) : (
        <>
          {fixing === null || saysNothing(fixing) ? null : <WorkProgress work={fixing} />}
          <List view={view} byId={byId} />
          {view.rows.length === 0 ? null : <TreatmentPanel />}
          {prediction === null || prediction.ifHostFails.length === 0 ? null : (
            <Room all={prediction.ifHostFails} />
          )}
          <Protect view={view} />
        </>
      )}
    </>
  );
}
