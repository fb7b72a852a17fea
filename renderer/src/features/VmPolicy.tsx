import { useState } from 'react';
import type { PolicyChange } from '../../../electron/ipc/daily/views.ts';
import { duration } from '../../../electron/ipc/words.ts';
import { setPolicy } from '../store/dailyActions.ts';
import type { LiveVm } from '../store/live.ts';
import { Button } from '../ui/Button.tsx';
import { SelectField, TextField } from '../ui/Field.tsx';
import { Panel } from '../ui/Panel.tsx';
import { FailbackFields, failbackOf, failbackText, failbackTexts } from './VmFailback.tsx';
import { NumberFields, VmForm } from './VmForm.tsx';
import { type WholeNumber, wrongNumber } from './wholeNumber.ts';

type Policy = LiveVm['policy'];
type ListField = 'after' | 'apart' | 'together';
type NumberField = Exclude<
  keyof Policy,
  'health' | 'failback' | 'needsRoom' | 'onIsolation' | 'onDegraded' | ListField
>;

/** A number of the policy, entered in the unit that people think in. */
interface PolicyField extends WholeNumber<NumberField> {
  readonly unitMs: number;
}

const fields: readonly PolicyField[] = [
  {
    field: 'order',
    label: 'Start order',
    hint: 'When a host is lost, lower numbers start first.',
    unitMs: 1,
    least: 0,
    most: 1000,
  },
  {
    field: 'maxRestarts',
    label: 'Restarts on the same host',
    hint: 'After so many crashes within the time below, another host takes it.',
    unitMs: 1,
    least: 0,
    most: 20,
  },
  {
    field: 'windowMs',
    label: 'Within, minutes',
    hint: 'Older crashes are forgotten.',
    unitMs: 60_000,
    least: 1,
    most: 1440,
  },
  {
    field: 'shutdownTimeoutMs',
    label: 'Time to shut down, seconds',
    hint: 'In a switchover the guest is given this long; then its power is cut.',
    unitMs: 1000,
    least: 1,
    most: 3600,
  },
  {
    field: 'liveMebibytesPerSecond',
    label: 'Limit of a live move, MiB a second',
    hint: 'How much of its memory a move sends in a second at most. 0: as much as there is room for.',
    unitMs: 1,
    least: 0,
    most: 1_000_000,
  },
  {
    field: 'drillEveryDays',
    label: 'Drill at least every, days',
    hint: 'A standby whose last drill is older says so. 0: nobody asks for drills.',
    unitMs: 1,
    least: 0,
    most: 365,
  },
  {
    field: 'drillFromHour',
    label: 'Drill by itself from hour',
    hint: 'A standby makes a drill that is due between these hours of its clock. Both the same: not by itself.',
    unitMs: 1,
    least: 0,
    most: 23,
  },
  {
    field: 'drillToHour',
    label: 'until hour',
    hint: 'It may be past midnight: from 22 until 5.',
    unitMs: 1,
    least: 0,
    most: 23,
  },
];

function drillsText({ drillEveryDays: days, drillFromHour: from, drillToHour: to }: Policy): string {
  const often = `at least every ${days === 1 ? 'day' : `${days} days`}`;
  return from === undefined || to === undefined
    ? `${often}, begun by you`
    : `${often}, by itself from ${from} to ${to} o’clock`;
}

function DrillsFact({ policy }: { readonly policy: Policy }) {
  return policy.drillEveryDays === undefined ? null : (
    <div>
      <dt>Drills</dt>
      <dd>{drillsText(policy)}</dd>
    </div>
  );
}

type Texts = Readonly<Record<NumberField, string>>;

function textsOf(policy: Policy): Texts {
  const entries = fields.map(({ field, unitMs }) => [field, String((policy[field] ?? 0) / unitMs)] as const);
  return Object.fromEntries(entries) as Record<NumberField, string>;
}

/** What is not set stays so: a host of an older version does not know it. */
function numbersOf(texts: Texts, before: Policy): PolicyChange {
  const given = fields.filter(({ field }) => before[field] !== undefined || Number(texts[field]) !== 0);
  return Object.fromEntries(given.map(({ field, unitMs }) => [field, Number(texts[field]) * unitMs]));
}

interface Props {
  readonly groupId: string;
  readonly vm: LiveVm;
  /** All of the group: those that this one may wait for. */
  readonly vms: readonly LiveVm[];
}

const MOST_NAMED = 4;

const lists: readonly { readonly field: ListField; readonly label: string; readonly hint: string }[] = [
  {
    field: 'after',
    label: 'Starts after',
    hint: 'Names of VMs that must be there first, with commas between. One that is watched over the network must answer.',
  },
  { field: 'apart', label: 'Rather apart from', hint: 'Not on the host of these, where there is a choice.' },
  {
    field: 'together',
    label: 'Rather together with',
    hint: 'On the host of these, where there is a choice.',
  },
];

const namesOf = (ids: readonly string[] | undefined, vms: readonly LiveVm[]): string =>
  (ids ?? []).map((id) => vms.find((one) => one.id === id)?.name ?? id).join(', ');

const wordsOf = (text: string): readonly string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

