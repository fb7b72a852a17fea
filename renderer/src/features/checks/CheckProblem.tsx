import { memo } from 'react';
import { RotateCw, Wrench } from 'lucide-react';
import type { CheckLine } from '../../../../electron/ipc/setup/workViews.ts';
import { app } from '../../store/store.ts';
import { lineStates } from '../../text/checks.ts';
import { Button } from '../../ui/Button.tsx';
import { Checkbox } from '../../ui/Checkbox.tsx';
import { FailureText } from '../../ui/FailureText.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { ask } from '../setup/setupActions.ts';
import { useAsked, useRefusal } from '../setup/setupStore.ts';

interface LineProps {
  readonly groupId: string | null;
  readonly line: CheckLine;
}

export function AgainButton({ groupId, line }: LineProps) {
  const question = `line ${line.key}`;
  const asked = useAsked(question) || line.running;
  const about = line.host === null ? line.title : `${line.title}, ${line.host}`;
  return (
    <Button
      look="quiet"
      onPress={() => void ask(question, () => app().checks.run({ groupId, line: line.key }))}
      off={asked ? 'It is being looked at.' : null}
      label={`Check again: ${about}`}
    >
      <RotateCw aria-hidden="true" />
      {asked ? 'Checking …' : 'Check again'}
    </Button>
  );
}

function FixButton({ groupId, line }: LineProps) {
  const question = `fix ${line.key}`;
  const asked = useAsked(question);
  const { fix } = line;
  if (fix === null) return null;
  return (
    <div className="line-fix">
      <Button
        onPress={() => void ask(question, () => app().checks.fix({ groupId, line: line.key, fix: fix.id }))}
        off={asked || line.running ? 'It is under way.' : null}
        label={line.host === null ? fix.label : `${fix.label} on ${line.host}`}
      >
        <Wrench aria-hidden="true" />
        {fix.label}
      </Button>
      <p className="quiet">{fix.consequence}</p>
    </div>
  );
}

/** A line that did not pass: what was found, what it means, what to do, and the buttons for it. */
export const CheckProblem = memo(function CheckProblem({ groupId, line }: LineProps) {
  const { word, label } = lineStates[line.state];
  const fixRefusal = useRefusal(`fix ${line.key}`);
  const runRefusal = useRefusal(`line ${line.key}`);
  const acceptRefusal = useRefusal(`accept ${line.key}`);
  const refusal = fixRefusal ?? runRefusal ?? acceptRefusal;
  const accept = (on: boolean): void =>
    void ask(`accept ${line.key}`, () => app().checks.accept({ groupId, line: line.key, on }));
  return (
    <li className={`problem problem-${line.state}`}>
      <StatusMark word={line.running ? 'working' : word} />
      <div className="problem-text">
        <h4>
          <span className="problem-state">{label}</span>
          {`${line.title}${line.host === null ? '' : ` (${line.host})`}`}
        </h4>
        <p className="quiet">{`Found: ${line.evidence}`}</p>
        {line.whatToDo === null ? null : <FailureText failure={line.whatToDo} />}
        <FixButton groupId={groupId} line={line} />
        {line.acceptable ? (
          <Checkbox
            label="I take this on: go on although it failed"
            on={line.accepted}
            onChange={accept}
            hint="It stays in the report, and it is said wherever it matters."
          />
        ) : null}
        {refusal === null ? null : (
          <div className="refusal" role="alert">
            <FailureText failure={refusal} />
          </div>
        )}
      </div>
      <AgainButton groupId={groupId} line={line} />
    </li>
  );
});
