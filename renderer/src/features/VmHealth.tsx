import { useState } from 'react';
import { type HealthStatus, healthWords } from '../../../agent/protocol/health.ts';
import { count, duration } from '../../../electron/ipc/words.ts';
import { setPolicy } from '../store/dailyActions.ts';
import type { LiveVm } from '../store/live.ts';
import { Button } from '../ui/Button.tsx';
import { TextField } from '../ui/Field.tsx';
import { Panel } from '../ui/Panel.tsx';
import { healthOf, type HealthTexts, numberFields, probeFields, textsOf, wrongProbe } from './healthForm.ts';
import { NumberFields, VmForm } from './VmForm.tsx';
import { wrongNumber } from './wholeNumber.ts';

interface Props {
  readonly groupId: string;
  readonly vm: LiveVm;
}

function Editor({ groupId, vm, onClose }: Props & { readonly onClose: () => void }) {
  const [texts, setTexts] = useState<HealthTexts>(() => textsOf(vm.policy.health));
  const set = (field: keyof HealthTexts, text: string): void => setTexts({ ...texts, [field]: text });
  const wrong =
    probeFields.some(({ field }) => wrongProbe(field, texts) !== null) ||
    numberFields.some((field) => wrongNumber(field, texts[field.field]) !== null);
  const save = (): Promise<boolean> =>
    setPolicy({ groupId, vmId: vm.id, name: vm.name }, { health: healthOf(texts, vm.policy.health) });
  return (
    <VmForm save="Save how it is watched" wrong={wrong} onSave={save} onClose={onClose}>
      {probeFields.map(({ field, label, hint }) => (
        <TextField
          key={field}
          label={label}
          hint={hint}
          value={texts[field]}
          wrong={wrongProbe(field, texts)}
          onChange={(text) => set(field, text)}
        />
      ))}
      <NumberFields fields={numberFields} texts={texts} onText={set} />
    </VmForm>
  );
}

const outcomes = { well: 'Well', failed: 'Failed', silent: 'No answer', skipped: 'Not asked' } as const;

const sentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

function levelText(level: HealthStatus['fast']): string {
  if (level === null) return 'Not used';
  if (level.outcome === null) return `${level.probe}: not asked yet`;
  const times = level.failures > 1 ? `, ${level.failures} times in a row` : '';
  return `${outcomes[level.outcome]}: ${level.probe} (${level.text})${times}`;
}

function Shown({ vm }: { readonly vm: LiveVm }) {
  const { health } = vm.policy;
  const now = vm.health;
  if (health === undefined) {
    return (
      <p className="empty">
        Nobody looks into this guest. When its QEMU crashes it is restarted; when it hangs, or what runs in it
        fails, nothing is done.
      </p>
    );
  }
  const level = (name: 'fast' | 'deep'): string =>
    now === null ? (health[name]?.probe ?? 'Not used') : levelText(now[name]);
  return (
    <dl className="card-facts">
      <div>
        <dt>Now</dt>
        <dd>
          {now === null ? 'Not known' : sentence(healthWords[now.state])}
          {now?.because == null ? null : ` (${now.because})`}
        </dd>
      </div>
      <div>
        <dt>Fast look</dt>
        <dd>{level('fast')}</dd>
      </div>
      <div>
        <dt>Deep look</dt>
        <dd>{level('deep')}</dd>
      </div>
      <div>
        <dt>When it fails</dt>
        <dd>
          {health.restartApp === undefined
            ? ''
            : `Application restarted up to ${count(health.appRestarts, 'time')}; then `}
          {`${health.restartApp === undefined ? 'Guest' : 'guest'} reset up to ${count(health.resets, 'time')}, VM restarted, moved to another host; then it is left as it is`}
        </dd>
      </div>
      <div>
        <dt>Not before</dt>
        <dd>{`${duration(health.minUptimeMs)} of running; ${duration(health.rebootGraceMs)} after it restarted itself`}</dd>
      </div>
    </dl>
  );
}

/** How the guest and what runs in it are, and how they are watched. */
export function VmHealth({ groupId, vm }: Props) {
  const [editing, setEditing] = useState(false);
  return (
    <Panel
      title="Guest and application"
      aside={
        editing ? undefined : (
          <Button onPress={() => setEditing(true)} label="Change how it is watched">
            Change
          </Button>
        )
      }
    >
      {editing ? <Editor groupId={groupId} vm={vm} onClose={() => setEditing(false)} /> : <Shown vm={vm} />}
    </Panel>
  );
}