function wrongNames(text: string, vm: LiveVm, vms: readonly LiveVm[]): string | null {
  const names = wordsOf(text);
  if (names.includes(vm.name)) return 'It can’t wait for itself.';
  const unknown = names.find((name) => !vms.some((one) => one.name === name));
  if (unknown !== undefined) return `${unknown} is not a protected VM of this group.`;
  return names.length > MOST_NAMED ? `At most ${MOST_NAMED}.` : null;
}

const roomOf = ({ needsRoom }: Policy): 'must' | 'warn' => (needsRoom === true ? 'must' : 'warn');
const roomChoices = [
  { value: 'warn', label: 'Say so' },
  { value: 'must', label: 'Refuse what would cause it' },
] as const;

function Editor({ groupId, vm, vms, onClose }: Props & { readonly onClose: () => void }) {
  const [texts, setTexts] = useState(() => textsOf(vm.policy));
  const namesNow = (field: ListField): string => namesOf(vm.policy[field], vms);
  const [named, setNamed] = useState(() => ({
    after: namesNow('after'),
    apart: namesNow('apart'),
    together: namesNow('together'),
  }));
  const [room, setRoom] = useState(() => roomOf(vm.policy));
  const [failback, setFailback] = useState(() => failbackTexts(vm.policy.failback));
  const wrong =
    (failback.when === 'idle-hours' && failback.from === failback.to) ||
    fields.some((field) => wrongNumber(field, texts[field.field]) !== null) ||
    lists.some(({ field }) => wrongNames(named[field], vm, vms) !== null);
  const save = (): Promise<boolean> => {
    const idsOf = (text: string): string[] =>
      wordsOf(text).flatMap((name) => vms.find((one) => one.name === name)?.id ?? []);
    const changed = lists.filter(({ field }) => named[field] !== namesNow(field));
    const change: PolicyChange = {
      ...numbersOf(texts, vm.policy),
      ...Object.fromEntries(changed.map(({ field }) => [field, idsOf(named[field])])),
      ...(room === roomOf(vm.policy) ? {} : { needsRoom: room === 'must' }),
      ...(failbackText(failbackOf(failback)) === failbackText(vm.policy.failback)
        ? {}
        : { failback: failbackOf(failback) }),
    };
    return setPolicy({ groupId, vmId: vm.id, name: vm.name }, change);
  };
  return (
    <VmForm save="Save the policy" wrong={wrong} onSave={save} onClose={onClose}>
      <NumberFields
        fields={fields}
        texts={texts}
        onText={(field, text) => setTexts({ ...texts, [field]: text })}
      />
      {lists.map(({ field, label, hint }) => (
        <TextField
          key={field}
          label={label}
          hint={`${hint} At most ${MOST_NAMED}.`}
          value={named[field]}
          wrong={wrongNames(named[field], vm, vms)}
          onChange={(text) => setNamed({ ...named, [field]: text })}
        />
      ))}
      <SelectField
        label="If memory runs short"
        hint="When the other hosts could not hold this VM any more if its host were lost."
        value={room}
        choices={roomChoices}
        onChange={setRoom}
      />
      <FailbackFields texts={failback} onChange={setFailback} />
    </VmForm>
  );
}

/** What is done with this VM when it or its host fails; changed here, kept on the store by the hosts. */
export function VmPolicy({ groupId, vm, vms }: Props) {
  const [editing, setEditing] = useState(false);
  const { policy } = vm;
  return (
    <Panel
      title="Policy"
      aside={
        editing ? undefined : (
          <Button onPress={() => setEditing(true)} label="Change the policy">
            Change
          </Button>
        )
      }
    >
      {editing ? (
        <Editor groupId={groupId} vm={vm} vms={vms} onClose={() => setEditing(false)} />
      ) : (
        <dl className="card-facts">
          <div>
            <dt>Preferred host</dt>
            <dd>{vm.hosts[0] ?? 'None'}</dd>
          </div>
          <div>
            <dt>Goes back there</dt>
            <dd>{failbackText(policy.failback)}</dd>
          </div>
          <div>
            <dt>If memory runs short</dt>
            <dd>
              {roomOf(policy) === 'must' ? 'What would leave it without room is refused' : 'It is only said'}
            </dd>
          </div>
          <div>
            <dt>When it crashes</dt>
            <dd>
              {policy.maxRestarts === 0
                ? 'Another host takes it at once'
                : `Restarted up to ${policy.maxRestarts} times in ${duration(policy.windowMs)}, then another host takes it`}
            </dd>
          </div>
          <div>
            <dt>Start order</dt>
            <dd>{`${policy.order} (lower starts first)`}</dd>
          </div>
          {lists.map(({ field, label }) =>
            policy[field] === undefined ? null : (
              <div key={field}>
                <dt>{label}</dt>
                <dd>{namesOf(policy[field], vms)}</dd>
              </div>
            ),
          )}
          <div>
            <dt>Time to shut down</dt>
            <dd>{duration(policy.shutdownTimeoutMs)}</dd>
          </div>
          {policy.liveMebibytesPerSecond === undefined ? null : (
            <div>
              <dt>Limit of a live move</dt>
              <dd>{`${policy.liveMebibytesPerSecond} MiB a second`}</dd>
            </div>
          )}
          <DrillsFact policy={policy} />
        </dl>
      )}
    </Panel>
  );
}
